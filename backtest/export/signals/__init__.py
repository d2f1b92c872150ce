"""Signals in the form that other backtesting programs read, each program in a file of its own."""

from quantsig.backtest.export.signals.backtrader import BACKTRADER
from quantsig.backtest.export.signals.freqtrade import FREQTRADE
from quantsig.backtest.export.signals.qlib import QLIB
from quantsig.backtest.export.signals.target import SignalFormat
from quantsig.backtest.export.signals.vectorbt import VECTORBT

TARGETS: dict[str, SignalFormat] = {
    "vectorbt": VECTORBT,
    "backtrader": BACKTRADER,
    "freqtrade": FREQTRADE,
    "qlib": QLIB,
}
