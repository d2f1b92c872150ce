"""The information coefficient of each month."""

from datetime import UTC, date, datetime

import polars as pl
import pytest
from scipy.stats import spearmanr

from quantsig.reports.figures.backtest.information_coefficient import (
    coefficient_number,
    coefficients,
    monthly,
)
from quantsig.reports.page.numerals import THIN_SPACE


def rows(months: dict[int, tuple[list[float], list[float]]]) -> pl.DataFrame:
    parts = [
        {"decision_time": datetime(2024, month, 1 + at, tzinfo=UTC), "probability": p, "r": r}
        for month, (probabilities, returns) in months.items()
        for at, (p, r) in enumerate(zip(probabilities, returns, strict=True))
    ]
    return pl.DataFrame(parts).rename({"r": "forward_return"})


def by_month(frame: pl.DataFrame) -> pl.DataFrame:
    return monthly(frame, frame["decision_time"].dt.date())


ROUGH = ([0.1, 0.4, 0.2, 0.3, 0.9], [0.02, 0.01, -0.03, 0.04, 0.05])


def test_it_is_spearmans_of_the_month() -> None:
    """Perfect order is 1, its reverse -1, and what lies between is as scipy says."""
    rising, falling = [0.1, 0.2, 0.3, 0.4, 0.5], [5.0, 4.0, 3.0, 2.0, 1.0]
    found = by_month(rows({1: (rising, rising), 2: (rising, falling), 3: ROUGH}))
    assert found["coefficient"].to_list() == pytest.approx([1, -1, spearmanr(*ROUGH).statistic])


def test_months_that_say_nothing_are_left_out() -> None:
    """Fewer than five rows, or probabilities that are all alike."""
    same = ([0.5] * 6, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    found = by_month(rows({1: ([0.1, 0.2], [0.1, 0.2]), 2: same, 3: ROUGH}))
    assert found["rows"].to_list() == [5]


def test_its_mean_and_steadiness_are_told() -> None:
    """Of 1, -1 and 1: mean .333, two of three above zero, ratio of mean and deviation .289."""
    months = pl.DataFrame({"coefficient": [1.0, -1.0, 1.0]})
    told = coefficient_number(months)
    assert told.value == "0.333"
    assert told.beside.replace(THIN_SPACE, " ") == "67 % of months above 0, ratio 0.29"


def test_the_sum_so_far_is_drawn() -> None:
    """Beside the bars of the months."""
    months = by_month(rows({1: ROUGH, 2: ROUGH}))
    _, total = coefficients(months).drawing.data
    assert total.y[1] == pytest.approx(2 * total.y[0], abs=1e-4)


def test_a_month_is_that_of_the_days_given() -> None:
    """Decided after midnight in UTC, yet all of the last sessions of January."""
    frame = rows({2: ROUGH})
    january = pl.Series([date(2024, 1, 25 + number) for number in range(5)])
    assert monthly(frame, january)["month"].to_list() == [date(2024, 1, 1)]
