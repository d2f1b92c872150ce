"""How far a frozen threshold's promise carried over to the test split."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from quantsig.data.language.messages import phrase, term
from quantsig.signals.choice import Choice
from quantsig.signals.thresholds.volatility import volatility_warning

INTERVALS = {  # figure: its interval in the trade-off table
    "precision": ("precision_low", "precision_high"),
    "recall": ("recall_block_low", "recall_block_high"),
    "expectancy": ("expectancy_block_low", "expectancy_block_high"),
}
EVENTS = ("event_ratio", "event_ratio_low", "event_ratio_high")  # observed over predicted on test
Figures = Mapping[str, Any]


def transfer(calibration: Figures, test: Figures, target: float | None = None) -> dict[str, Any]:
    """The gap of each figure, test less calibration, with an interval.

    The two splits share no label, so the interval of the difference follows from those of its
    parts (Newcombe 1998, "Interval estimation for the difference between independent
    proportions", method 10), at their confidence of 90 %.

    Args:
        calibration: figures of the trade-off table there.
        test: the same of the test split.
        target: the precision that was promised, if one was.

    Returns:
        `<figure>_gap`, `_gap_low`, `_gap_high`, None where unknown; `event_ratio`, `_low`,
        `_high`: observed over predicted events of all test rows, likewise; and `promise_kept`:
        whether the test precision is the target or more, None where nothing was promised or
        signalled.
    """
    found: dict[str, Any] = {}
    for name, edges in INTERVALS.items():
        columns = (name, *edges)
        found |= _gap(name, list(map(calibration.get, columns)), list(map(test.get, columns)))
    precision = test.get("precision")
    kept = None if target is None or precision is None else precision >= target
    return {**found, **{name: test.get(name) for name in EVENTS}, "promise_kept": kept}


FORESEEN = (
    "the probabilities foresaw {predicted:.1f} events in {samples} test rows, and {events} came: "
    "{ratio:.2f} times as many."
)
FORESEEN_WITHIN = (
    "the probabilities foresaw {predicted:.1f} events in {samples} test rows, and {events} came: "
    "{ratio:.2f} times as many ({low:.2f} to {high:.2f})."
)
FORESEEN_WRONGLY = (
    "the probabilities foresaw {predicted:.1f} events in {samples} test rows, and {events} came: "
    "{ratio:.2f} times as many ({low:.2f} to {high:.2f}); they were not right here."
)


def transfer_sentences(choice: Choice) -> list[str]:
    """Promise against outcome in words, and how often the test split was looked at."""
    test = choice.test
    if not test:
        return []
    opening = test.get("opening")
    looks = []
    if opening == 1:
        looks = [phrase("opening number {number} of this test split.", number=opening)]
    elif opening:
        again = phrase(
            "opening number {number} of this test split: it is no longer unseen, and later "
            "figures flatter.",
            number=opening,
        )
        looks = [again]
    rows = [*_events_sentence(test), *_volatility_sentence(test)]
    if not test.get("signals"):
        nothing = phrase(
            "no test sample reaches the threshold {threshold!r}.", threshold=choice.threshold
        )
        return [nothing, *rows, *looks]
    return [*_precision_sentence(choice, test), *rows, *looks]


def _events_sentence(test: Figures) -> list[str]:
    """How many events came for each that all test rows' probabilities foresaw."""
    ratio, low, high = map(test.get, EVENTS)
    if ratio is None:
        return []
    said = {
        "predicted": test["predicted_events"],
        "samples": test["samples"],
        "events": test["events"],
        "ratio": ratio,
        "low": low,
        "high": high,
    }
    if low is None or high is None:
        return [phrase(FORESEEN, **said)]
    return [phrase(FORESEEN_WITHIN if low <= 1.0 <= high else FORESEEN_WRONGLY, **said)]


def _volatility_sentence(test: Figures) -> list[str]:
    said = volatility_warning(test.get("volatility_ratio"))
    return [] if said is None else [phrase("over the test rows {said}", said=term(said))]


def _precision_sentence(choice: Choice, came: Figures) -> list[str]:
    promised: Figures = choice.calibration
    if promised.get("precision") is None:
        return []
    found: Figures = choice.transfer or transfer(promised, came)
    gap: str = f"{found['precision_gap']:+.1%}"
    if found["precision_gap_low"] is not None:
        gap = phrase(
            "{gap} ({low:+.1%} to {high:+.1%})",
            gap=gap,
            low=found["precision_gap_low"],
            high=found["precision_gap_high"],
        )
    sentences: list[str] = [
        phrase(
            "precision {before:.1%} on calibration, {after:.1%} on test: {gap}.",
            before=promised["precision"],
            after=came["precision"],
            gap=gap,
        )
    ]
    if choice.target is not None:
        sentences.append(
            phrase("the promise of {target:.1%} was kept on these test rows.", target=choice.target)
            if found.get("promise_kept")
            else phrase(
                "the promise of {target:.1%} was not kept on these test rows.",
                target=choice.target,
            )
        )
    return sentences


def _gap(name: str, before: list[float | None], after: list[float | None]) -> dict[str, Any]:
    """Value, low and high of each side."""
    gap: list[float | None] = [None, None, None]
    if before[0] is not None and after[0] is not None:
        gap[0] = after[0] - before[0]
    known = [np.array([value for value in side if value is not None]) for side in (before, after)]
    if all(len(side) == 3 for side in known):
        (was, was_low, was_high), (came, came_low, came_high) = known
        gap[1] = float(came - was - np.hypot(came - came_low, was_high - was))
        gap[2] = float(came - was + np.hypot(came_high - came, was - was_low))
    return dict(zip((f"{name}_gap", f"{name}_gap_low", f"{name}_gap_high"), gap, strict=True))
