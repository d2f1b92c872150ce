"""The grey images of Jiang, Kelly and Xiu, pixel by pixel."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from quantsig.data.charts.draw import draw
from quantsig.data.charts.forms import FORMS
from quantsig.data.charts.spec import PRESETS
from tests.data.charts.bars import matrix_of, random_matrix
from tests.data.charts.pictures import picture

LAYERS = {name: replace(PRESETS[name], merge=False) for name in ("jkx5", "jkx20", "jkx60")}
FLAT = [100.0, 100, 100, 100, 0]
FIVE = [  # open, high, low, close, volume; 25 price rows for 112..88: one row a unit
    [100.0, 112, 88, 100, 60],
    [104.0, 108, 100, 108, 30],
    [110.0, 112, 104, 104, 10],
    [100.0, 104, 92, 96, 1],
    [98.0, 110, 98, 106, 0],
]


@pytest.mark.parametrize(
    ("preset", "history", "shape"),
    [("jkx5", 9, (32, 15)), ("jkx20", 39, (64, 60)), ("jkx60", 119, (96, 180))],
)
def test_images_have_the_sizes_of_the_paper(
    preset: str, history: int, shape: tuple[int, int]
) -> None:
    """One channel of ones for ink; 2n - 1 bars, so that the average is full at every bar."""
    images = draw(random_matrix(130), np.array([118, 129]), PRESETS[preset])
    assert PRESETS[preset].history_bars == history
    assert images.shape == (2, 1, *shape)
    assert set(np.unique(images)) == {0, 1}


@pytest.mark.parametrize(
    ("preset", "prices", "volume"), [("jkx5", 25, 6), ("jkx20", 51, 12), ("jkx60", 76, 19)]
)
def test_prices_gap_and_volume_share_the_rows(preset: str, prices: int, volume: int) -> None:
    """Bars and volume both fill their part, and the row between stays empty."""
    image = draw(random_matrix(130), np.array([129]), PRESETS[preset])[0, 0]
    inked = image.any(axis=1)
    assert inked[0]
    assert inked[prices - 1]
    assert not inked[prices]
    assert inked[prices + 1 :].all()
    assert len(inked) == prices + 1 + volume


def test_five_bars_by_hand() -> None:
    """Ticks, high-low bars, the average (100, 101.6, 102.4, 101.6, 102.8) and volume bars."""
    image = draw(matrix_of([FLAT] * 4 + FIVE), np.array([8]), PRESETS["jkx5"])[0, 0]
    expected = picture("""
        .#.....#.......
        .#.....#.......
        .#....##.....#.
        .#.....#.....#.
        .#..##.#.....#.
        .#..#..#.....#.
        .#..#..#.....##
        .#..#..#.....#.
        .#.##..##.#..#.
        .#..#.....#..#.
        .#..##########.
        .####.....#..#.
        ###.#....##..#.
        .#........#..#.
        .#........#.##.
        .#........#....
        .#........##...
        .#........#....
        .#........#....
        .#........#....
        .#........#....
        .#.............
        .#.............
        .#.............
        .#.............
        ...............
        .#.............
        .#.............
        .#.............
        .#..#..........
        .#..#..#.......
        .#..#..#..#....""")
    assert image.tolist() == expected


def inked(plane: NDArray[np.uint8], column: int) -> list[int]:
    """The rows of a column that hold ink."""
    return np.flatnonzero(plane[:, column]).tolist()


def rows(first: int, last: int) -> list[int]:
    return list(range(first, last + 1))


def test_twenty_bars_by_hand() -> None:
    """51 rows for prices 150..100, one a unit: row = 150 - price; volume in rows 52 to 63.

    Bars stand in columns 3k to 3k + 2. Closes are 100 before the image and in bar 0, then 120,
    but 140 in bars 10 and 19, so of 20 closes the average gains 1 a bar, and 2 in those two. A
    volume v of at most 12 has its top 11 * (12 - v) / 12 rows, rounded, below row 52.
    """
    bars = [FLAT] * 19 + [[120.0] * 4 + [0.0] for _ in range(20)]
    bars[19] = [100.0, 150, 100, 100, 12]
    bars[29] = [110.0, 140, 105, 140, 4]
    bars[38] = [125.0, 145, 115, 140, 1]
    marks, average, volume = draw(matrix_of(bars), np.array([38]), LAYERS["jkx20"])[0]
    assert [inked(marks, column) for column in (0, 1, 2)] == [[50], rows(0, 50), [50]]
    assert [inked(marks, column) for column in (3, 4, 5)] == [[30], [30], [30]]
    assert [inked(marks, column) for column in (30, 31, 32)] == [[40], rows(10, 45), [10]]
    assert [inked(marks, column) for column in (57, 58, 59)] == [[25], rows(5, 35), [10]]
    centres = [inked(average, 3 * bar + 1) for bar in range(20)]
    assert centres == [[row] for row in (*range(50, 40, -1), *range(39, 30, -1), 29)]
    heights = {1: rows(52, 63), 31: rows(59, 63), 58: rows(62, 63)}  # 0, 7.3 and 10.1 rows below
    assert [inked(volume, column) for column in range(60)] == [
        heights.get(column, []) for column in range(60)
    ]


