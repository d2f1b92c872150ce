"""Two operating points differ only where luck does not explain it."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from quantsig.data.errors import DataError
from quantsig.signals.significance.operating_points import compare_points

ROWS = 2000
STRETCH = np.repeat(np.arange(100), 20)


def selections(seed: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """A tenth and a fifth of the rows, the tenth among the fifth."""
    score = np.random.default_rng(seed).random(ROWS)
    return score > 0.9, score > 0.8


def test_precisions_by_hand() -> None:
    """Two rows a stretch: the first point takes the one that is right, the second both."""
    first = np.tile([True, False], 50)
    second = np.ones(100, bool)
    found = compare_points(first, second, first, np.repeat(np.arange(50), 2))
    assert (found.first, found.second, found.difference) == (1.0, 0.5, 0.5)
    assert found.low == found.high == pytest.approx(0.5)
    assert found.differ
    assert found.p_value == pytest.approx(2 / 2001)
    assert found.stretches == 50


def test_a_point_does_not_differ_from_itself() -> None:
    """The difference is zero in every draw."""
    first, _ = selections(1)
    happened = np.random.default_rng(2).random(ROWS) < 0.3
    found = compare_points(first, first, happened, STRETCH)
    assert (found.difference, found.low, found.high, found.p_value) == (0.0, 0.0, 0.0, 1.0)
    assert not found.differ


def test_luck_seldom_differs_though_rows_of_a_stretch_are_alike() -> None:
    """Events shared by whole stretches: at 90 % about one comparison in ten is wrong.

    200 of them: 10 % and three standard errors are 16 %.
    """
    wrong = 0
    for seed in range(200):
        random = np.random.default_rng(seed)
        common = np.repeat(random.random(100) < 0.4, 20)
        happened = np.where(random.random(ROWS) < 0.8, common, random.random(ROWS) < 0.4)
        first, second = random.random((2, ROWS)) < 0.15
        wrong += compare_points(first, second, happened, STRETCH, draws=400).differ
    assert 0 < wrong <= 0.16 * 200


def test_a_true_difference_is_found() -> None:
    """Precision .6 against .3, and in returns as well."""
    random = np.random.default_rng(50)
    first, second = selections(5)
    happened = random.random(ROWS) < np.where(first, 0.6, 0.0)
    found = compare_points(first, second, happened, STRETCH)
    assert found.differ
    assert found.difference == pytest.approx(0.3, abs=0.1)
    returns = compare_points(first, second, np.where(happened, 0.02, -0.01), STRETCH)
    assert returns.difference == pytest.approx(0.03 * found.difference)
    assert returns.differ


def test_it_is_the_same_again_and_the_other_way_round() -> None:
    """With the same seed; exchanged points turn the signs."""
    first, second = selections(3)
    happened = np.random.default_rng(4).random(ROWS) < 0.3
    found = compare_points(first, second, happened, STRETCH)
    assert compare_points(first, second, happened, STRETCH) == found
    turned = compare_points(second, first, happened, STRETCH)
    assert turned.low == pytest.approx(-found.high)
    assert turned.p_value == found.p_value
    assert replace(found, low=-1.0, high=1.0).differ is False


def test_too_little_to_compare_is_refused() -> None:
    """Nothing selected, or signals in few stretches."""
    first, second = selections(6)
    happened = np.zeros(ROWS, bool)
    with pytest.raises(DataError, match="selects no row"):
        compare_points(first, happened, happened, STRETCH)
    with pytest.raises(DataError, match="lie in 2 stretches"):
        compare_points(first, second, happened, STRETCH // 50)
