"""How far the order of the probabilities is the order of the returns (Grinold and Kahn 2000)."""

import numpy as np
import polars as pl

from quantsig.backtest.cross_section.cross_section import CrossSection, overlapping_t
from quantsig.backtest.market import Floats, to_times
from quantsig.backtest.messages import BacktestSentence
from quantsig.backtest.record import InformationCoefficient
from quantsig.backtest.statistics.figures import UndefinedFigure, collect
from quantsig.data.calendar.sessions import SessionCalendar
from quantsig.data.storage.records import Figures

LEAST_SYMBOLS = 3  # at one time


def rank_correlations(section: CrossSection) -> Floats:
    """Spearman's correlation of probability and return over the symbols at each time, (N,).

    Equal values share their mean rank. NaN where fewer than three symbols are known, or all
    probabilities or all returns are equal.
    """
    seen = ~np.isnan(section.probabilities)
    found = np.full(len(section.times), np.nan)
    ranks = _ranks(section.probabilities), _ranks(section.returns)
    for row in np.flatnonzero(seen.sum(axis=1) >= LEAST_SYMBOLS):
        likely, earned = (rank[row, seen[row]] for rank in ranks)
        if np.ptp(likely) and np.ptp(earned):
            found[row] = np.corrcoef(likely, earned)[0, 1]
    return found


def information_coefficient(
    section: CrossSection, calendar: SessionCalendar
) -> InformationCoefficient:
    """The rank correlations over time.

    Args:
        section: the symbols side by side at each decision time.
        calendar: which session a decision is of.
    """
    found = rank_correlations(section)
    known = ~np.isnan(found)
    values = found[known]

    def some() -> Floats:
        if not len(values):
            raise UndefinedFigure(BacktestSentence.NO_DIFFERING_SYMBOLS(n=LEAST_SYMBOLS))
        return values

    def deviation() -> float:
        if len(values) < 2:
            raise UndefinedFigure(BacktestSentence.FEW_TIMES())
        return float(values.std(ddof=1))

    figures, missing = collect(
        {
            "mean": lambda: float(some().mean()),
            "deviation": deviation,
            "t": lambda: overlapping_t(values, section.overlap),
            "positive": lambda: float((some() > 0).mean()),
        }
    )
    months = _by_month(calendar.dates(to_times(section.times[known])), values)
    return InformationCoefficient(**figures, times=len(values), by_month=months, missing=missing)


def _ranks(values: Floats) -> Floats:
    """(N, S) mean ranks within each row; NaN stays."""
    rows = np.repeat(np.arange(len(values)), values.shape[1])
    frame = pl.DataFrame({"row": rows, "value": values.ravel()}).fill_nan(None)
    ranked = frame.select(pl.col("value").rank("average").over("row").cast(pl.Float64))
    return ranked.to_series().to_numpy().reshape(values.shape)


def _by_month(dates: pl.Series, values: Floats) -> tuple[Figures, ...]:
    frame = pl.DataFrame(
        {"year": dates.dt.year(), "month": dates.dt.month().cast(pl.Int64), "value": values}
    )
    rows = frame.group_by("year", "month", maintain_order=True).agg(
        pl.col("value").mean().alias("mean"), pl.len().alias("times")
    )
    return tuple(rows.iter_rows(named=True))
