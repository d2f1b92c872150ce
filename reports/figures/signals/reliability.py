"""How probabilities and outcomes meet bin by bin: the drawing and the columns of a table."""

from collections.abc import Sequence

from plotly.graph_objects import Figure as Drawing
from plotly.graph_objects import Scatter

from quantsig.data.language.saying import say, word
from quantsig.data.storage.records import Figures
from quantsig.reports.page import theme
from quantsig.reports.page.content import Column
from quantsig.reports.page.numerals import count, number, share

RANGE = {
    "bin_low": Column(label="From", write=lambda value: number(value, 3), numeric=True),
    "bin_high": Column(label="To", write=lambda value: number(value, 3), numeric=True),
    "count": Column(label="Rows", write=count, numeric=True),
    "effective_count": Column(
        label="Effective",
        write=count,
        numeric=True,
        meaning="How many independent rows say as much: labels overlap and symbols move together.",
    ),
}
OBSERVED = {
    "observed": Column(
        label="Observed",
        write=share,
        numeric=True,
        meaning="Share of the bin's rows in which the event happened.",
    ),
    "observed_low": Column(
        label="Observed, low",
        write=share,
        numeric=True,
        meaning="90 % interval of the observed share: Wilson, on the effective number of rows.",
    ),
    "observed_high": Column(
        label="Observed, high",
        write=share,
        numeric=True,
        meaning="90 % interval of the observed share: Wilson, on the effective number of rows.",
    ),
}


def reliability_drawing(
    rows: Sequence[Figures], curves: tuple[tuple[str, str, str], ...], height_px: int
) -> Drawing:
    """Points of each bin with whiskers, beside the line of perfect probabilities.

    Args:
        rows: bins, as `calibration_quality.reliability` gives them.
        curves: of each curve its name, the field of the mean probability, and its colour.
        height_px: of the drawing.
    """
    fields = [field for _, field, _ in curves]
    high = max(max(row["observed_high"], *(row[field] for field in fields)) for row in rows)
    shares = {"range": [0, min(1.0, high) * 1.05], "tickformat": theme.PERCENT}
    return theme.draw(
        Scatter(
            name=say("perfect"),
            x=[0, 1],
            y=[0, 1],
            mode="lines",
            line={"color": theme.SOFT_INK, "width": 1.2, "dash": "dot"},
            hoverinfo="skip",
        ),
        *(_points(rows, *curve) for curve in curves),
        x=theme.named("mean probability of the bin", **shares),
        y=theme.named("share that came true", **shares),
        height_px=height_px,
    )


def _points(rows: Sequence[Figures], name: str, field: str, colour: str) -> Scatter:
    rows = sorted(rows, key=lambda row: float(row[field]))
    return Scatter(
        name=word(name),
        x=[row[field] for row in rows],
        y=[row["observed"] for row in rows],
        mode="lines+markers",
        line={"color": colour, "width": 1.5},
        marker={"size": 7},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [row["observed_high"] - row["observed"] for row in rows],
            "arrayminus": [row["observed"] - row["observed_low"] for row in rows],
            "thickness": 1,
            "width": 3,
            "color": colour,
        },
        customdata=[row["count"] for row in rows],
        hovertemplate=say("said %{x:.1%}, came true %{y:.1%} of %{customdata:,} rows"),
    )
