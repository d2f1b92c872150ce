"""The same candles by matplotlib and by PIL, as charts are commonly drawn.

The pictures differ from ours: colours on white instead of planes, other roundings, antialiased
lines in matplotlib. What is compared is the time to show the same bars at the same size.
"""

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantsig.data.charts.draw import BarMatrix
from quantsig.data.charts.spec import ChartSpec
from quantsig.data.resample import CLOSE, HIGH, LOW, OPEN, end_aligned

CHARTS = 21  # of a sample; three colour planes each and one more make the user's 64
DPI = 100
ONE_PIXEL = 72 / DPI  # in points
UP, DOWN, LINE = (0, 128, 0), (192, 0, 0), (0, 0, 192)

Window = NDArray[np.float64]  # (M, 5) open, high, low, close, volume
Picture = NDArray[np.uint8]  # (H, W, 3)


def windows_of(bars: BarMatrix, decision_row: int, spec: ChartSpec) -> list[Window]:
    """What the 21 charts of one sample show: each timeframe in turn."""
    windows = []
    for multiple in spec.timeframes:
        window = np.empty((1, spec.window_bars, 5))
        end_aligned(bars.values, np.array([decision_row]), multiple, window)
        windows.append(window[0])
    return [windows[chart % len(windows)] for chart in range(CHARTS)]


def by_matplotlib(window: Window, spec: ChartSpec) -> Picture:
    """Wicks by vlines, bodies by bar and the slow average by plot, through Agg."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(spec.width / DPI, spec.height / DPI), dpi=DPI)
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    visible, places = window[-spec.bars :], np.arange(spec.bars)
    rising = visible[:, CLOSE] >= visible[:, OPEN]
    for chosen, colour in ((rising, UP), (~rising, DOWN)):
        x, bars, shade = places[chosen], visible[chosen], np.array(colour) / 255
        axes.vlines(x, bars[:, LOW], bars[:, HIGH], color=shade, linewidth=ONE_PIXEL)
        axes.bar(x, bars[:, CLOSE] - bars[:, OPEN], bottom=bars[:, OPEN], color=shade)
    axes.plot(places, _average(window, spec), color=np.array(LINE) / 255, linewidth=ONE_PIXEL)
    axes.set_xlim(-0.5, spec.bars - 0.5)
    axes.set_ylim(visible[:, LOW].min(), visible[:, HIGH].max())
    return _pixels(canvas)


def by_collections(window: Window, spec: ChartSpec) -> Picture:
    """The same with all wicks and all bodies as one collection each, the quickest it can."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.collections import LineCollection, PolyCollection  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(spec.width / DPI, spec.height / DPI), dpi=DPI)
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    visible, places = window[-spec.bars :], np.arange(spec.bars)
    colours = np.where((visible[:, CLOSE] >= visible[:, OPEN])[:, None], UP, DOWN) / 255
    wicks = [((x, bar[LOW]), (x, bar[HIGH])) for x, bar in zip(places, visible, strict=True)]
    bodies = [
        ((x - 0.4, bar[OPEN]), (x - 0.4, bar[CLOSE]), (x + 0.4, bar[CLOSE]), (x + 0.4, bar[OPEN]))
        for x, bar in zip(places, visible, strict=True)
    ]
    axes.add_collection(LineCollection(wicks, colors=colours, linewidths=ONE_PIXEL))
    axes.add_collection(PolyCollection(bodies, facecolors=colours))
    axes.plot(places, _average(window, spec), color=np.array(LINE) / 255, linewidth=ONE_PIXEL)
    axes.set_xlim(-0.5, spec.bars - 0.5)
    axes.set_ylim(visible[:, LOW].min(), visible[:, HIGH].max())
    return _pixels(canvas)


def by_pil(window: Window, spec: ChartSpec) -> Picture:
    """A line and a rectangle a bar and the slow average as lines, through ImageDraw."""
    from PIL import Image, ImageDraw  # noqa: PLC0415

    image = Image.new("RGB", (spec.width, spec.height), "white")
    pen = ImageDraw.Draw(image)
    visible = window[-spec.bars :]
    low, high = visible[:, LOW].min(), visible[:, HIGH].max()
    scale = (spec.height - 1) / max(high - low, np.finfo(float).tiny)
    rows = np.round((high - visible[:, :4]) * scale).astype(int).tolist()
    for bar, prices in enumerate(rows):
        colour = UP if prices[CLOSE] <= prices[OPEN] else DOWN
        left = bar * spec.bar_pixels
        centre, right = left + (spec.bar_pixels - 1) // 2, left + max(spec.bar_pixels - 2, 0)
        top, bottom = sorted((prices[OPEN], prices[CLOSE]))
        pen.line((centre, prices[HIGH], centre, prices[LOW]), fill=colour)
        pen.rectangle((left, top, right, bottom), fill=colour)
    line = ((high - _average(window, spec)) * scale).tolist()
    places = [bar * spec.bar_pixels + (spec.bar_pixels - 1) // 2 for bar in range(spec.bars)]
    for start, end in pairwise(zip(places, line, strict=True)):
        pen.line((start, end), fill=LINE)
    return np.asarray(image)


def _pixels(canvas: Any) -> Picture:
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3]


def _average(window: Window, spec: ChartSpec) -> NDArray[np.float64]:
    sums = np.cumsum(np.concatenate([[0.0], window[:, CLOSE]]))
    means = (sums[spec.slow_bars :] - sums[: -spec.slow_bars]) / spec.slow_bars
    return np.asarray(means[-spec.bars :])
