"""Calibration on the test rows, once they were opened: what was said of them, and what came."""

import numpy as np
from plotly.graph_objects import Scatter

from quantsig.data.errors import QuantsigError
from quantsig.reports import theme
from quantsig.reports.inputs import TEST, Document, Inputs
from quantsig.reports.language import say, word
from quantsig.reports.numerals import count, interval, number, share
from quantsig.reports.page import Column, Figure, Number, Part, Table
from quantsig.reports.signal_groups import row_regimes
from quantsig.signals.calibration_quality import reliability
from quantsig.signals.event_ratio import EventRatio, event_ratio
from quantsig.signals.label_days import time_blocks
from quantsig.signals.scored_rows import ScoredRows, scored_rows
from quantsig.signals.volatility import REGIMES, volatility_warning

ALL = "all"
BINS = {
    "bin_low": Column(label="From", write=lambda value: number(value, 3), numeric=True),
    "bin_high": Column(label="To", write=lambda value: number(value, 3), numeric=True),
    "count": Column(label="Rows", write=count, numeric=True),
    "effective_count": Column(
        label="Effective",
        write=count,
        numeric=True,
        meaning="How many independent rows say as much: labels overlap and symbols move together.",
    ),
    "mean_after": Column(
        label="Mean probability",
        write=share,
        numeric=True,
        meaning="Mean calibrated probability of the bin's test rows.",
    ),
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
GROUPS = {
    "volatility": Column(label="Volatility", write=word),
    "rows": Column(label="Rows", write=count, numeric=True),
    "predicted": Column(
        label="Foreseen",
        write=lambda value: number(value, 1),
        numeric=True,
        meaning="Events foreseen: the sum of the rows' probabilities.",
    ),
    "observed": Column(label="Came", write=count, numeric=True, meaning="Events that happened."),
    "ratio": Column(
        label="Came over foreseen",
        write=number,
        numeric=True,
        meaning="1 where the probabilities are right; 2 where twice as many events came.",
    ),
    "low": Column(
        label="low",
        write=number,
        numeric=True,
        meaning="90 % interval: stretches of sessions drawn again, all symbols together.",
    ),
    "high": Column(
        label="high",
        write=number,
        numeric=True,
        meaning="90 % interval: stretches of sessions drawn again, all symbols together.",
    ),
}


def opened_calibration(inputs: Inputs) -> tuple[Part, ...]:
    """Reliability and the ratio of events of the test rows; nothing while they are locked."""
    if not inputs.opened:
        return ()
    try:
        rows = scored_rows(inputs.run, TEST)
    except QuantsigError:
        return ()
    bins = _reliability(rows)
    return (
        Part(
            title="On the test rows",
            paragraphs=(
                "The test split has been opened, so that its labels may be held against the "
                "probabilities. A threshold or a calibrator chosen by what is seen here would "
                "make it a calibration split.",
            ),
            numbers=(_ratio(event_ratio(rows)),),
            figures=(_drawing(bins, len(rows)),),
            tables=(_groups(inputs, rows), _bins(bins)),
        ),
    )


def calibration_warnings(inputs: Inputs) -> tuple[str, ...]:
    """That the probabilities were not right on the test rows, or the market another one."""
    test = (inputs.choice or {}).get("test") or {}
    ratio, low, high = (test.get(f"event_ratio{end}") for end in ("", "_low", "_high"))
    found = []
    if low is not None and high is not None and not low <= 1.0 <= high:
        found.append(
            say(
                "On the test rows {ratio} times as many events came as the probabilities foresaw "
                "(90 % interval {low} to {high}).",
                ratio=number(ratio),
                low=number(low),
                high=number(high),
            )
        )
    volatility = test.get("volatility_ratio")
    if volatility_warning(volatility):
        found.append(
            say(
                "Over the test rows the market was {ratio} times as volatile as in training: "
                "charts do not show it, and a move of a fixed size happens more or less often "
                "than the probabilities say.",
                ratio=number(volatility),
            )
        )
    return tuple(found)


def _reliability(rows: ScoredRows) -> list[Document]:
    days = rows.days()
    block = None if days is None else time_blocks(days)
    return list(reliability(rows.probability, rows.probability, rows.happened, block))


def _ratio(found: EventRatio) -> Number:
    return Number(
        label="Events over those foreseen",
        value=number(found.ratio),
        meaning=say(
            "Events that came over the sum of the probabilities of all {rows} test rows; 1 is "
            "right. The 90 % interval draws stretches of sessions again.",
            rows=count(found.rows),
        ),
        beside=interval(found.low, found.high, number),
    )


def _drawing(bins: list[Document], rows: int) -> Figure:
    bins = sorted(bins, key=lambda row: float(row["mean_after"]))
    high = max(max(row["mean_after"], row["observed_high"]) for row in bins)
    shares = {"range": [0, min(1.0, high) * 1.05], "tickformat": theme.PERCENT}
    return Figure(
        name="reliability-opened",
        title="Reliability on the test rows",
        drawing=theme.draw(
            Scatter(
                name=say("perfect"),
                x=[0, 1],
                y=[0, 1],
                mode="lines",
                line={"color": theme.SOFT_INK, "width": 1.2, "dash": "dot"},
                hoverinfo="skip",
            ),
            Scatter(
                name=word(TEST),
                x=[row["mean_after"] for row in bins],
                y=[row["observed"] for row in bins],
                mode="lines+markers",
                line={"color": theme.BLUE, "width": 1.5},
                marker={"size": 7},
                error_y={
                    "type": "data",
                    "symmetric": False,
                    "array": [row["observed_high"] - row["observed"] for row in bins],
                    "arrayminus": [row["observed"] - row["observed_low"] for row in bins],
                    "thickness": 1,
                    "width": 3,
                    "color": theme.BLUE,
                },
                customdata=[row["count"] for row in bins],
                hovertemplate=say("said %{x:.1%}, came true %{y:.1%} of %{customdata:,} rows"),
            ),
            x=theme.named("mean probability of the bin", **shares),
            y=theme.named("share that came true", **shares),
            height_px=340,
        ),
        meaning=say(
            "A point per bin of the {n} test rows; bins hold equally many. Whiskers are the 90 % "
            "interval of the observed share. Above the line more came than was said.",
            n=count(rows),
        ),
        wide=True,
    )


def _groups(inputs: Inputs, rows: ScoredRows) -> Table:
    found = {ALL: event_ratio(rows)}
    regimes = row_regimes(inputs, rows)
    known = np.array([] if regimes is None else regimes.to_list(), dtype=object)
    for name in REGIMES:
        chosen = known == name
        if chosen.any():
            found[name] = event_ratio(rows, chosen)
    return Table(
        title="Events by volatility",
        columns=tuple(GROUPS.values()),
        rows=tuple(
            (name, one.rows, one.predicted, one.observed, one.ratio, one.low, one.high)
            for name, one in found.items()
        ),
        note="The thirds are those of each symbol's 20-bar volatility before the test split: "
        "where the market has become more volatile most rows are restless.",
    )


def _bins(bins: list[Document]) -> Table:
    return Table(
        title="Reliability by bin of the test rows",
        columns=tuple(BINS.values()),
        rows=tuple(tuple(row.get(name) for name in BINS) for row in bins),
    )
