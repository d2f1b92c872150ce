"""The contract every panel keeps, and pixels checked by hand."""

import numpy as np
import pytest

from quantsig.data.charts.draw import column_extents, draw
from quantsig.data.charts.panels import PANELS
from quantsig.data.charts.panels.panel import row_of
from quantsig.data.charts.spec import ChartSpec
from tests.data.charts.bars import matrix_of, random_matrix
from tests.data.charts.pictures import picture

ONE_FRAME = {"timeframes": (1,), "calendar": "none", "fast_bars": 1, "slow_bars": 2}


@pytest.mark.parametrize("name", PANELS)
def test_a_panel_fills_its_planes(name: str) -> None:
    """Shape and type of its planes, all zeros and ones, and not empty."""
    spec = ChartSpec(panels=(name,), bars=8, width=48, height=32, calendar="none")
    planes = draw(random_matrix(400), np.array([300, 399]), spec)
    assert planes.shape == (2, 7 * len(PANELS[name].planes), 32, 48)
    assert planes.dtype == np.uint8
    assert set(np.unique(planes)) == {0, 1}


@pytest.mark.parametrize("name", PANELS)
def test_a_panel_gives_the_same_twice(name: str) -> None:
    """Drawing is a function of the bars."""
    spec = ChartSpec(panels=(name,), bars=8, width=48, height=32)
    first = draw(random_matrix(400), np.array([399]), spec)
    np.testing.assert_array_equal(first, draw(random_matrix(400), np.array([399]), spec))


@pytest.mark.parametrize("name", PANELS)
def test_the_future_changes_nothing(name: str) -> None:
    """Bars after the decision may be anything."""
    spec = ChartSpec(panels=(name,), bars=8, width=48, height=32)
    bars = random_matrix(400)
    before = draw(bars, np.array([350]), spec)
    bars.values[351:] *= 7.0
    bars.times_us[351:] += 12345
    np.testing.assert_array_equal(before, draw(bars, np.array([350]), spec))


@pytest.mark.parametrize("name", PANELS)
def test_every_column_stays_inside_the_picture(name: str) -> None:
    """Flat, huge, tiny and gapping prices give extents within 0..height."""
    spec = ChartSpec(panels=(name,), bars=4, width=13, height=16, slow_bars=5, timeframes=(1, 3))
    bars = random_matrix(40)
    bars.values[10:20, :4] = 5.0
    bars.values[20:30, :5] *= 1e9
    bars.values[30:, :5] *= 1e-9
    extents = column_extents(bars, np.arange(23, 40), spec)
    assert extents.min() >= 0
    assert extents.max() <= spec.height
    assert (extents[:, :, 0] <= extents[:, :, 1]).all()


def test_candles_by_hand() -> None:
    """A rising bar, a falling bar and a flat one, four pixels each, eight rows of 1."""
    spec = ChartSpec(panels=("candles",), bars=3, width=12, height=8, **ONE_FRAME)  # type: ignore[arg-type]
    bars = matrix_of([[1, 1, 1, 1, 1], [2, 7, 0, 5, 1], [6, 7, 3, 4, 1], [3, 3, 3, 3, 1]])
    up, down, wicks = draw(bars, np.array([3]), spec)[0]
    assert up.tolist() == picture("""
        ............
        ............
        ###.........
        ###.........
        ###.....###.
        ###.........
        ............
        ............""")
    assert down.tolist() == picture("""
        ............
        ....###.....
        ....###.....
        ....###.....
        ............
        ............
        ............
        ............""")
    assert wicks.tolist() == picture("""
        .#...#......
        .#...#......
        .#...#......
        .#...#......
        .#...#...#..
        .#..........
        .#..........
        .#..........""")


def test_volume_by_hand() -> None:
    """Volumes of 7 (rising) and 3.5 (falling) on a scale to 7, and their two-bar average."""
    spec = ChartSpec(panels=("volume",), bars=2, width=4, height=8, **ONE_FRAME)  # type: ignore[arg-type]
    bars = matrix_of([[1, 1, 1, 1, 7], [1, 2, 1, 2, 7], [2, 2, 1, 1, 3]])
    up, down, average = draw(bars, np.array([2]), spec)[0]
    assert up[:, 0].tolist() == [1] * 8
    assert up[:, 1:].sum() == 0
    assert down[:, 2].tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert average[:, 0].tolist() == [1, 0, 0, 0, 0, 0, 0, 0]
    assert average[:, 2].argmax() == 2


def test_missing_volume_leaves_its_planes_empty() -> None:
    """Sources without volume come with zeros."""
    bars = random_matrix(100)
    bars.values[:, 4] = 0.0
    spec = ChartSpec(panels=("volume",), bars=8, width=48, height=32, timeframes=(1, 2))
    assert draw(bars, np.array([99]), spec)[0, :-1].sum() == 0


def test_averages_lie_on_the_scale_of_the_candles() -> None:
    """In a window that rises one unit a bar the two-bar average lies half a bar below the close."""
    spec = ChartSpec(panels=("trend",), bars=8, width=8, height=8, **ONE_FRAME)  # type: ignore[arg-type]
    bars = matrix_of([[v, v, v, v, 1] for v in range(1, 11)])
    fast, slow, _ = draw(bars, np.array([9]), spec)[0]
    assert fast.argmax(axis=0).tolist() == [7, 6, 5, 4, 3, 2, 1, 0]
    assert slow.sum(axis=0).tolist() == [1] * 8


def test_rows_count_from_the_top() -> None:
    """The highest value is row 0, the lowest the last, a flat scale the middle."""
    assert row_of(10.0, 0.0, 10.0, 11) == 0
    assert row_of(0.0, 0.0, 10.0, 11) == 10
    assert row_of(5.0, 5.0, 5.0, 11) == 5
    assert row_of(99.0, 0.0, 10.0, 11) == 0
