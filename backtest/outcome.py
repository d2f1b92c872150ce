"""What became of signals, and of buying and holding, on the same bars."""

from collections.abc import Mapping
from dataclasses import dataclass

from quantsig.backtest.execution import Execution
from quantsig.backtest.market import Market, SymbolSignals
from quantsig.backtest.trading.accounts import Accounts
from quantsig.backtest.trading.fills import trade_signals


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """The accounts of some signals."""

    accounts: Accounts
    ignored: dict[str, int]  # signals not traded, by reason


def trade(market: Market, signals: Mapping[str, SymbolSignals], execution: Execution) -> Outcome:
    """Trade the signals of every symbol."""
    from quantsig.backtest.portfolio import keep_accounts  # vectorbt, of a second and 170 MB

    traded = trade_signals(market, signals, execution)
    ignored: dict[str, int] = {}
    for own in traded.fills.values():
        for reason, count in own.ignored.items():
            ignored[reason] = ignored.get(reason, 0) + count
    return Outcome(accounts=keep_accounts(market, signals, traded), ignored=ignored)
