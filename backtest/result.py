"""From the signals of a run to the files of its backtest."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.backtest import comparisons, statistics
from quantsig.backtest.calendar_returns import yearly
from quantsig.backtest.drawdowns import drawdowns
from quantsig.backtest.execution import Execution, Fills, fills
from quantsig.backtest.figures import collect
from quantsig.backtest.market import Floats, SymbolBars, SymbolSignals, to_times
from quantsig.backtest.period import Period, open_period
from quantsig.backtest.portfolio import Accounts, keep_accounts
from quantsig.backtest.returns_statistics import sharpe, total_return
from quantsig.backtest.sessions import sessions
from quantsig.backtest.trade_statistics import per_symbol
from quantsig.backtest.verdict import judge
from quantsig.data import files
from quantsig.data.progress import Progress, silent
from quantsig.signals.ledger import append_ledger
from quantsig.signals.runs import BACKTEST, Run

SCHEMA = "quantsig.stats/1"
TRADES, EQUITY, STATS = "trades.parquet", "equity.parquet", "stats.json"
STEPS = 5  # of the progress

Document = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Backtest:
    """The accounts of the signals and of buy and hold, over the same bars."""

    trades: dict[str, Fills]
    accounts: Accounts
    always_long: Accounts


def backtest_run(
    run: Run,
    execution: Execution,
    *,
    split: str = "test",
    seed: int = 37,
    force: bool = False,
    progress: Progress = silent,
) -> Document:
    """Trade the signals of one split and write trades, equity and statistics into the run.

    Args:
        run: with its signals written.
        execution: how signals are traded.
        split: calibration or test.
        seed: of the random entries and the bootstrap.
        force: replace an earlier backtest.
        progress: told of each step.

    Returns:
        The document of backtest/stats.json.

    Raises:
        DataError: bars or signals that cannot be traded, an account that lost more than it held.
        UsageError: a backtest exists and `force` is not set.
    """
    folder = run.path / BACKTEST
    files.refuse_existing(folder, force=force)
    period = open_period(run, split)
    progress(1, STEPS)
    backtest = trade(period, execution)
    progress(2, STEPS)
    returns = comparisons.random_returns(period.market, backtest.trades, execution, seed=seed)
    progress(3, STEPS)
    document = describe(period, execution, backtest, returns, seed=seed)
    progress(4, STEPS)
    with files.replacing_folder(folder, force=force) as beside:
        files.write_parquet(beside / TRADES, backtest.accounts.trades)
        files.write_parquet(beside / EQUITY, _equity_frame(backtest))
        files.write_json(beside / STATS, document)
    _enter_ledger(run, document, backtest)
    progress(STEPS, STEPS)
    return document


def trade(period: Period, execution: Execution) -> Backtest:
    """Trade the signals of a period, and buy and hold beside them."""
    market = period.market
    trades = _fill_all(market, period.signals, execution)
    hold = Execution(
        delay_bars=execution.delay_bars,
        fee_bps=execution.fee_bps,
        slippage_bps=execution.slippage_bps,
    )
    bought = comparisons.always_long(market)
    held = _fill_all(market, bought, hold)
    return Backtest(
        trades=trades,
        accounts=keep_accounts(market, period.signals, trades, execution),
        always_long=keep_accounts(market, bought, held, hold),
    )


def describe(
    period: Period, execution: Execution, backtest: Backtest, random: Floats, *, seed: int
) -> Document:
    """The document of stats.json.

    Args:
        period: what was traded.
        execution: how.
        backtest: the accounts.
        random: total returns of random entries, (draws,).
        seed: of the bootstrap.
    """
    accounts = backtest.accounts
    figures, missing = statistics.figures(
        accounts.trades, accounts.times, accounts.equity, accounts.exposure, seed=seed
    )
    chance = _chance(accounts, random)
    held = _held(backtest.always_long)
    verdict = judge(figures, chance["p_value"], held["total_return"])
    if chance["p_value"] is None:
        missing["random_entries"] = "no trades"
    return {
        "schema": SCHEMA,
        "trial_id": period.trial_id,
        "split": period.split,
        "start": period.start.isoformat(),
        "end": period.end.isoformat(),
        "symbols": list(accounts.symbols),
        "bars": len(accounts.times),
        "seed": seed,
        "execution": _resolved(execution, period.signals),
        "figures": figures,
        "missing": missing,
        "random_entries": chance,
        "always_long": held,
        "ignored": _ignored(backtest.trades),
        "verdict": asdict(verdict),
        "yearly": yearly(accounts.trades, accounts.times, accounts.equity),
        "per_symbol": per_symbol(accounts.trades, accounts.symbols, accounts.values),
    }


def _fill_all(
    market: Mapping[str, SymbolBars], signals: Mapping[str, SymbolSignals], execution: Execution
) -> dict[str, Fills]:
    return {symbol: fills(bars, signals[symbol], execution) for symbol, bars in market.items()}


def _chance(accounts: Accounts, random: Floats) -> Document:
    """How the total return stands among those of random entries."""
    trades = accounts.trades.height
    names = ("mean", "low", "high", "p_value")
    if not trades:
        return {"draws": 0, "trades": 0, **dict.fromkeys(names)}
    low, high = np.quantile(random, [0.05, 0.95])
    reached = total_return(accounts.equity)
    values = (random.mean(), low, high, comparisons.p_value(random, reached))
    figures = {name: float(value) for name, value in zip(names, values, strict=True)}
    return {"draws": len(random), "trades": trades, **figures}


def _held(accounts: Accounts) -> Document:
    equity = accounts.equity
    days = sessions(accounts.times, equity)
    figures, _ = collect(
        {
            "total_return": lambda: total_return(equity),
            "sharpe": lambda: sharpe(days.returns, days.per_year),
            "max_drawdown": lambda: float(drawdowns(equity).min()),
        }
    )
    return dict(figures)


def _resolved(execution: Execution, signals: Mapping[str, SymbolSignals]) -> Document:
    """The settings as they were used; what each signal brought itself is "from the signal"."""
    settings = asdict(execution)
    own: dict[str, list[NDArray[Any]]] = {
        "delay_bars": [symbol.delay_bars for symbol in signals.values()],
        "holding_bars": [symbol.horizon_bars for symbol in signals.values()],
        "stop_loss": [symbol.stops for symbol in signals.values()],
        "take_profit": [symbol.targets for symbol in signals.values()],
    }
    for name, columns in own.items():
        if settings[name] is None:
            settings[name] = _common(np.concatenate(columns))
    return settings


def _common(values: NDArray[Any]) -> float | str | None:
    """The one value that all share, None where there is none."""
    present = np.unique(values[~np.isnan(values)])
    if len(present) > 1:
        return "from the signal"
    value: float | None = present[0].item() if len(present) else None
    return value


def _ignored(trades: Mapping[str, Fills]) -> dict[str, int]:
    total: dict[str, int] = {}
    for symbol in trades.values():
        for reason, count in symbol.ignored.items():
            total[reason] = total.get(reason, 0) + count
    return total


def _equity_frame(backtest: Backtest) -> pl.DataFrame:
    accounts = backtest.accounts
    return pl.DataFrame(
        {
            "timestamp": to_times(accounts.times),
            "equity": accounts.equity,
            "drawdown": drawdowns(accounts.equity),
            "exposure": accounts.exposure,
            "always_long": backtest.always_long.equity,
        }
    )


def _enter_ledger(run: Run, document: Document, backtest: Backtest) -> None:
    """Count the backtest, with the Sharpe ratio per session that a later one is deflated by."""
    accounts = backtest.accounts
    days = sessions(accounts.times, accounts.equity)
    figures, _ = collect({"sharpe": lambda: sharpe(days.returns, 1.0)})
    append_ledger(
        run.runs_folder,
        "backtest",
        run_id=run.run_id,
        trial_id=document["trial_id"],
        split=document["split"],
        sharpe=figures["sharpe"],
        periods=len(days.returns),
        trades=accounts.trades.height,
    )
