"""Returns by the calendar years and months of the sessions that bars are of."""

import polars as pl

from quantsig.backtest.market import Floats, Integers, to_times
from quantsig.backtest.statistics.drawdowns import drawdowns
from quantsig.data.calendar.sessions import SessionCalendar
from quantsig.data.storage.records import Figures

Rows = tuple[Figures, ...]


def yearly(
    trades: pl.DataFrame, times: Integers, equity: Floats, calendar: SessionCalendar
) -> Rows:
    """A row a year: return, worst drawdown so far, and trades entered in it."""
    curve = pl.DataFrame(
        {"year": calendar.years(times), "equity": equity, "drawdown": drawdowns(equity)}
    )
    rows = curve.group_by("year", maintain_order=True).agg(
        pl.col("equity").last(), pl.col("drawdown").min().alias("max_drawdown")
    )
    years = calendar.years(trades["entry_time"].dt.epoch("us").to_numpy())
    entered = pl.DataFrame({"year": years}).group_by("year").len("trades")
    shown = (
        rows.with_columns(_growth(equity).alias("return"))
        .join(entered, on="year", how="left", maintain_order="left")
        .with_columns(pl.col("trades").fill_null(0))
        .select("year", "return", "max_drawdown", "trades")
    )
    return tuple(shown.iter_rows(named=True))


def monthly(times: Integers, equity: Floats, calendar: SessionCalendar) -> Rows:
    """A row a month that has bars: year, month and return."""
    dates = calendar.dates(to_times(times))
    curve = pl.DataFrame(
        {"year": dates.dt.year(), "month": dates.dt.month().cast(pl.Int64), "equity": equity}
    )
    rows = curve.group_by("year", "month", maintain_order=True).agg(pl.col("equity").last())
    shown = rows.select("year", "month", _growth(equity).alias("return"))
    return tuple(shown.iter_rows(named=True))


def _growth(equity: Floats) -> pl.Expr:
    """From the last equity of the span before, of the first span from the first equity.

    Null where there was nothing left to earn on.
    """
    before = pl.col("equity").shift(1).fill_null(float(equity[0]))
    return pl.when(before > 0).then(pl.col("equity") / before - 1.0)
