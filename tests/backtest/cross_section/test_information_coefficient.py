"""Rank correlations over time, against scipy."""

import numpy as np
import pytest
from scipy import stats

from quantsig.backtest.cross_section.cross_section import CrossSection
from quantsig.backtest.cross_section.information_coefficient import (
    information_coefficient,
    rank_correlations,
)
from quantsig.backtest.market import Floats
from quantsig.backtest.significance.newey_west import mean_t
from quantsig.data.calendar.sessions import DAY_US as DAY
from quantsig.data.calendar.sessions import UTC_DAYS


def section(probabilities: Floats, returns: Floats, overlap: int = 1) -> CrossSection:
    times, symbols = probabilities.shape
    return CrossSection(
        times=np.arange(times) * DAY,
        symbols=tuple(str(number) for number in range(symbols)),
        probabilities=probabilities,
        returns=returns,
        dollar_volumes=np.ones_like(returns),
        entries=np.arange(times) * DAY,
        exits=np.arange(overlap, times + overlap) * DAY,
    )


def drawn(times: int, symbols: int) -> CrossSection:
    """Probabilities with ties, and returns that lean on them; one in five is missing."""
    random = np.random.default_rng(37)
    likely = random.integers(0, 6, (times, symbols)) / 10
    earned = 0.1 * likely + random.normal(0, 0.1, (times, symbols))
    gone = random.random((times, symbols)) < 0.2
    return section(np.where(gone, np.nan, likely), np.where(gone, np.nan, earned), overlap=3)


def test_each_time_is_spearmans_correlation() -> None:
    """With ties and missing symbols, to 1e-10."""
    given = drawn(40, 30)
    expected = [
        stats.spearmanr(likely[~np.isnan(likely)], earned[~np.isnan(likely)]).statistic
        for likely, earned in zip(given.probabilities, given.returns, strict=True)
    ]
    assert rank_correlations(given) == pytest.approx(expected, abs=1e-10)


def test_the_figures_are_those_of_the_series() -> None:
    """Mean, deviation and the t with two lags, as three decisions overlap."""
    given = drawn(40, 30)
    found, series = information_coefficient(given, UTC_DAYS), rank_correlations(given)
    assert found.mean == pytest.approx(series.mean())
    assert found.deviation == pytest.approx(series.std(ddof=1))
    assert found.t == pytest.approx(mean_t(series, 2))
    assert found.times == 40


def test_months_hold_all_times() -> None:
    """Forty daily bars that close from the first midnight of 1970 on: 1, 31 and 8."""
    found = information_coefficient(drawn(40, 30), UTC_DAYS).by_month
    assert [(row["year"], row["month"], row["times"]) for row in found] == [
        (1969, 12, 1),
        (1970, 1, 31),
        (1970, 2, 8),
    ]


@pytest.mark.parametrize("likely", [[0.5, 0.5, 0.5], [0.1, 0.2, np.nan]])
def test_too_little_to_correlate(likely: list[float]) -> None:
    """All equal, or two symbols: null with the reason."""
    row = np.array([likely])
    found = information_coefficient(section(row, row * 2), UTC_DAYS)
    assert (found.mean, found.t, found.times) == (None, None, 0)
    assert found.missing["mean"] == "no time has 3 symbols that differ"
