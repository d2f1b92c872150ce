"""Combinatorial cross-validation: whole paths through time, each stretch by one of its folds.

Every choice of k out of N stretches is tested by a model of the rest, so each stretch is tested
C(N-1, k-1) = C(N, k) k / N times, and as many paths hold every row once (López de Prado 2018,
"Advances in Financial Machine Learning", chapter 12). The paths share bars and models, so their
spread says how much hangs on which stretches were learnt from; it is no confidence interval. Most
models learnt from bars after those they are tested on: nobody could have traded a path.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import polars.selectors as cs
from numpy.typing import NDArray

from quantsig.backtest.comparisons.holding import equal_weight, hold
from quantsig.backtest.document import session_sharpes
from quantsig.backtest.execution import Execution
from quantsig.backtest.market import Market, to_times
from quantsig.backtest.messages import BacktestSentence
from quantsig.backtest.outcome import trade
from quantsig.backtest.period import Period
from quantsig.backtest.statistics.drawdowns import drawdowns
from quantsig.backtest.statistics.figures import Figures, collect
from quantsig.backtest.statistics.returns import annual_return, sharpe, total_return
from quantsig.backtest.statistics.sessions import sessions
from quantsig.backtest.statistics.trades import mean, win_rate
from quantsig.backtest.trading.accounts import Accounts
from quantsig.backtest.walk.stitching import stitched
from quantsig.data.samples.store import SampleSet
from quantsig.signals.training.out_of_fold import path_rows

SPREAD = ("sharpe", "total_return", "max_drawdown")
UNKNOWN = cs.by_dtype(pl.Null).cast(pl.Float64)  # of figures that no path has


@dataclass(frozen=True, kw_only=True, slots=True)
class Paths:
    """What each path came to."""

    rows: pl.DataFrame  # of paths.parquet, a row a path
    equity: pl.DataFrame  # of path_equity.parquet
    trades: pl.DataFrame  # of path_trades.parquet
    always_long: Figures

    @property
    def distribution(self) -> dict[str, dict[str, float | None]]:
        """Over the paths that have the figure; the deviation has ddof 1."""
        return {name: _spread(self.rows[name]) for name in SPREAD}


def trade_paths(
    samples: SampleSet,
    signals: pl.DataFrame,
    paths: NDArray[np.int64],
    execution: Execution,
    told: Callable[[int, int], None],
) -> Paths:
    """Trade every path by itself.

    Args:
        samples: with bars.
        signals: of every fold, rows of `fold_signals`.
        paths: (paths, stretches) the fold that tests each stretch.
        execution: how signals are traded.
        told: how many paths are done, of how many.
    """
    rows, equities, trades = [], [], []
    for number, folds in enumerate(paths.tolist()):
        period = stitched(samples, path_rows(signals, folds))
        accounts = trade(period.market, period.signals, execution).accounts
        path = pl.lit(number, pl.Int64).alias("path")
        rows.append({"path": number, "folds": folds, **_figures(period, accounts, execution)})
        equities.append(_equity(accounts).select(path, pl.all()))
        trades.append(accounts.trades.select(path, pl.all()))
        told(number + 1, len(paths))
    return Paths(
        rows=pl.DataFrame(rows, infer_schema_length=None).with_columns(UNKNOWN),
        equity=pl.concat(equities),
        trades=pl.concat(trades),
        always_long=_held(period.market, execution),
    )


def verdict(paths: Paths) -> dict[str, Any]:
    """What the paths allow to say, in plain sentences."""
    count = paths.rows.height
    above, beaten = (int((paths.rows[name] > 0).sum()) for name in ("sharpe", "excess_sharpe"))
    agreed = above == beaten == count
    sentence = BacktestSentence.PATHS_AGREE() if agreed else BacktestSentence.PATHS_DISAGREE()
    return {
        "agreed": agreed,
        "sentence": sentence,
        "reasons": [
            BacktestSentence.PATHS_EARNED(above=above, count=count),
            BacktestSentence.PATHS_BEAT_HOLDING(beaten=beaten, count=count),
            BacktestSentence.PATHS_SHARE_BARS(),
        ],
    }


def _figures(
    period: Period, accounts: Accounts, execution: Execution
) -> dict[str, float | int | None]:
    returns = accounts.trades["return"].to_numpy()
    days = sessions(accounts.times, accounts.equity, accounts.calendar)
    balanced = equal_weight(period.market, accounts.times, execution)
    sharpes = session_sharpes(accounts, balanced)
    figures, _ = collect(
        {
            "total_return": lambda: total_return(accounts.equity),
            "annual_return": lambda: annual_return(accounts.equity, days.years),
            "sharpe": lambda: sharpe(days.returns, days.per_year),
            "max_drawdown": lambda: float(drawdowns(accounts.equity).min()),
            "win_rate": lambda: win_rate(returns),
            "expectancy": lambda: mean(returns),
            "exposure": lambda: float(accounts.exposure.mean()),
        }
    )
    return {
        "signals": sum(len(symbol.bars) for symbol in period.signals.values()),
        "trades": accounts.trades.height,
        **figures,
        "session_sharpe": sharpes["sharpe"],
        "excess_sharpe": sharpes["excess_sharpe"],
        "sessions": len(days.returns),
    }


def _held(market: Market, execution: Execution) -> Figures:
    """Buy and hold over the same bars, which every path has."""
    accounts = hold(market, execution)
    days = sessions(accounts.times, accounts.equity, accounts.calendar)
    figures, _ = collect(
        {
            "total_return": lambda: total_return(accounts.equity),
            "sharpe": lambda: sharpe(days.returns, days.per_year),
            "max_drawdown": lambda: float(drawdowns(accounts.equity).min()),
        }
    )
    return figures


def _equity(accounts: Accounts) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "timestamp": to_times(accounts.times),
            "equity": accounts.equity,
            "drawdown": drawdowns(accounts.equity),
        }
    )


def _spread(values: pl.Series) -> dict[str, float | None]:
    known: Sequence[float] = values.drop_nulls().to_list()
    if not known:
        return dict.fromkeys(("mean", "deviation", "lowest", "median", "highest"))
    return {
        "mean": float(np.mean(known)),
        "deviation": float(np.std(known, ddof=1)) if len(known) > 1 else None,
        "lowest": min(known),
        "median": float(np.median(known)),
        "highest": max(known),
    }
