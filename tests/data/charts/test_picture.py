"""Pictures for people: colours where a trader expects them, and names that can be read."""

import io
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFont

from quantsig.data.charts import layout, picture
from quantsig.data.charts.draw import draw
from quantsig.data.charts.layout import PAPER, Colour, beside, blank, stack, written
from quantsig.data.charts.picture import (
    BAND,
    DOWN,
    FAST,
    FIELD,
    MARK,
    RED_UP,
    SAFE,
    SLOW,
    UP,
    Market,
    as_planes,
    coloured,
    in_words,
    sample_picture,
)
from quantsig.data.charts.png import write_png
from quantsig.data.charts.spec import PRESETS, ChartSpec
from quantsig.data.errors import DataError
from quantsig.data.language.catalogue import catalogue
from quantsig.data.language.saying import reading
from tests.data.charts.bars import random_matrix
from tests.data.charts.pictures import picture as plane_of

SPEC = ChartSpec(bars=8, width=48, height=32, timeframes=(1, 3, 5))
PLANES = draw(random_matrix(400), np.array([399]), SPEC)[0]


def plane(text: str) -> np.ndarray:
    """Rows of # and . as an array."""
    return np.array(plane_of(text), np.uint8)


def test_bodies_and_wicks_have_the_colour_of_their_candle() -> None:
    """A rising candle at the left, a falling one at the right, each with its wick."""
    pixels = coloured(
        {
            "candles.up": plane("......\n###...\n###...\n......"),
            "candles.down": plane("......\n......\n...###\n......"),
            "candles.wicks": plane(".#....\n.#..#.\n.#..#.\n....#."),
        }
    )
    assert tuple(pixels[0, 1]) == UP
    assert tuple(pixels[1, 0]) == UP
    assert tuple(pixels[1, 4]) == DOWN
    assert tuple(pixels[2, 3]) == DOWN
    assert tuple(pixels[3, 4]) == DOWN
    assert tuple(pixels[0, 0]) == FIELD


@pytest.mark.parametrize("market", [SAFE, RED_UP])
def test_who_sees_no_colours_tells_up_from_down(market: Market) -> None:
    """A body that rose is dark inside, one that fell is not; the rim of both is light."""
    body = np.zeros((9, 14), np.uint8)
    body[2:7, 1:6] = 1
    grey = coloured({"candles.up": body, "candles.down": np.roll(body, 7, axis=1)}, market) @ [
        0.2126,
        0.7152,
        0.0722,
    ]
    assert grey[4, 3] < 30
    assert min(grey[2, 3], grey[4, 1], grey[4, 10]) > 100
    assert grey[0, 0] < 30


SEEN_BY = {  # linear RGB as it looks to them (Machado, Oliveira and Fernandes 2009)
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
}


def colour_seen(colour: Colour, matrix: tuple[tuple[float, ...], ...]) -> NDArray[np.float64]:
    """CIE L*a*b* of an sRGB colour, as someone sees it."""
    part = np.array(colour) / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    seen = (np.array(matrix) @ linear).clip(0, 1)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = np.cbrt(xyz @ seen / [0.9505, 1.0, 1.089])
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("seen_by", SEEN_BY)
def test_colour_blind_readers_tell_the_colours_apart(seen_by: str) -> None:
    """Blue and orange differ by far more than the eye needs; red and green would hardly."""

    def apart(one: Colour, other: Colour) -> float:
        matrix = SEEN_BY[seen_by]
        return float(np.linalg.norm(colour_seen(one, matrix) - colour_seen(other, matrix)))

    assert apart(SAFE.up, SAFE.down) > 60
    assert apart(SAFE.up, SAFE.down) > 1.5 * apart(RED_UP.up, RED_UP.down)
    inks = (SAFE.up, SAFE.down, FAST, SLOW, BAND)
    assert min(apart(one, other) for one, other in combinations(inks, 2)) > 15


