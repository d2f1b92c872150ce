"""Whether probabilities still come true, and whether they and the market are as they were."""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data.language.saying import say
from quantsig.reports.figures.signals.reliability import (
    OBSERVED,
    RANGE,
    reliability_drawing,
)
from quantsig.reports.forward.inputs import ForwardInputs
from quantsig.reports.page import theme
from quantsig.reports.page.content import Column, Figure, Section, Table
from quantsig.reports.page.numerals import count, number, share
from quantsig.signals.forward.lines import moment_of
from quantsig.signals.inference.drift import FEWEST, WARNED, index_of_counts
from quantsig.signals.inference.input_weeks import LOOKED_AT, SAMPLES, InputShift
from quantsig.signals.significance.intervals import wilson_bounds
from quantsig.signals.thresholds.volatility import realised

Floats = NDArray[np.float64]
FEWEST_OF_BIN = 10  # matured decisions before a bin is drawn
AGAIN = (
    "The newest week's probabilities are spread otherwise than the calibration rows' (index above "
    "{bound}): consider training again on newer bars, which is a new trial."
)


def drift(inputs: ForwardInputs) -> Section:
    """Reliability of what came out, and every week beside the calibration rows."""
    weeks = weeks_of(inputs)
    indices = [row["probability_index"] for row in weeks if row["probability_index"] is not None]
    moved = bool(indices) and indices[-1] > WARNED
    return Section(
        title="Calibration and drift",
        warnings=(say(AGAIN, bound=number(WARNED)),) if moved else (),
        paragraphs=(
            "Every decision counts here, signal or not, late or not: nobody chose them. The bins "
            "are tenths of the calibration rows.",
        ),
        missing="" if weeks else "Nothing has been decided yet.",
        figures=_reliability(inputs),
        tables=(*_matured(inputs), *_by_week(inputs, weeks)),
    )


def reliability_rows(inputs: ForwardInputs) -> list[dict[str, float]]:
    """Bins of probability with what came of them, those with enough decisions."""
    known = inputs.record.calibration
    edges = [0.0, *known.edges.tolist(), 1.0]
    low, high = wilson_bounds(known.hits, known.matured)
    return [
        {
            "bin_low": edges[place],
            "bin_high": edges[place + 1],
            "count": known.matured[place],
            "predicted": known.said[place] / known.matured[place],
            "observed": known.hits[place] / known.matured[place],
            "observed_low": low[place],
            "observed_high": high[place],
        }
        for place in range(len(known.matured))
        if known.matured[place] >= FEWEST_OF_BIN
    ]


def _reliability(inputs: ForwardInputs) -> tuple[Figure, ...]:
    rows = reliability_rows(inputs)
    if len(rows) < 2:
        return ()
    return (
        Figure(
            name="live-reliability",
            title="Probabilities and what came true",
            drawing=reliability_drawing(rows, (("live", "predicted", theme.BLUE),), 320),
            meaning="Decisions that have come out, in the tenths of the calibration rows. The "
            "whiskers take them as independent; labels overlap, so they are too short.",
        ),
    )


def _matured(inputs: ForwardInputs) -> tuple[Table, ...]:
    rows = reliability_rows(inputs)
    columns = {
        **{name: column for name, column in RANGE.items() if name != "effective_count"},
        "predicted": Column(label="Said", write=share, numeric=True),
        "observed": OBSERVED["observed"],
    }
    named = tuple(tuple(row[name] for name in columns) for row in rows)
    return (
        (Table(title="What came of probabilities", columns=tuple(columns.values()), rows=named),)
        if rows
        else ()
    )


def weeks_of(inputs: ForwardInputs) -> list[dict[str, Any]]:
    """Each week's decisions, signals, late ones, and how it lies beside the calibration rows."""
    known, expected = inputs.record.calibration, inputs.calibrated["probability"].to_numpy()
    learnt = np.bincount(
        np.searchsorted(known.edges, expected, side="right"), minlength=len(known.edges) + 1
    )
    moves = _volatility(inputs)
    usual = _usual_volatility(inputs)
    shifts = _shifts(inputs)
    rows = []
    for name, week in sorted(known.weeks.items()):
        enough = week.decisions >= FEWEST and len(expected) > 0
        index = index_of_counts(learnt.astype(np.float64), week.bins) if enough else None
        times = moves.get(name)
        ratio = None if times is None or not usual else times / usual
        rows.append(
            {
                "week": name,
                "decisions": week.decisions,
                "signals": week.signals,
                "late": week.late,
                "probability_index": index,
                **_of_inputs(shifts.get(name)),
                "volatility_ratio": ratio,
            }
        )
    return rows


