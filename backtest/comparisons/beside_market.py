"""A strategy beside the market it was traded in: the same figures of both, and how they agree."""

import functools
from dataclasses import dataclass

import polars as pl

from quantsig.backtest.comparisons.alpha import Alpha, alpha
from quantsig.backtest.point_figures import curve_figures
from quantsig.backtest.statistics import relative_returns as relative
from quantsig.backtest.statistics.figures import Figures, collect
from quantsig.backtest.statistics.sessions import sessions
from quantsig.data.calendar.sessions import SessionCalendar

MARKETS = ("equal_weight", "always_long")  # columns of equity.parquet; alpha is over the first


@dataclass(frozen=True, kw_only=True, slots=True)
class BesideMarket:
    """Figures by their names in `FIGURES`; None where one does not exist."""

    market: str  # which column of equity.parquet
    own: Figures  # of the strategy's equity
    held: Figures  # the same of the market's
    together: Figures  # of both


def beside_market(equity: pl.DataFrame, calendar: SessionCalendar) -> BesideMarket | None:
    """What equity.parquet says of the strategy and of its market, over the same bars.

    The market is that of the verdict's alpha: all symbols with equal weights, at the same delay
    and costs. Backtests of before may know only what was bought once and held.

    Args:
        equity: rows of equity.parquet, their times the closes of bars.
        calendar: which session each bar is of.

    Returns:
        None where there are fewer than two rows or no market.
    """
    known = [name for name in MARKETS if name in equity.columns]
    if equity.height < 2 or not known:
        return None
    times = equity["timestamp"].dt.epoch("us").to_numpy()
    own, held = (equity[name].to_numpy() for name in ("equity", known[0]))
    days, market = (sessions(times, line, calendar) for line in (own, held))

    @functools.cache
    def regressed() -> Alpha:
        return alpha(days.returns, market.returns)

    together, _ = collect(
        {
            "alpha_a_year": lambda: regressed().alpha * days.per_year,
            "alpha_t": lambda: regressed().t,
            "beta": lambda: regressed().beta,
            "correlation": lambda: relative.correlation(days.returns, market.returns),
            "information_ratio": lambda: relative.information_ratio(
                days.returns, market.returns, days.per_year
            ),
            "up_capture": lambda: relative.up_capture(days.returns, market.returns),
            "down_capture": lambda: relative.down_capture(days.returns, market.returns),
        }
    )
    return BesideMarket(
        market=known[0],
        own=curve_figures(times, own, calendar)[0],
        held=curve_figures(times, held, calendar)[0],
        together=together,
    )
