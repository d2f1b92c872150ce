"""What the swept settings gave: two of them against each other, the middle of all others."""

from itertools import combinations
from typing import Any

import polars as pl

from quantsig.backtest.sweep.record import SweepRecord
from quantsig.data.language.saying import say, word
from quantsig.reports.page import theme
from quantsig.reports.page.content import Figure, View
from quantsig.reports.page.numerals import count, number, text

SETTINGS = {  # columns of cells.parquet that were swept
    "threshold": "threshold",
    "stop_loss": "stop loss",
    "take_profit": "take profit",
    "holding_bars": "holding bars",
    "delay_bars": "delay bars",
}
NONE = "none"
HOVER = {"middle": "%{z:.2f}", "best": "%{customdata[0]}", "trades": "%{customdata[1]}"}


def sweep_map(cells: pl.DataFrame | None, sweep: SweepRecord | None) -> tuple[Figure, ...]:
    """A heat map for every pair of settings that were swept; nothing without a sweep."""
    if cells is None or cells.is_empty() or "sharpe" not in cells.columns:
        return ()
    swept = [name for name in SETTINGS if name in cells.columns and cells[name].n_unique() > 1]
    pairs = list(combinations(swept, 2))
    if not pairs:
        return ()
    views = tuple(
        View(
            label=say("{one} and {other}", one=say(SETTINGS[down]), other=say(SETTINGS[across])),
            traces=(_map(cells, down, across),),
            layout={
                "xaxis": theme.named(say(SETTINGS[across])),
                "yaxis": theme.named(say(SETTINGS[down])),
            },
        )
        for down, across in pairs
    )
    split = sweep.split if sweep else "calibration"
    return (
        Figure(
            name="sweep",
            title="Sharpe ratio over the swept settings",
            drawing=theme.draw(
                *views[0].traces,
                x={"type": "category", "showgrid": False, **views[0].layout["xaxis"]},
                y={"type": "category", "showgrid": False, **views[0].layout["yaxis"]},
                height_px=420,
            ),
            meaning=say(
                "Median Sharpe ratio of all cells that share both settings, on {split} rows; "
                "{cells} cells. A lone bright cell is luck more often than a wide bright field "
                "is. The best of so many cells promises nothing by itself.",
                split=word(split),
                cells=count(cells.height),
            ),
            wide=True,
            views=views,
            chooser="Settings",
        ),
    )


def _map(cells: pl.DataFrame, down: str, across: str) -> dict[str, Any]:
    grid = cells.group_by(down, across).agg(
        pl.col("sharpe").median().alias("middle"),
        pl.col("sharpe").max().alias("best"),
        pl.col("trades").median().alias("trades"),
    )
    rows, columns = (grid[name].unique().sort(nulls_last=True).to_list() for name in (down, across))
    known = {(row[down], row[across]): row for row in grid.iter_rows(named=True)}
    found = [[known.get((row, column)) for column in columns] for row in rows]
    middle = [[None if cell is None else cell["middle"] for cell in line] for line in found]
    widest = max((abs(v) for line in middle for v in line if v is not None), default=1.0)
    return {
        "type": "heatmap",
        "x": [_written(value) for value in columns],
        "y": [_written(value) for value in rows],
        "z": [[v if v is None else round(v, 4) for v in line] for line in middle],
        "customdata": [
            [None if cell is None else _beside(cell) for cell in line] for line in found
        ],
        "zmid": 0.0,
        "zmin": -(widest or 1.0),
        "zmax": widest or 1.0,
        "colorscale": theme.DIVERGING,
        "colorbar": {"title": {"text": "Sharpe"}, "thickness": 12},
        "hovertemplate": f"{say(SETTINGS[down])} %{{y}}, {say(SETTINGS[across])} %{{x}}<br>"
        + say("median {middle}, best {best}, {trades} trades", **HOVER)
        + "<extra></extra>",
    }


def _beside(cell: dict[str, Any]) -> tuple[str, str]:
    """What the hover says next to the middle."""
    return number(cell["best"]), count(cell["trades"])


def _written(value: float | None) -> str:
    if value is None or value != value:  # noqa: PLR0124 - NaN
        return say(NONE)
    return text(value) if isinstance(value, int) else f"{value:.4g}"
