"""A sample as a picture for people: coloured candles, and its planes side by side.

A candle that closed higher is hollow, one that closed lower is filled, so whoever cannot tell the
colours apart sees which is which; the colours are blue and orange, or red and green as in China.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantsig.data.charts.layout import (
    GAP,
    Colour,
    Pixels,
    beside,
    blank,
    captioned,
    drawn_word,
    framed,
    rows_of,
    stack,
    written,
)
from quantsig.data.errors import DataError
from quantsig.data.language.messages import phrase, term

Planes = NDArray[Any]  # (C, H, W)

FIELD, MARK = (12, 14, 19), (214, 219, 230)  # empty, and ink of no other colour
UP, DOWN = (88, 174, 232), (242, 140, 77)
FAST, SLOW, BAND, DIM = (240, 228, 66), (235, 190, 225), (40, 53, 80), (110, 118, 136)


@dataclass(frozen=True, kw_only=True, slots=True)
class Market:
    """The colours of higher and of lower closes."""

    up: Colour = UP
    down: Colour = DOWN


SAFE = Market()  # colour-blind readers can tell these apart
RED_UP = Market(up=(255, 107, 107), down=(55, 200, 113))  # as screens in China have them

Layers = tuple[tuple[str, Colour], ...]
PRICE_LAYERS: Layers = (  # painted one over the other
    ("trend.band", BAND),
    ("candles.wicks", MARK),
    ("candles.up", UP),
    ("candles.down", DOWN),
    ("trend.slow", SLOW),
    ("trend.fast", FAST),
)
JKX_LAYERS: Layers = (  # on a scale of their own
    ("jkx", MARK),  # merged
    ("jkx.volume", DIM),
    ("jkx.bars", MARK),
    ("jkx.average", SLOW),
)
VOLUME_LAYERS: Layers = (
    ("volume.up", UP),
    ("volume.down", DOWN),
    ("volume.average", SLOW),
)
CHARTED = frozenset(name for name, _ in PRICE_LAYERS + JKX_LAYERS)  # planes that show prices
LEGEND = {
    "candles.up": "closes higher",
    "candles.down": "closes lower",
    "trend.fast": "fast average",
    "trend.slow": "slow average",
    "trend.band": "band",
    "volume.average": "average volume",
    "jkx.average": "average",
}
IN_WORDS = {  # of a picture without words, for a text beside it
    "candles.up": "Hollow candles closed higher.",
    "candles.down": "Filled candles closed lower.",
    "trend.fast": "Yellow: the fast average.",
    "trend.slow": "Pink: the slow average.",
    "trend.band": "Dark blue: the band.",
    "volume.average": "Pink at the bottom: the average volume.",
    "jkx.average": "Pink: the average.",
}

VOLUME_SHARE = 3  # the volume strip has a third of the rows of the prices
LARGE, THUMB = 800, 200  # columns that the first chart, and a plane of the sheet, come near
PER_ROW = 8  # planes that belong to no timeframe
MARGIN, TITLE_POINTS, SWATCH = 16, 20, 16


def as_planes(picture: NDArray[Any], names: Sequence[str] = ()) -> dict[str, NDArray[Any]]:
    """A sample of any number of dimensions as planes (H, W) by name.

    Args:
        picture: (..., H, W); the dimensions before rows and columns are laid out one by one.
        names: of the planes; where there are none they are numbered, `plane 3` or `plane 1,3`.

    Raises:
        DataError: it has one dimension, or none.
    """
    if picture.ndim < 2:
        raise DataError(
            phrase(
                "a sample of shape {shape} has no rows and columns to draw.",
                shape=str(picture.shape),
            ),
            where=term("the sample"),
            remedy="Read its values: samples.read(ids) in Python.",
        )
    places = np.ndindex(picture.shape[:-2])
    numbered = [f"plane {','.join(map(str, place)) or 0}" for place in places]
    planes = picture.reshape(-1, *picture.shape[-2:])
    return dict(zip(names or numbered, planes, strict=True))


def sample_picture(
    planes: Planes,
    names: Sequence[str],
    *,
    title: str | None,
    composite: bool = True,
    sheet: bool = True,
    market: Market = SAFE,
) -> Pixels:
    """Draw a sample for people.

    Args:
        planes: (C, H, W) of any values; drawn charts have zeros and ones.
        names: of the planes, such as `candles.up@5`.
        title: the line at the top; None: draw no words but the names on the sheet, see `in_words`.
        composite: show coloured candles and volume, where the planes show prices.
        sheet: show every plane with its name.
        market: the colours of higher and lower closes.

    Returns:
        (H', W', 3) red, green, blue.

    Raises:
        DataError: only the composite is wanted, and no plane shows prices.
    """
    worded = title is not None
    parts = [written(title, points=TITLE_POINTS)] if title is not None else []
    if composite and _charts(names):
        legend = _legend(_inked(planes, names), market) if worded else []
        parts += [*legend, _composites(planes, names, market, worded=worded)]
    elif not sheet:
        raise DataError(
            "these planes show no candles, lines or volume that could be coloured.",
            where=", ".join(names[:3]) + (" ..." if len(names) > 3 else ""),
            remedy="Ask for the sheet of all planes instead.",
        )
    if sheet:
        parts += list(_sheet(planes, names))
    return framed(stack(parts, gap=2 * GAP), MARGIN)


def in_words(planes: Planes, names: Sequence[str]) -> list[str]:
    """What the colours of a picture without words mean, a sentence each."""
    shown = _named_inks(_inked(planes, names))
    return [text for name, text in IN_WORDS.items() if name in shown]


def coloured(planes: Mapping[str, NDArray[Any]], market: Market = SAFE) -> Pixels:
    """The planes of one timeframe as coloured candles over coloured volume.

    Args:
        planes: (H, W) each, by names such as `candles.up`; what is not there is left out.
        market: the colours of higher and lower closes.

    Returns:
        (H', W, 3), where H' is larger than H if there is volume.
    """
    parts = []
    if _any(planes, PRICE_LAYERS):
        prices = _paint(planes, _of_market(PRICE_LAYERS, market))
        _colour_wicks(prices, planes, market)
        _hollow(prices, planes, market)
        parts.append(prices)
    elif _any(planes, JKX_LAYERS):
        parts.append(_paint(planes, JKX_LAYERS))
    inked = {name for name, plane in planes.items() if plane.any()}
    if _any(inked, VOLUME_LAYERS) or not parts:
        low = {name: _thin_out(plane, VOLUME_SHARE) for name, plane in planes.items()}
        parts.append(_paint(low, _of_market(VOLUME_LAYERS, market)))
    return stack(parts, gap=GAP // 2)


def _any(planes: Iterable[str], layers: Iterable[tuple[str, Colour]]) -> bool:
    return not {name for name, _ in layers}.isdisjoint(planes)


def _of_market(layers: Layers, market: Market) -> Layers:
    inks = {UP: market.up, DOWN: market.down}
    return tuple((name, inks.get(ink, ink)) for name, ink in layers)


def _paint(planes: Mapping[str, NDArray[Any]], layers: Iterable[tuple[str, Colour]]) -> Pixels:
    height, width = next(iter(planes.values())).shape
    pixels = blank(height, width, FIELD)
    for name, ink in layers:
        if name in planes:
            pixels[planes[name] > 0] = ink
    return pixels


def _colour_wicks(pixels: Pixels, planes: Mapping[str, NDArray[Any]], market: Market) -> None:
    """Give each wick that shows the colour of the body in its column."""
    if "candles.wicks" not in planes:
        return
    bare = (planes["candles.wicks"] > 0) & (pixels == MARK).all(axis=2)
    for body, ink in (("candles.up", market.up), ("candles.down", market.down)):
        if body in planes:
            pixels[bare & (planes[body] > 0).any(axis=0)] = ink


def _hollow(pixels: Pixels, planes: Mapping[str, NDArray[Any]], market: Market) -> None:
    """Leave of a rising body the rim, where it is wide enough to have an inside."""
    if "candles.up" not in planes:
        return
    height, width = pixels.shape[:2]
    rim = 1 if width < LARGE // 2 else 2
    body = np.pad(planes["candles.up"] > 0, rim)
    inside = np.ones((height, width), np.bool_)
    for down, right in np.ndindex(2 * rim + 1, 2 * rim + 1):
        inside &= body[down : down + height, right : right + width]
    pixels[inside & (pixels == market.up).all(axis=2)] = FIELD


def _charts(names: Sequence[str]) -> dict[str, dict[str, int]]:
    """Timeframes that can be coloured: places of their planes by name."""
    known = {name for name, _ in PRICE_LAYERS + JKX_LAYERS + VOLUME_LAYERS}
    charts: dict[str, dict[str, int]] = {}
    for place, full_name in enumerate(names):
        name, _, multiple = full_name.partition("@")
        if name in known:
            charts.setdefault(multiple, {})[name] = place
    return charts


def _composites(planes: Planes, names: Sequence[str], market: Market, *, worded: bool) -> Pixels:
    """The first timeframe large at the left, the others half as large beside it, two a column."""
    large, *small = _charts(names).items()
    drawn = [(large, LARGE), *((chart, LARGE // 2) for chart in small)]
    charts = [
        _captioned(multiple, coloured(_resized(planes, places, columns), market), worded=worded)
        for (multiple, places), columns in drawn
    ]
    columns = [stack(charts[i : i + 2]) for i in range(1, len(charts), 2)]
    return beside([charts[0], *columns])


def _captioned(multiple: str, chart: Pixels, *, worded: bool) -> Pixels:
    return captioned(_bars_a_candle(multiple), chart) if worded else chart


def _bars_a_candle(multiple: str) -> str:
    one, more = "{n} base bar a candle", "{n} base bars a candle"
    said = phrase(one, n=1) if multiple == "1" else phrase(more, n=multiple)
    return drawn_word(said)


def _inked(planes: Planes, names: Sequence[str]) -> list[str]:
    """Names of the planes that have any ink."""
    return [name for name, plane in zip(names, planes, strict=True) if plane.any()]


def _named_inks(names: Sequence[str]) -> set[str]:
    """The layers that show, without the number of their timeframe."""
    shown = {name.partition("@")[0] for name in names}
    return shown - dict(JKX_LAYERS).keys() if _any(shown, PRICE_LAYERS) else shown


def _legend(names: Sequence[str], market: Market) -> list[Pixels]:
    shown = _named_inks(names)
    inks = dict(_of_market(PRICE_LAYERS + JKX_LAYERS + VOLUME_LAYERS, market))
    entries = [
        beside([_swatch(inks[name], hollow=name == "candles.up"), written(drawn_word(text))])
        for name, text in LEGEND.items()
        if name in shown
    ]
    return [beside(entries, gap=3 * GAP)] if entries else []


def _swatch(ink: Colour, *, hollow: bool) -> Pixels:
    swatch = blank(SWATCH, SWATCH, ink)
    if hollow:
        swatch[2:-2, 2:-2] = FIELD
    return swatch


def _sheet(planes: Planes, names: Sequence[str]) -> Iterator[Pixels]:
    """Every plane under its name, a row for each timeframe."""
    timeframes: dict[str, list[Pixels]] = {}
    for plane, name in zip(planes, names, strict=True):
        low, high = _range(plane)
        span = phrase("{name}: {low:.3g} to {high:.3g}", name=name, low=low, high=high)
        caption = name if _is_ink(plane) else drawn_word(span)
        thumb = captioned(caption, _grey(_resize(plane, THUMB), low, high))
        timeframes.setdefault(name.partition("@")[2], []).append(thumb)
    for multiple, thumbs in timeframes.items():
        yield from rows_of(thumbs, len(thumbs) if multiple else PER_ROW)


def _is_ink(plane: NDArray[Any]) -> bool:
    """Whether a plane has no values but zeros and ones."""
    return bool(((plane == 0) | (plane == 1)).all())


def _range(plane: NDArray[Any]) -> tuple[float, float]:
    """The values that are drawn darkest and lightest: the extremes, but for zeros and ones."""
    finite = plane[np.isfinite(plane)]
    if _is_ink(plane) or not finite.size:
        return 0.0, 1.0
    return float(finite.min()), float(finite.max())


def _grey(plane: NDArray[Any], low: float, high: float) -> Pixels:
    """Values from `low` to `high` as dark to light; what is no number as dark."""
    values = np.nan_to_num(plane.astype(np.float64), nan=low, posinf=high, neginf=low)
    share = ((values - low) / (high - low or 1.0)).clip(0.0, 1.0)[..., None]
    grey: Pixels = (np.array(FIELD) * (1 - share) + np.array(MARK) * share).astype(np.uint8)
    return grey


def _resized(planes: Planes, places: Mapping[str, int], columns: int) -> dict[str, NDArray[Any]]:
    return {name: _resize(planes[place], columns) for name, place in places.items()}


def _resize(plane: NDArray[Any], columns: int) -> NDArray[Any]:
    """A plane near so many columns, by whole factors; where it shrinks, ink wins."""
    width = plane.shape[1]
    if width <= columns:
        times = columns // width
        return plane.repeat(times, axis=0).repeat(times, axis=1)
    times = -(-width // columns)
    return _thin_out(_thin_out(plane, times).T, times).T


def _thin_out(plane: NDArray[Any], times: int) -> NDArray[Any]:
    """Fewer rows, each the largest of so many, so that a thin line stays."""
    fewer: NDArray[Any] = np.maximum.reduceat(plane, np.arange(0, len(plane), times))
    return fewer
