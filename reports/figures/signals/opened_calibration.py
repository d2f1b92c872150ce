"""Calibration on the test rows, once they were opened: what was said of them, and what came."""

import numpy as np

from quantsig.data.errors import QuantsigError
from quantsig.data.language.saying import say, word
from quantsig.data.storage.records import Figures
from quantsig.reports.figures.signals.reliability import OBSERVED, RANGE, reliability_drawing
from quantsig.reports.figures.signals.signal_groups import row_regimes
from quantsig.reports.inputs import TEST, Inputs
from quantsig.reports.page import theme
from quantsig.reports.page.content import Column, Figure, Number, Subsection, Table
from quantsig.reports.page.numerals import count, interval, number, share
from quantsig.signals.calibration.quality import reliability
from quantsig.signals.significance.label_days import time_blocks
from quantsig.signals.thresholds.event_ratio import EventRatio, event_ratio
from quantsig.signals.thresholds.scored_rows import ScoredRows, scored_rows
from quantsig.signals.thresholds.volatility import REGIMES, volatility_warning

ALL = "all"
BINS = {
    **RANGE,
    "mean_after": Column(
        label="Mean probability",
        write=share,
        numeric=True,
        meaning="Mean calibrated probability of the bin's test rows.",
    ),
    **OBSERVED,
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


def opened_calibration(inputs: Inputs) -> tuple[Subsection, ...]:
    """Reliability and the ratio of events of the test rows; nothing while they are locked."""
    if not inputs.opened:
        return ()
    try:
        rows = scored_rows(inputs.run, TEST)
    except QuantsigError:
        return ()
    bins = _reliability(rows)
    return (
        Subsection(
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
    test: Figures = inputs.choice.reached if inputs.choice else {}
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


def _reliability(rows: ScoredRows) -> list[Figures]:
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


def _drawing(bins: list[Figures], rows: int) -> Figure:
    return Figure(
        name="reliability-opened",
        title="Reliability on the test rows",
        drawing=reliability_drawing(bins, ((TEST, "mean_after", theme.BLUE),), height_px=340),
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


def _bins(bins: list[Figures]) -> Table:
    return Table(
        title="Reliability by bin of the test rows",
        columns=tuple(BINS.values()),
        rows=tuple(tuple(row.get(name) for name in BINS) for row in bins),
    )
