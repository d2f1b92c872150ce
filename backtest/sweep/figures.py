"""From the sums of a sweep to figures: those of each cell, and those of all trials together."""

import math
from dataclasses import dataclass

import numpy as np
import polars as pl

from quantsig.backtest.market import Floats, Integers
from quantsig.backtest.statistics.figures import UndefinedFigure
from quantsig.backtest.statistics.sessions import sessions
from quantsig.backtest.sweep.kernel import Tally
from quantsig.data.calendar.sessions import SessionCalendar
from quantsig.signals.significance.intervals import ratio


@dataclass(frozen=True, kw_only=True, slots=True)
class SweepTrials:
    """How many strategies a sweep tried, and how alike they are.

    Sharpe ratios are per session, of the returns beyond beta times those of the market: what all
    cells owe to a rising market is no skill of the best.

    Attributes:
        count: cells.
        varying: cells whose returns vary, which the rest is of.
        sharpe_mean, sharpe_variance, sharpe_max: over the cells; the variance with ddof 1.
        average_correlation: mean over all pairs of cells of the correlation of these returns.
        independent: how many independent trials the cells count for.
        Each is None where it is not defined.
    """

    count: int
    varying: int
    sharpe_mean: float | None
    sharpe_variance: float | None
    sharpe_max: float | None
    average_correlation: float | None
    independent: float | None


def cell_figures(
    settings: pl.DataFrame, tally: Tally, times: Integers, calendar: SessionCalendar
) -> pl.DataFrame:
    """Settings and figures of every cell, as `statistics` defines them; null where undefined.

    Args:
        settings: a row a cell.
        tally: of all cells.
        times: (T,) microseconds since 1970 UTC.
        calendar: which session each is of.
    """
    ruined = np.isnan(tally.equity)
    some = (tally.trades > 0) & ~ruined
    figures = {
        "win_rate": np.where(some, ratio(tally.wins, tally.trades), np.nan),
        "expectancy": np.where(some, ratio(tally.return_sum, tally.trades), np.nan),
        "profit_factor": np.where(some, ratio(tally.gains, tally.losses), np.nan),
        "total_return": tally.equity - 1.0,
        "sharpe": tally.sharpe * _root_of_year(times, calendar),
        "max_drawdown": tally.drawdown,
        "exposure": tally.exposure,
    }
    return settings.with_columns(
        pl.Series("trades", tally.trades).cast(pl.Int64),
        *(pl.Series(name, values) for name, values in figures.items()),
        pl.Series("bankrupt", ruined),
    ).with_columns(pl.col(*figures).fill_nan(None))


def sweep_trials(sharpe: Floats, standard: Floats) -> SweepTrials:
    """The trials of a sweep, from the Sharpe ratios and the sum of all standardised returns.

    With z the session returns of a cell beyond the market, less their mean over their deviation,
    the variance of the sum of z over M cells is M + M (M - 1) r, r the average correlation of two
    cells. So
    r = (variance - M) / (M (M - 1)), and no cell's returns are kept. The cells count for
    r + (1 - r) M independent ones (Bailey and López de Prado 2014).

    Args:
        sharpe: (N,) per session in excess of the market, NaN where returns do not vary.
        standard: (P,) sums of z over the cells.
    """
    known = sharpe[~np.isnan(sharpe)]
    cells = len(known)
    alike = None
    if cells > 1:
        alike = float((standard.var(ddof=1) - cells) / (cells * (cells - 1)))
    return SweepTrials(
        count=len(sharpe),
        varying=cells,
        sharpe_mean=float(known.mean()) if cells else None,
        sharpe_variance=float(known.var(ddof=1)) if cells > 1 else None,
        sharpe_max=float(known.max()) if cells else None,
        average_correlation=alike,
        independent=None if alike is None else alike + (1.0 - alike) * cells,
    )


def _root_of_year(times: Integers, calendar: SessionCalendar) -> float:
    """Root of the sessions a year; NaN where the data show none."""
    try:
        return math.sqrt(sessions(times, np.ones(len(times)), calendar).per_year)
    except UndefinedFigure:
        return math.nan