def test_sixty_bars_by_hand() -> None:
    """76 rows for prices 175..100, one a unit: row = 175 - price; volume in rows 77 to 95.

    Closes are 100 before the image and in bar 0, then 160, so of 60 closes the average gains 1 a
    bar. A volume v of at most 18 has its top 18 - v rows, rounded, below row 77.
    """
    bars = [FLAT] * 59 + [[160.0] * 4 + [0.0] for _ in range(60)]
    bars[59] = [100.0, 175, 100, 100, 18]
    bars[89] = [130.0, 165, 115, 160, 9]
    bars[118] = [150.0, 170, 140, 160, 1]
    marks, average, volume = draw(matrix_of(bars), np.array([118]), LAYERS["jkx60"])[0]
    assert [inked(marks, column) for column in (0, 1, 2)] == [[75], rows(0, 75), [75]]
    assert [inked(marks, column) for column in (3, 4, 5)] == [[15], [15], [15]]
    assert [inked(marks, column) for column in (90, 91, 92)] == [[45], rows(10, 60), [15]]
    assert [inked(marks, column) for column in (177, 178, 179)] == [[25], rows(5, 35), [15]]
    assert [inked(average, 3 * bar + 1) for bar in range(60)] == [[75 - bar] for bar in range(60)]
    heights = {1: rows(77, 95), 91: rows(86, 95), 178: rows(94, 95)}
    assert [inked(volume, column) for column in range(180)] == [
        heights.get(column, []) for column in range(180)
    ]


@pytest.mark.parametrize("form", FORMS)
def test_a_model_sees_the_one_image_of_ones(form: str) -> None:
    """One channel: in every form the ink of bars, average and volume together."""
    bars, rows, spec = random_matrix(130), np.array([118, 120, 129]), PRESETS["jkx20"]
    assert (spec.planes, spec.shape) == (("jkx@1",), (1, 64, 60))
    apart = draw(bars, rows, LAYERS["jkx20"])
    assert apart.shape == (3, 3, 64, 60)
    drawn = draw(bars, rows, spec, form=form, threads=2)
    if form == "packed":
        drawn = np.unpackbits(drawn, axis=-1, count=60)
    np.testing.assert_array_equal(drawn > 0, apart.any(axis=1, keepdims=True))


def test_the_average_is_one_pixel_from_the_first_centre_to_the_last() -> None:
    """Its plane alone, in a flat market: the middle row, but for half a bar at each end."""
    average = draw(matrix_of([FLAT] * 9), np.array([8]), LAYERS["jkx5"])[0, 1]
    assert np.argwhere(average).tolist() == [[12, column] for column in range(1, 14)]


def test_the_average_stretches_the_price_scale() -> None:
    """Four closes at 200 before the window lift the average above every bar shown."""
    bars = matrix_of([[200.0, 200, 200, 200, 1]] * 4 + [FLAT] * 5)
    marks, average, _ = draw(bars, np.array([8]), LAYERS["jkx5"])[0]
    assert average[0, 1] == 1
    assert np.flatnonzero(marks.any(axis=1)).tolist() == [24]


def test_without_volume_the_bottom_stays_empty() -> None:
    """Zero volume draws nothing."""
    image = draw(matrix_of([FLAT] * 9), np.array([8]), PRESETS["jkx5"])[0, 0]
    assert not image[25:].any()


def test_the_scale_of_prices_does_not_matter() -> None:
    """Prices are divided by the first close."""
    bars = random_matrix(130)
    before = draw(bars, np.array([129]), PRESETS["jkx20"])
    bars.values[:, :4] *= 4.0
    np.testing.assert_array_equal(before, draw(bars, np.array([129]), PRESETS["jkx20"]))
