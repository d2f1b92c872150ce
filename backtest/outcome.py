"""What became of signals, and of buying and holding, on the same bars."""

from collections.abc import Mapping
from dataclasses import dataclass

from quantsig.backtest.comparisons import always_long
from quantsig.backtest.execution import Execution, fills
from quantsig.backtest.market import Market, SymbolSignals
from quantsig.backtest.portfolio import Accounts, keep_accounts


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """The accounts of some signals."""

    accounts: Accounts
    ignored: dict[str, int]  # signals not traded, by reason


def trade(market: Market, signals: Mapping[str, SymbolSignals], execution: Execution) -> Outcome:
    """Trade the signals of every symbol.

    Raises:
        DataError: an account lost more than it held.
    """
    trades = {symbol: fills(bars, signals[symbol], execution) for symbol, bars in market.items()}
    ignored: dict[str, int] = {}
    for own in trades.values():
        for reason, count in own.ignored.items():
            ignored[reason] = ignored.get(reason, 0) + count
    accounts = keep_accounts(market, signals, trades, execution)
    return Outcome(accounts=accounts, ignored=ignored)


def hold(market: Market, execution: Execution) -> Accounts:
    """Buy and hold every symbol, each with an equal part, at the same costs and delay."""
    plain = Execution(
        delay_bars=execution.delay_bars,
        fee_bps=execution.fee_bps,
        slippage_bps=execution.slippage_bps,
    )
    return trade(market, always_long(market), plain).accounts