def test_red_is_up_where_that_is_asked_for() -> None:
    """And green down; volume too."""
    full = np.ones((2, 2), np.uint8)
    planes = {"candles.up": full, "volume.down": full}
    red = coloured(planes, RED_UP)
    assert tuple(red[0, 0]) == RED_UP.up
    assert tuple(red[-1, 0]) == RED_UP.down
    red_part, green_part, _ = RED_UP.up
    assert red_part > 2 * green_part


def test_a_picture_without_a_title_has_no_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """What they would say is a text beside it, in any language."""
    monkeypatch.setattr(picture, "written", lambda *_, **__: pytest.fail("a word is drawn"))
    monkeypatch.setattr(layout, "written", lambda *_, **__: pytest.fail("a word is drawn"))
    sample_picture(PLANES, SPEC.planes, title=None, sheet=False)
    said = in_words(PLANES, SPEC.planes)
    assert said[:2] == ["Hollow candles closed higher.", "Filled candles closed lower."]
    assert set(said) <= set(catalogue("zh").texts)


def test_words_are_drawn_in_chinese_where_there_is_a_font(monkeypatch: pytest.MonkeyPatch) -> None:
    """Elsewhere in English, for boxes in place of letters say nothing."""
    monkeypatch.setattr(layout, "wide_font", lambda _: None)
    with reading("zh"):
        assert layout.drawn_word("closes higher") == "closes higher"
        assert "fonts-noto-cjk" in (layout.missing_font() or "")
        monkeypatch.setattr(layout, "wide_font", ImageFont.load_default)
        assert layout.drawn_word("closes higher") == "收涨"
        assert layout.missing_font() is None


def test_a_wick_without_a_body_is_neutral() -> None:
    """When the planes of bodies are switched off."""
    assert tuple(coloured({"candles.wicks": plane("#.")})[0, 0]) == MARK


def test_lines_lie_over_candles_and_the_band_under_them() -> None:
    """What is painted last is seen."""
    full = plane("##")
    planes = {"trend.band": full, "candles.up": plane("#."), "trend.fast": plane(".#")}
    assert [tuple(pixel) for pixel in coloured(planes)[0]] == [UP, FAST]
    assert tuple(coloured({"trend.band": full})[0, 0]) == BAND


def test_volume_stands_below_the_prices() -> None:
    """A third as high: nine rows of prices, a gap, three rows of volume."""
    up = np.ones((9, 4), np.uint8)
    pixels = coloured({"candles.down": up, "volume.up": up})
    assert (pixels[:9] == DOWN).all()
    assert (pixels[9:-3] == PAPER).all()
    assert (pixels[-3:] == UP).all()


def test_without_volume_there_is_no_strip_for_it() -> None:
    """Currencies, say; volume alone keeps its place."""
    up, none = np.ones((9, 4), np.uint8), np.zeros((9, 4), np.uint8)
    assert len(coloured({"candles.up": up, "volume.up": none})) == 9
    assert len(coloured({"volume.up": none})) == 3


def test_a_thin_line_survives_being_made_smaller() -> None:
    """790 columns become 198; every one of them still has ink."""
    line = np.zeros((390, 790), np.uint8)
    line[123] = 1
    small = picture._resize(line, 200)
    assert small.shape == (98, 198)
    assert small.any(axis=0).all()


def test_a_small_plane_is_made_larger_by_whole_pixels() -> None:
    """15 columns become 195."""
    assert picture._resize(np.eye(15, dtype=np.uint8), 200).sum() == 15 * 13 * 13


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_can_be_shown(preset: str) -> None:
    """Both parts together are higher than each alone."""
    spec = PRESETS[preset]
    planes = draw(random_matrix(1600), np.array([1599]), spec)[0]
    both = sample_picture(planes, spec.planes, title="sample 0")
    composite = sample_picture(planes, spec.planes, title="sample 0", sheet=False)
    sheet = sample_picture(planes, spec.planes, title="sample 0", composite=False)
    assert both.dtype == np.uint8
    assert len(both) > max(len(composite), len(sheet))


