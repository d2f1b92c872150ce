"""The threshold that each rule chooses, judging calibration rows only; the rules are in `rules`."""

import math
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import polars as pl

from quantsig.data.errors import CheckFailed, DataError
from quantsig.data.language.messages import chained, phrase, term
from quantsig.signals.choice import PromisedPrecision, SeenRegimes
from quantsig.signals.curves import curve
from quantsig.signals.messages import SignalsSentence
from quantsig.signals.significance.stretches import stretches
from quantsig.signals.thresholds.precision_rule import Promise, promise_precision
from quantsig.signals.thresholds.scored_rows import ScoredRows
from quantsig.signals.thresholds.trade_off import candidates, trade_off

FEWEST_SIGNALS = 20  # on the calibration split, for a threshold chosen by expectancy or F-beta


@dataclass(frozen=True, kw_only=True, slots=True)
class ChosenThreshold:
    """The probability from which a signal is given, as a rule chose it.

    Attributes:
        threshold: the probability.
        promise: of the precision rule, what its tests saw.
        remark: what a reader should know of the choice, a sentence; may be empty.
    """

    threshold: float
    promise: PromisedPrecision | None = None
    remark: str = ""


def by_precision(
    rows: ScoredRows, target: float, confidence: float, where: Path
) -> ChosenThreshold:
    """The lowest threshold whose precision is `target` or more, with this confidence.

    See `precision_rule`: a fixed sequence of tests on all samples, counted as so many independent
    ones as say as much.

    Raises:
        DataError: it is not known when samples were decided or labels ended.
        CheckFailed: no threshold is safe.
    """
    if rows.decided is None or rows.ended is None:
        raise DataError(
            "it is not known when samples were decided or when their labels ended, so it cannot "
            "be told which of them are independent, and no precision can be promised.",
            where=str(where),
            remedy="Choose a number with `threshold`, or import the samples with their times.",
        )
    found = promise_precision(
        rows.probability,
        rows.happened,
        stretches(rows.decided, rows.ended, rows.calendar),
        target=target,
        confidence=confidence,
    )
    if found.threshold is None:
        raise CheckFailed(
            SignalsSentence.NOT_SAFE(why=found.reason),
            where=phrase(
                "{path}, {rows} rows in {stretches} stretches of time, base rate "
                "{rate:.1%}{regimes}",
                path=where,
                rows=len(rows),
                stretches=found.windows,
                rate=rows.happened.mean(),
                regimes=_shown(found),
            ),
            remedy=_nearest(found),
        )
    return ChosenThreshold(
        threshold=found.threshold,
        promise=PromisedPrecision(
            precision=target,
            confidence=confidence,
            windows=found.windows,
            regimes=_regimes(found),
            tested=tuple(map(asdict, found.tested)),
        ),
        remark=SignalsSentence.PRECISION_PROMISED(confidence=confidence, target=target),
    )


def _shown(found: Promise) -> str:
    """How sure it is that there are regimes; nothing where none was looked for."""
    if found.regimes is None:
        return ""
    return phrase(", regimes sure to {seen:.0%}", seen=found.regimes.seen)


def _regimes(found: Promise) -> SeenRegimes | None:
    """What was judged of regimes: how likely there are any, and their size in log-odds."""
    if found.regimes is None:
        return None
    return SeenRegimes(seen=found.regimes.seen, deviation=found.regimes.deviation)


def by_recall(rows: ScoredRows, target: float, where: Path) -> ChosenThreshold:
    """The highest threshold that still finds this share of the events.

    Raises:
        DataError: there is no event.
    """
    _refuse_no_events(rows, where)
    points = curve(rows.happened, rows.probability)
    reached = int(np.argmax(points.recall >= target))
    return ChosenThreshold(
        threshold=float(points.threshold[reached]),
        remark=SignalsSentence.RECALL_NOT_PROMISED(),
    )


def by_fbeta(rows: ScoredRows, beta: float, where: Path) -> ChosenThreshold:
    """The candidate with the best F-beta among those with at least 20 signals.

    F-beta is (1 + b^2) P R / (b^2 P + R): recall counts b times as much as precision.

    Raises:
        DataError: there is no event, or no candidate selects so many.
    """
    _refuse_no_events(rows, where)
    table = trade_off(rows, candidates(rows.probability), 0.0, beta)
    best = _best(table, table["f_beta"], where)
    return ChosenThreshold(threshold=best)


