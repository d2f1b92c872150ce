"""The splits in time: what was left out between them, and how often the event happened."""

from datetime import timedelta
from typing import Any

import polars as pl
from plotly.graph_objects import Bar, Scatter

from quantsig.data.language.saying import say, word
from quantsig.data.split_spec import SPLITS
from quantsig.reports.page import theme
from quantsig.reports.page.content import Figure
from quantsig.reports.page.numerals import count, day, share

PURGED = "purged"
MOST_POINTS = 120  # of the base rate over time
PERIODS = ("1mo", "3mo", "1y")


def timeline(splits: pl.DataFrame, purged: pl.DataFrame) -> Figure:
    """A bar for each split, and between them the decisions that were left out.

    Args:
        splits: a row per split: split, from, to, samples, base_rate.
        purged: a row per stretch of purged decisions: from, to, samples.
    """
    left_out = [_stretch({**row, "split": PURGED}) for row in purged.iter_rows(named=True)]
    traces = [_stretch(row) for row in splits.iter_rows(named=True)] + left_out
    return Figure(
        name="timeline",
        title="Splits in time",
        drawing=theme.draw(
            *traces,
            x={"type": "date"},
            y={"autorange": "reversed", "showgrid": False, "ticks": ""},
            height_px=60 + 38 * (splits.height + bool(left_out)),
            barmode="overlay",
            bargap=0.35,
            showlegend=False,
        ),
        meaning="Each bar spans the decisions of one split. Purged are decisions before a cut "
        "whose label ends at or after it; no embargo is added, since a chart looks back only.",
        wide=True,
    )


def balance(rows: pl.DataFrame) -> Figure | None:
    """The share of samples in which the event happened, over time; None without times.

    Args:
        rows: a row per sample: decision_time, split, event (null where it may not be known).
    """
    known = rows.drop_nulls(["decision_time", "event"]).sort("decision_time")
    if known.is_empty():
        return None
    periods = [_by_period(known, every) for every in PERIODS]
    found = next((each for each in periods if each.height <= MOST_POINTS), periods[-1])
    traces = [
        _rates(found.filter(split=split), split) for split in SPLITS if split in found["split"]
    ]
    return Figure(
        name="balance",
        title="How often the event happened",
        drawing=theme.draw(
            *traces,
            x={"type": "date"},
            y=theme.named("base rate", tickformat=theme.PERCENT, rangemode="tozero"),
            hovermode="x unified",
        ),
        meaning="Events over labelled samples, by the time of the decision. A test split that was "
        "not opened is not shown.",
        wide=True,
    )


def _by_period(rows: pl.DataFrame, every: str) -> pl.DataFrame:
    return (
        rows.group_by("split", start=pl.col("decision_time").dt.truncate(every))
        .agg(rate=pl.col("event").mean(), samples=pl.len())
        .sort("start")
    )


def _rates(rows: pl.DataFrame, split: str) -> Scatter:
    return Scatter(
        name=word(split),
        x=rows["start"].dt.strftime("%Y-%m-%d").to_list(),
        y=rows["rate"].round(5).to_list(),
        customdata=rows["samples"].to_list(),
        mode="lines+markers",
        marker={"size": 4},
        line={"color": theme.SPLIT_COLOURS[split], "width": 1.5},
        hovertemplate=say("%{y:.1%} of %{customdata} samples"),
    )


def _stretch(row: dict[str, Any]) -> Bar:
    start, end = row["from"], row["to"]
    label = say("{n} samples", n=count(row["samples"]))
    if row.get("base_rate") is not None:
        rate = share(row["base_rate"])
        label = say("{n} samples, base rate {rate}", n=count(row["samples"]), rate=rate)
    colour = theme.SPLIT_COLOURS.get(row["split"], theme.AMBER)
    span = say("{low} to {high}", low=day(row["from"]), high=day(row["to"]))
    return Bar(
        orientation="h",
        y=[word(row["split"])],
        base=[start.isoformat()],
        x=[max(end - start, timedelta(days=1)).total_seconds() * 1000],
        marker={"color": colour, "cornerradius": 4},
        hovertemplate=f"{span}<br>{label}<extra></extra>",
    )