def test_the_sheet_shows_every_plane_under_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """28 names, each once."""
    said = []

    def listening(text: str, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        said.append(text)
        return image

    monkeypatch.setattr(picture, "captioned", listening)
    sample_picture(PLANES, SPEC.planes, title="", composite=False)
    assert tuple(said) == SPEC.planes


def test_the_composite_names_every_timeframe(monkeypatch: pytest.MonkeyPatch) -> None:
    """One chart for each."""
    said = set()

    def listening(text: str, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        said.add(text)
        return image

    monkeypatch.setattr(picture, "captioned", listening)
    sample_picture(PLANES, SPEC.planes, title="", sheet=False)
    assert said == {f"{n} base bar{'s' * (n > 1)} a candle" for n in (1, 3, 5)}


def test_values_of_any_range_become_grey() -> None:
    """Imported planes of -1 to 1: the lowest is dark, zero is between, the highest is light."""
    dark, middle, light = picture._grey(np.array([[-1.0, 0.0, 1.0]], np.float16), -1.0, 1.0)[0].sum(
        axis=1
    )
    assert dark < middle < light
    assert tuple(picture._grey(np.zeros((1, 1)), 0.0, 1.0)[0, 0]) == FIELD


def test_planes_without_prices_have_a_sheet_only() -> None:
    """Imported planes have no names that say what they show."""
    names = [f"plane {place}" for place in range(3)]
    planes = np.zeros((3, 4, 4), np.float16)
    sample_picture(planes, names, title="")
    with pytest.raises(DataError, match="sheet"):
        sample_picture(planes, names, title="", sheet=False)


def test_layout_pads_with_paper() -> None:
    """Pictures of different sizes share an edge, and a gap lies between them."""
    small, large = blank(2, 3, UP), blank(4, 5, DOWN)
    assert beside([small, large], gap=2).shape == (4, 10, 3)
    assert stack([small, large], gap=2).shape == (8, 5, 3)
    assert (stack([small, large], gap=2)[:2, 3:] == PAPER).all()


def test_text_is_as_wide_as_it_is_long() -> None:
    """Written in light on paper."""
    short, long = written("up"), written("candles.wicks@10")
    assert long.shape[1] > 3 * short.shape[1]
    assert (short != PAPER).any()


def test_a_png_holds_the_pixels(tmp_path: Path) -> None:
    """Read back, they are the same."""
    pixels = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)
    write_png(tmp_path / "x.png", pixels)
    content = io.BytesIO((tmp_path / "x.png").read_bytes())
    with Image.open(content) as image:
        np.testing.assert_array_equal(np.asarray(image), pixels)


@pytest.mark.parametrize(
    ("shape", "names"),
    [
        ((4, 5), ["plane 0"]),
        ((2, 4, 5), ["plane 0", "plane 1"]),
        ((2, 2, 4, 5), ["plane 0,0", "plane 0,1", "plane 1,0", "plane 1,1"]),
    ],
)
def test_samples_of_any_dimensions_are_planes(shape: tuple[int, ...], names: list[str]) -> None:
    """In their order; each of four rows and five columns."""
    values = np.arange(np.prod(shape)).reshape(shape)
    planes = as_planes(values)
    assert list(planes) == names
    np.testing.assert_array_equal(np.concatenate([*planes.values()]).ravel(), values.ravel())


def test_a_row_of_numbers_is_no_picture() -> None:
    """The error says what it is."""
    with pytest.raises(DataError, match=r"shape \(7,\) has no rows"):
        as_planes(np.zeros(7))


def test_other_values_are_scaled_and_their_range_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the lowest, dark, to the highest, light; what is no number is dark and not counted."""
    said: dict[str, NDArray[np.uint8]] = {}

    def listening(text: str, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        said[text] = image
        return image

    monkeypatch.setattr(picture, "captioned", listening)
    values = np.array([[-0.25, 0.5], [np.nan, np.inf]], np.float16)
    sample_picture(np.stack([values, values > 0]), ["x", "ink"], title="")
    assert list(said) == ["x: -0.25 to 0.5", "ink"]
    corners = said["x: -0.25 to 0.5"][[0, 0, -1, -1], [0, -1, 0, -1]]
    assert [tuple(pixel) for pixel in corners] == [FIELD, MARK, FIELD, MARK]
