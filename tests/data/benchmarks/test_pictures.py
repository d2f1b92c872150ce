"""Antialiased pictures: shares of pixels, not zeros and ones."""

import numpy as np

from quantsig.data.benchmarks.pictures import SUB_COLUMNS, SUB_ROWS, _averaged, antialiased
from quantsig.data.charts.draw import draw
from quantsig.data.charts.spec import ChartSpec
from tests.data.charts.bars import random_matrix

SPEC = ChartSpec(timeframes=(1, 2), bars=12, height=64, width=72, slow_bars=5, calendar="none")


def test_a_share_is_what_is_covered_of_a_pixel() -> None:
    """Half a pixel's rows in one of its two columns are a quarter of it."""
    extents = np.zeros((1, 2, SUB_COLUMNS), np.int16)
    extents[0, :, 0] = SUB_ROWS // 2, 2 * SUB_ROWS
    np.testing.assert_array_equal(_averaged(extents, 3)[0, :, 0], [0.25, 0.5, 0.0])


def test_no_line_is_thinner_than_a_pixel() -> None:
    """A line of one fine row covers a whole pixel's height."""
    extents = np.zeros((1, 2, SUB_COLUMNS), np.int16)
    extents[0, 0], extents[0, 1] = 100, 101
    assert _averaged(extents, 3)[0, :, 0].sum() == np.float16(1.0)


def test_they_have_many_values_and_show_the_same_bars() -> None:
    """The ink is about where the crisp picture has it."""
    bars, rows = random_matrix(60), np.array([40, 50])
    smooth, crisp = antialiased(bars, rows, SPEC), draw(bars, rows, SPEC)
    assert smooth.shape == crisp.shape
    assert smooth.dtype == np.float16
    assert len(np.unique(smooth)) > 100
    assert smooth.min() == 0.0
    assert smooth.max() == 1.0
    assert smooth[crisp == 1].mean() > 0.5
    assert smooth[crisp == 0].mean() < 0.1