def reference_rows(inputs: ForwardInputs) -> list[dict[str, Any]]:
    """The same of the calibration rows, and of the training rows that inputs are laid beside."""
    rows, seen = inputs.calibrated, inputs.record.inputs
    if rows.is_empty():
        return []
    usual = _usual_volatility(inputs)
    split = inputs.run.samples().with_splits(inputs.run.splits)
    trained = split.filter(pl.col("split") == "train")["decision_time"]
    then = _mean_volatility(inputs, trained)
    return [
        {
            "week": say("calibration rows"),
            "decisions": len(rows),
            "signals": int((rows["probability"] >= inputs.terms.threshold).sum()),
            "late": None,
            "probability_index": 0.0,
            **_of_inputs(seen.calibration if seen else None),
            "volatility_ratio": 1.0 if usual else None,
        },
        {
            "week": say("training rows"),
            "decisions": len(trained),
            "signals": None,
            "late": None,
            "probability_index": None,
            "input_index": 0.0 if seen else None,
            "inputs_moved": 0 if seen else None,
            "volatility_ratio": then / usual if then and usual else None,
        },
    ]


def _shifts(inputs: ForwardInputs) -> dict[str, InputShift | None]:
    """What the model reads in each of the newest weeks, against the training rows."""
    seen = inputs.record.inputs
    if seen is None:
        return {}
    since = moment_of(inputs.terms.since)
    newest = sorted(inputs.record.calibration.weeks)[-LOOKED_AT:]
    return {name: seen.week(name, inputs.bars, since, inputs.call.news) for name in newest}


def _of_inputs(shift: InputShift | None) -> dict[str, Any]:
    return {
        "input_index": shift.median if shift else None,
        "inputs_moved": shift.moved if shift else None,
    }


def _volatility(inputs: ForwardInputs) -> dict[str, float]:
    """Mean volatility of 20 bars at the bars of each week since the start."""
    since = moment_of(inputs.terms.since)
    found = realised(inputs.bars.bars).filter(pl.col("timestamp") >= since)
    if found.is_empty():
        return {}
    week = pl.col("timestamp").dt.strftime("%G-W%V")
    return dict(found.group_by(week).agg(pl.col("volatility").mean()).iter_rows())


def _usual_volatility(inputs: ForwardInputs) -> float | None:
    """The same of the calibration rows' time; None where their bars are gone."""
    return _mean_volatility(inputs, inputs.calibrated["decision_time"])


def _mean_volatility(inputs: ForwardInputs, decided: pl.Series) -> float | None:
    """Of the run's own bars between the first and the last of some decisions."""
    if decided.is_empty():
        return None
    inside = pl.col("timestamp").is_between(decided.min(), decided.max())
    mean = realised(inputs.run.samples().bars).filter(inside)["volatility"].mean()
    return float(mean) if mean else None  # type: ignore[arg-type]


def _by_week(inputs: ForwardInputs, weeks: list[dict[str, Any]]) -> tuple[Table, ...]:
    columns = (
        Column(label="Week"),
        Column(label="Decisions", write=count, numeric=True),
        Column(label="Signals", write=count, numeric=True),
        Column(label="Late", write=count, numeric=True),
        Column(
            label="Probability index",
            write=number,
            numeric=True,
            meaning=say(
                "Population stability index of the week's probabilities against the calibration "
                "rows; above {bound} is a significant change (Siddiqi 2006). A dash: fewer than "
                "{n} decisions.",
                bound=number(WARNED),
                n=count(FEWEST),
            ),
        ),
        Column(
            label="Input index",
            write=number,
            numeric=True,
            meaning=say(
                "The same of what the model reads against the training rows: the median of its "
                "planes or channels, of at most {n} decisions of each of the newest {weeks} weeks. "
                "Neighbouring decisions share most of their bars, which lifts it.",
                n=count(SAMPLES),
                weeks=count(LOOKED_AT),
            ),
        ),
        Column(
            label="Inputs moved",
            write=count,
            numeric=True,
            meaning=say("Planes or channels whose index is above {bound}.", bound=number(WARNED)),
        ),
        Column(
            label="Volatility",
            write=number,
            numeric=True,
            meaning="Of 20 bars, over that of the calibration rows' time.",
        ),
    )
    if not weeks:
        return ()
    rows = [*reference_rows(inputs), *reversed(weeks)]
    newest = tuple(tuple(row.values()) for row in rows)
    return (Table(title="Week by week", columns=columns, rows=newest, shown=26),)
