"""What stats.json, equity.parquet and trades.parquet say about some accounts."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from quantsig.backtest import comparisons, statistics
from quantsig.backtest.calendar_returns import monthly, yearly
from quantsig.backtest.deflated_sharpe import deflated
from quantsig.backtest.drawdowns import deepest_drawdowns, drawdowns
from quantsig.backtest.excursions import Excursions, excursions
from quantsig.backtest.execution import Execution
from quantsig.backtest.figures import collect
from quantsig.backtest.market import Floats, Integers, Market, to_times
from quantsig.backtest.outcome import hold
from quantsig.backtest.portfolio import Accounts
from quantsig.backtest.random_entries import p_value
from quantsig.backtest.random_equity import RandomEquity, random_equity
from quantsig.backtest.returns_statistics import sharpe, total_return
from quantsig.backtest.sessions import sessions
from quantsig.backtest.trade_statistics import per_symbol
from quantsig.backtest.trials import Trials
from quantsig.backtest.verdict import judge
from quantsig.data.sessions import SessionCalendar

SCHEMA = "quantsig.stats/2"

Document = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Description:
    """The files of a backtest."""

    document: Document  # stats.json
    equity: pl.DataFrame
    trades: pl.DataFrame


@dataclass(frozen=True, kw_only=True, slots=True)
class _Compared:
    """What the accounts are compared with."""

    held: Floats  # (T,) equity of buy and hold
    balanced: Floats  # (T,) equity of equal weights, rebalanced each session
    chance: RandomEquity


def describe(
    accounts: Accounts,
    market: Market,
    execution: Execution,
    *,
    seed: int,
    trials: Trials,
    strategy: str = "this strategy",
) -> Description:
    """Everything that the accounts say; see docs/artefacts.md for the entries.

    Args:
        accounts: what became of the money.
        market: the bars that were traded.
        execution: how; gives delay and costs of what the accounts are compared with.
        seed: of the random entries and the bootstrap.
        trials: what else was tried; the strategy itself may be among them.
        strategy: its id there.
    """
    lived = excursions(accounts.trades, market, execution.fill_price)
    compared = _Compared(
        held=hold(market, execution).equity,
        balanced=comparisons.equal_weight(market, accounts.times, execution),
        chance=random_equity(accounts, market, execution, seed=seed),
    )
    tried = trials.including(strategy, session_sharpe(accounts))
    return Description(
        document=_document(accounts, lived, compared, tried, seed),
        equity=_equity_frame(accounts, compared),
        trades=accounts.trades.with_columns(
            pl.Series("mae", lived.adverse), pl.Series("mfe", lived.favourable)
        ),
    )


def session_sharpe(accounts: Accounts) -> float | None:
    """Sharpe ratio of the session returns, not annualised: what the ledger keeps of a trial."""
    days = sessions(accounts.times, accounts.equity, accounts.calendar)
    return collect({"sharpe": lambda: sharpe(days.returns, 1.0)})[0]["sharpe"]


def _document(
    accounts: Accounts, lived: Excursions, compared: _Compared, tried: Trials, seed: int
) -> Document:
    figures, missing = statistics.point_figures(accounts, lived)
    ends, missing_ends = statistics.intervals(accounts, seed=seed)
    figures, missing = figures | ends, missing | missing_ends
    times, equity = accounts.times, accounts.equity
    calendar = accounts.calendar
    chance, held = _chance(accounts, compared.chance), _curve(times, compared.held, calendar)
    against_trials = deflated(sessions(times, equity, calendar).returns, tried)
    if chance["p_value"] is None:
        missing["random_entries"] = "no trades"
    verdict = judge(figures, chance["p_value"], held["total_return"], against_trials)
    return {
        "schema": SCHEMA,
        "symbols": list(accounts.symbols),
        "bars": len(times),
        "seed": seed,
        "figures": figures,
        "missing": missing,
        "deflated": against_trials,
        "random_entries": chance,
        "always_long": held,
        "equal_weight": _curve(times, compared.balanced, calendar),
        "bankrupt": accounts.bankrupt.isoformat() if accounts.bankrupt else None,
        "verdict": asdict(verdict),
        "monthly": monthly(times, equity, calendar),
        "yearly": yearly(accounts.trades, times, equity, calendar),
        "drawdowns": deepest_drawdowns(times, equity),
        "per_symbol": per_symbol(accounts.trades, accounts.symbols, accounts.values),
    }


def _chance(accounts: Accounts, random: RandomEquity) -> Document:
    """How the total return stands among those of random entries."""
    trades = accounts.trades.height
    names = ("mean", "low", "high", "p_value")
    if not trades:
        return {"draws": 0, "trades": 0, **dict.fromkeys(names)}
    low, high = np.quantile(random.returns, [0.05, 0.95])
    reached = total_return(accounts.equity)
    values = (random.returns.mean(), low, high, p_value(random.returns, reached))
    figures = {name: float(value) for name, value in zip(names, values, strict=True)}
    return {"draws": len(random.returns), "trades": trades, **figures}


def _curve(times: Integers, equity: Floats, calendar: SessionCalendar) -> Document:
    days = sessions(times, equity, calendar)
    figures, _ = collect(
        {
            "total_return": lambda: total_return(equity),
            "sharpe": lambda: sharpe(days.returns, days.per_year),
            "max_drawdown": lambda: float(drawdowns(equity).min()),
        }
    )
    return dict(figures)


def _equity_frame(accounts: Accounts, compared: _Compared) -> pl.DataFrame:
    low, median, high = compared.chance.band
    return pl.DataFrame(
        {
            "timestamp": to_times(accounts.times),
            "equity": accounts.equity,
            "drawdown": drawdowns(accounts.equity),
            "exposure": accounts.exposure,
            "turnover": accounts.turnover,
            "always_long": compared.held,
            "equal_weight": compared.balanced,
            "random_low": low,
            "random_median": median,
            "random_high": high,
        }
    )
