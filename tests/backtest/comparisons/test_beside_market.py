"""A strategy beside its market: the figures of both, in several zones, and of older files."""

from pathlib import Path

import empyrical
import numpy as np
import pandas as pd
import polars as pl
import pytest

from quantsig.backtest.comparisons.beside_market import beside_market
from quantsig.backtest.record import read_stats
from quantsig.data.calendar.sessions import UTC_DAYS, SessionCalendar
from tests.golden.opened import STORED

ZONES = ("America/New_York", "UTC", "Asia/Shanghai")
STATS = sorted(path for path in STORED.rglob("stats.json") if "/runs/" in path.as_posix())


def curves(zone: str) -> tuple[pl.DataFrame, pd.DataFrame]:
    """Three years of daily bars that close at the next midnight: equity.parquet, and by day."""
    days = pd.bdate_range("2010-12-29", "2013-11-05")
    random = np.random.default_rng(37)
    market = np.append(0.0, random.normal(0.0005, 0.012, len(days) - 1))
    own = 0.4 * market + np.append(0.0, random.normal(0.0002, 0.006, len(days) - 1))
    returns = pd.DataFrame({"equity": own, "equal_weight": market}, index=days)
    lines = (1.0 + returns).cumprod()
    closes = (days + pd.Timedelta(days=1)).tz_localize(zone).tz_convert("UTC").as_unit("us")
    times = pl.Series("timestamp", closes.asi8).cast(pl.Datetime("us", "UTC"))
    return pl.DataFrame(
        [times, *(pl.Series(str(name), lines[name].to_numpy()) for name in lines)]
    ), returns


@pytest.mark.parametrize("zone", ZONES)
def test_both_columns_are_what_empyrical_says(zone: str) -> None:
    """With the sessions a year that the days have; CAGR by their years."""
    frame, returns = curves(zone)
    found = beside_market(frame, SessionCalendar(timezone=zone, daily=True))
    assert found is not None
    seen = returns.iloc[1:]  # the first day has no return
    length = (returns.index[-1] - returns.index[0]).days
    a_year = {"annualization": len(seen) / length * 365.2425}
    for name, figures in (("equity", found.own), ("equal_weight", found.held)):
        line = seen[name]
        deepest = empyrical.max_drawdown(line)
        growth = (1 + empyrical.cum_returns_final(line)) ** (365.2425 / length) - 1
        value = (1 + line).cumprod()
        expected = {
            "total_return": empyrical.cum_returns_final(line),
            "annual_return": growth,
            "volatility": empyrical.annual_volatility(line, **a_year),
            "sharpe": empyrical.sharpe_ratio(line, **a_year),
            "sortino": empyrical.sortino_ratio(line, **a_year),
            "omega": empyrical.omega_ratio(line),
            "max_drawdown": deepest,
            "calmar": growth / -deepest,
            "current_drawdown": value.iloc[-1] / value.cummax().iloc[-1] - 1,
        }
        assert {key: figures[key] for key in expected} == pytest.approx(expected, rel=2e-4)


@pytest.mark.parametrize("zone", ZONES)
def test_what_is_said_of_both_is_what_empyrical_says(zone: str) -> None:
    """Alpha by the year of these days, not compounded; the ratio annualised."""
    frame, returns = curves(zone)
    found = beside_market(frame, SessionCalendar(timezone=zone, daily=True))
    assert found is not None
    own, market = (returns[name].iloc[1:] for name in ("equity", "equal_weight"))
    per_year = found.own["periods_per_year"]
    assert per_year is not None
    alpha, beta = empyrical.alpha_beta(own, market, annualization=1)
    expected = {
        "alpha_a_year": alpha * per_year,
        "beta": beta,
        "correlation": own.corr(market),
        "information_ratio": empyrical.excess_sharpe(own, market) * per_year**0.5,
        "up_capture": empyrical.up_capture(own, market, period="yearly"),
        "down_capture": empyrical.down_capture(own, market, period="yearly"),
    }
    assert {key: found.together[key] for key in expected} == pytest.approx(expected)


@pytest.mark.parametrize("stored", STATS, ids=lambda path: path.parents[1].name)
def test_the_figures_of_stored_backtests_are_theirs(stored: Path) -> None:
    """What stats.json keeps of the strategy, of alpha and of what was held comes out again."""
    stats = read_stats(stored)
    frame = pl.read_parquet(stored.with_name("equity.parquet"))
    found = beside_market(frame, UTC_DAYS)
    assert found is not None
    kept = {name: stats.figures[name] for name in found.own if name in stats.figures}
    assert {"total_return", "sortino", "max_drawdown"} <= set(kept)
    assert {name: found.own[name] for name in kept} == pytest.approx(kept)
    if stats.equal_weight is not None:
        assert found.market == "equal_weight"
        assert found.held["total_return"] == pytest.approx(stats.equal_weight.total_return)
    if stats.alpha.beta is not None:
        assert found.together["beta"] == pytest.approx(stats.alpha.beta)
        assert found.together["alpha_t"] == pytest.approx(stats.alpha.t)


def test_without_a_market_there_is_nothing_beside_it() -> None:
    """Nor on one bar; before there were equal weights it is what was bought and held."""
    frame, _ = curves("UTC")
    assert beside_market(frame.drop("equal_weight"), UTC_DAYS) is None
    assert beside_market(frame.head(1), UTC_DAYS) is None
    older = beside_market(frame.rename({"equal_weight": "always_long"}), UTC_DAYS)
    assert older is not None
    assert older.market == "always_long"
