"""Whether a probability of 30 percent comes true three times in ten."""

from plotly.graph_objects import Scatter

from quantsig.reports import theme
from quantsig.reports.inputs import Document, Inputs
from quantsig.reports.numerals import count, number, share
from quantsig.reports.page import Column, Figure, Number, Section, Table

FLAT = (
    "The scores carried no information about the event on the calibration rows: every "
    "probability is the base rate, so a threshold selects all rows or none."
)

COLUMNS = {
    "bin_low": Column(label="From", write=lambda value: number(value, 3), numeric=True),
    "bin_high": Column(label="To", write=lambda value: number(value, 3), numeric=True),
    "count": Column(label="Rows", write=count, numeric=True),
    "mean_before": Column(label="Mean before", write=share, numeric=True),
    "mean_after": Column(label="Mean after", write=share, numeric=True),
    "observed": Column(label="Observed", write=share, numeric=True),
    "observed_low": Column(label="Observed, low", write=share, numeric=True),
    "observed_high": Column(label="Observed, high", write=share, numeric=True),
}


def section(inputs: Inputs) -> Section:
    """Reliability before and after calibration, with intervals."""
    document = inputs.calibration
    if document is None:
        return Section(title="Calibration", missing="This run has no calibration.json yet.")
    filled = [row for row in document["reliability"] if row["count"]]
    return Section(
        title="Calibration",
        warnings=(FLAT,) if document.get("slope") == 0 else (),
        paragraphs=(_method(document),),
        numbers=_numbers(document),
        figures=(_reliability(filled, document),) if filled else (),
        tables=(_table(filled),) if filled else (),
    )


def _method(document: Document) -> str:
    if document.get("slope") is None:
        return f"Method: {document['method']}, taken for {document.get('reason')}."
    return (
        f"Method: {document['method']}, with slope {number(document.get('slope'), 3)} and "
        f"intercept {number(document.get('intercept'), 3)} on the raw score."
    )


def _numbers(document: Document) -> tuple[Number, ...]:
    size = f"{count(document['samples'])} calibration rows, {count(document['positives'])} positive"
    return tuple(
        Number(
            label=label,
            value=number(document.get(f"{key}_after"), 4),
            meaning=f"{formula}; {size}; fitted and measured on the same rows.",
            beside=f"before {number(document.get(f'{key}_before'), 4)}",
        )
        for key, label, formula in (
            ("brier", "Brier score", "Mean squared distance of probability and outcome"),
            ("log_loss", "Log loss", "Mean negative log of the probability of the outcome"),
        )
    )


def _reliability(rows: list[Document], document: Document) -> Figure:
    high = max(max(row["mean_before"], row["mean_after"], row["observed_high"]) for row in rows)
    shares = {"range": [0, min(1.0, high) * 1.05], "tickformat": theme.PERCENT}
    perfect = Scatter(
        name="perfect",
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"color": theme.SOFT_INK, "width": 1.2, "dash": "dot"},
        hoverinfo="skip",
    )
    return Figure(
        name="reliability",
        title="Reliability",
        drawing=theme.draw(
            perfect,
            _points(rows, "before", theme.ORANGE),
            _points(rows, "after", theme.BLUE),
            x=theme.named("mean probability of the bin", **shares),
            y=theme.named("share that came true", **shares),
            height_px=380,
        ),
        meaning=f"A point per bin of the {count(document['samples'])} calibration rows; bins hold "
        "equally many. Whiskers are the interval of the observed share.",
        wide=True,
    )


def _points(rows: list[Document], when: str, colour: str) -> Scatter:
    rows = sorted(rows, key=lambda row: float(row[f"mean_{when}"]))
    return Scatter(
        name=when,
        x=[row[f"mean_{when}"] for row in rows],
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
        hovertemplate="said %{x:.1%}, came true %{y:.1%} of %{customdata:,} rows",
    )


def _table(rows: list[Document]) -> Table:
    return Table(
        title="Reliability by bin",
        columns=tuple(COLUMNS.values()),
        rows=tuple(tuple(row.get(name) for name in COLUMNS) for row in rows),
    )
