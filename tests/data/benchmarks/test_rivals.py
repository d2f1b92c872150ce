"""What matplotlib and PIL draw is a chart of the same bars."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from quantsig.data.benchmarks import rivals
from quantsig.data.charts.spec import ChartSpec
from tests.data.charts.bars import random_matrix

SPEC = ChartSpec(timeframes=(1, 3), bars=6, height=60, width=66, slow_bars=5)
Draw = Callable[[NDArray[np.float64], ChartSpec], NDArray[np.uint8]]
WAYS = (rivals.by_matplotlib, rivals.by_collections, rivals.by_pil)


def test_a_sample_is_21_charts() -> None:
    """The timeframes in turn, each with the bars its average needs."""
    windows = rivals.windows_of(random_matrix(80), 60, SPEC)
    assert len(windows) == 21
    assert {window.shape for window in windows} == {(10, 5)}
    np.testing.assert_array_equal(windows[0], windows[2])
    assert (windows[0] != windows[1]).any()


@pytest.mark.parametrize("way", WAYS)
def test_a_rising_bar_is_green_and_a_falling_one_red(way: Draw) -> None:
    """At their places, at the size asked for."""
    rising, falling = [10.0, 20.0, 10.0, 20.0, 1.0], [20.0, 20.0, 10.0, 10.0, 1.0]
    window = np.array([rising] * 7 + [falling] * 3)
    picture = way(window, SPEC)
    assert picture.shape == (60, 66, 3)
    left, right = picture[30, 3], picture[30, 58]
    assert left[1] > left[0]
    assert right[0] > right[1]