def by_expectancy(rows: ScoredRows, cost_fraction: float, where: Path) -> ChosenThreshold:
    """The candidate whose signals earn most in all, judged with caution.

    That is the highest number of signals times their mean return after costs less its standard
    error, among the candidates with at least 20 signals.

    Raises:
        DataError: no candidate selects that many, or the returns are not known.
    """
    if np.isnan(rows.forward_return).all():
        raise DataError(
            SignalsSentence.NO_RETURNS(),
            where=str(where),
            remedy="Choose a number with `threshold`, or import the samples again with `bars`.",
        )
    table = trade_off(rows, candidates(rows.probability), cost_fraction)
    cautious = table["expectancy_after_costs"] - table["expectancy_error"]
    return ChosenThreshold(threshold=_best(table, table["signals"] * cautious, where))


def by_top_k(rows: ScoredRows, a_day: float, where: Path) -> ChosenThreshold:
    """A fixed threshold that gives so many signals a day on average.

    Which rows are the best of a day is known only once the day is over. So the threshold is one
    number, that of the calibration days: at most `a_day` times their number of rows reach it. Some
    days give more signals and some none.

    Raises:
        DataError: the days are not known, there are not so many rows a day, or too many rows
            share the highest probability.
    """
    days = rows.days()
    if days is None:
        raise DataError(
            "it is not known when the samples were decided, so there are no days to count.",
            where=str(where),
            remedy="Choose a number with `threshold`, or import the samples with their times.",
        )
    wanted = a_day * days.count
    if wanted > len(rows):
        raise DataError(
            SignalsSentence.FEW_SAMPLES_A_DAY(found=len(rows) / days.count, wanted=a_day),
            where=phrase(
                "{path}, {rows} calibration rows on {days} days",
                path=where,
                rows=len(rows),
                days=days.count,
            ),
            remedy="Ask for fewer with `top_k`.",
        )
    points = curve(rows.happened, rows.probability)
    selected = points.hits + points.false_alarms
    within = int(np.searchsorted(selected, wanted, side="right"))
    if not within:
        raise DataError(
            SignalsSentence.ROWS_SHARE_PROBABILITY(
                n=int(selected[0]), probability=float(points.threshold[0]), wanted=a_day
            ),
            where=phrase(
                "{path}, {rows} calibration rows on {days} days",
                path=where,
                rows=len(rows),
                days=days.count,
            ),
            remedy="Ask for more with `top_k`, or train a model that tells samples apart.",
        )
    return ChosenThreshold(
        threshold=float(points.threshold[within - 1]),
        remark=SignalsSentence.SIGNALS_A_DAY(n=selected[within - 1] / days.count, days=days.count),
    )


def _best(table: pl.DataFrame, figure: pl.Series, where: Path) -> float:
    enough = table.select("threshold", "signals", figure=figure).filter(
        pl.col("signals") >= FEWEST_SIGNALS
    )
    if enough["figure"].count() == 0:
        raise DataError(
            SignalsSentence.FEW_SIGNALS(n=FEWEST_SIGNALS),
            where=str(where),
            remedy="Use more bars, or choose a number with `threshold`.",
        )
    best = enough["figure"].arg_max()
    assert best is not None
    return float(enough["threshold"][best])


def _nearest(found: Promise) -> str:
    """What could be promised instead."""
    more = term("Or use more rows: those of a walk (`on` walk), or more bars.")
    if not found.tested:
        none = term(
            "No precision can be promised on so few. Nearest: `threshold`, `recall` or `fbeta` "
            "without a promise."
        )
        return chained("{one} {other}", [none, more])
    first = found.tested[0]
    target, confidence = math.floor(100 * first.low) / 100, 1.0 - first.p_value
    lower = math.floor(100 * confidence) / 100
    offers = []
    if target > 0:
        offers.append(phrase("`precision` {target:g} with this confidence", target=target))
    if lower > 0.5:
        offers.append(
            phrase(
                "`precision` {target:g} `confidence` {lower:g}", target=found.target, lower=lower
            )
        )
    threshold = float(first.threshold)
    offers.append(phrase("`threshold` {threshold!r} without a promise", threshold=threshold))
    nearest = phrase(
        "Nearest: {offers}; each is another trial.", offers=chained("{one}, {other}", offers)
    )
    return chained("{one} {other}", [nearest, more])


def _refuse_no_events(rows: ScoredRows, where: Path) -> None:
    if not rows.happened.any():
        raise DataError(
            SignalsSentence.NO_EVENTS(n=len(rows)),
            where=str(where),
            remedy="Use more bars, or a label whose event is less rare.",
        )
