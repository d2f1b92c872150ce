"""Frozen threshold choices: made on the calibration split, applied once to the test split.

In place of the calibration split a choice may be made on the out-of-fold rows of a walk that was
trained as the run was; see `walked_rows`.
"""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from quantsig.data.errors import CheckFailed, DataError
from quantsig.data.language.messages import phrase, term
from quantsig.data.storage import parquet
from quantsig.data.storage.records import Figures
from quantsig.signals.choice import Choice, ChosenData, ChosenWalk, write_choice
from quantsig.signals.curves import ranking
from quantsig.signals.layout import choice_file
from quantsig.signals.ledger import Entry
from quantsig.signals.metrics import decision_metrics
from quantsig.signals.runs import Run, exclusive, trial_id
from quantsig.signals.seal import enter, sealing
from quantsig.signals.thresholds.chosen_threshold import ChosenThreshold
from quantsig.signals.thresholds.event_ratio import event_ratio
from quantsig.signals.thresholds.openings import openings
from quantsig.signals.thresholds.rules import RULES, AskedRule
from quantsig.signals.thresholds.scored_rows import ScoredRows, scored_rows
from quantsig.signals.thresholds.trade_off import BETA, candidates, trade_off
from quantsig.signals.thresholds.transfer import transfer

if TYPE_CHECKING:
    from quantsig.signals.thresholds.walked_rows import WalkedRows

UNJUDGED = (
    "the run kept no rows for calibration: none judged this threshold, and its probabilities are "
    "scores as they come."
)
EVEN = 0.5  # the probability from which on the event is the likelier answer
CALIBRATED = "calibration"  # the split that thresholds are chosen on
REGIMES_SEEN = 0.9  # from here on they are told
NO_ROWS = {"samples": 0, "signals": 0, "true_positives": 0}  # figures of a split without any


@exclusive
def choose(
    run: Run, asked: AskedRule, cost_fraction: float, on: "WalkedRows | None" = None
) -> Choice:
    """Freeze the threshold that a rule chooses on the calibration rows, or on a walk's.

    Where a precision cannot be promised the attempt is written to the ledger all the same: it
    looked. A number is the one rule that a run without calibration rows takes, for it looks at
    none.

    Raises:
        CheckFailed: no threshold is safe.
        DataError: the rows cannot answer what is asked.
        UsageError: another process is at work on the run.
    """
    judged = asked.looks or run.calibrates or on is not None
    rows = rows_to_choose_on(run, on) if judged else None
    try:
        chosen = asked.choose(rows, cost_fraction, run.path if on is None else on.folder)
    except CheckFailed:
        attempt = (asked.name, *asked.asked.values(), *_named(on))
        identity = trial_id(run.record.trial_id, *attempt)
        named = {"run_id": run.run_id, "trial_id": identity}
        more = {"rule": asked.name, **asked.asked}
        enter(run.path, Entry(event="no_choice", named=named, more=more))
        raise
    return _freeze(run, rows, asked, chosen, cost_fraction, on)


def rows_to_choose_on(run: Run, on: "WalkedRows | None" = None) -> ScoredRows:
    """The calibration rows of a run, or the rows of a walk in their place."""
    return scored_rows(run, CALIBRATED) if on is None else on.rows


def remarks(choice: Choice) -> list[str]:
    """What is to be known of a choice before anything is expected of it, a sentence each."""
    found = [choice.remark] if choice.remark else []
    known = choice.calibration
    if not known.get("samples", True):
        found.append(UNJUDGED)
    elif not known["signals"]:
        found.append(
            "no calibration sample reaches this threshold, so nothing is known of its precision."
        )
    elif _picked(choice) and not choice.on:
        found.append(
            "the expected precision is that of the rows the threshold was chosen on: it flatters."
        )
    if choice.on and choice.walk:
        found.append(_of_walk(choice.on, choice.walk))
    regimes = choice.promise.regimes if choice.promise else None
    if regimes and regimes.seen > REGIMES_SEEN:
        found.append(
            phrase(
                "the base rate, or what a high score is worth, wanders in these rows (sure to "
                "{seen:.0%}, by {deviation:.2f} in log-odds): fewer signals count for the promise.",
                seen=regimes.seen,
                deviation=regimes.deviation,
            )
        )
    net = known.get("expectancy_after_costs")
    if choice.rule == "expectancy" and net is not None and net <= 0:
        found.append("even this threshold loses after costs on the calibration split.")
    if choice.openings_before:
        found.append(
            phrase(
                "warning: the test split was opened {times} times before this choice: what it "
                "gives there is no first look, and counts as another trial.",
                times=choice.openings_before,
            )
        )
    return found


def _picked(choice: Choice) -> bool:
    """Whether its rule picked by the figures of the rows that they are told on."""
    return choice.rule in RULES and RULES[choice.rule].picked


def _of_walk(on: ChosenWalk, walked: Figures) -> str:
    """What a choice on a walk's rows says of the run's own model."""
    reached = walked["precision"]
    there = term("no precision there")
    if reached is not None:
        there = phrase("a precision of {reached:.1%} there", reached=reached)
    return phrase(
        "chosen on {samples} out-of-fold rows of the walk {walk}, {there}: that speaks of models "
        "trained like this one, fold by fold, of which this is another; that it is as good is not "
        "shown by them.",
        samples=on.samples,
        walk=on.walk_id,
        there=there,
    )


def _named(on: "WalkedRows | None") -> list[str]:
    """What the identity of a choice has more where it was made on a walk."""
    return [] if on is None else [on.record.folds_key]


def record_outcome(
    run: Run, choice: Choice, opening: int, volatility: float | None = None
) -> Choice:
    """Add to a choice what its threshold gave on the test split, and how far that is off.

    Adds `test`, the figures there with `opening`, and `transfer`, the gaps; see `transfer`.

    Args:
        run: whose test rows are predicted.
        choice: that was applied to them.
        opening: how often the test split was opened, this time included.
        volatility: of the test bars over that of the training bars; None where it is not known.
    """
    beta = choice.asked.get("fbeta", BETA)
    if "test" in run.predictions()["split"].unique():
        rows = scored_rows(run, "test")
        outcome = {
            **choice_figures(rows, choice.threshold, choice.cost_fraction, beta),
            **_events(rows),
            **_classified(rows),
            "volatility_ratio": volatility,
        }
    else:  # a test split without rows
        outcome = dict(NO_ROWS)
    gaps = transfer(choice.calibration, outcome, choice.target)
    return _write(run, replace(choice, test={**outcome, "opening": opening}, transfer=gaps))


def _freeze(
    run: Run,
    rows: ScoredRows | None,
    asked: AskedRule,
    chosen: ChosenThreshold,
    cost_fraction: float,
    on: "WalkedRows | None",
) -> Choice:
    """Keep the choice with its figures and enter it in the ledger; the same choice counts once."""
    question = [sorted(asked.asked.items())] if asked.asked else []
    named = (asked.name, chosen.threshold, cost_fraction, *question, *_named(on))
    identity = trial_id(run.record.trial_id, *named)
    earlier = run.choices()
    turn = 1 + run.newest_turn()
    for made in earlier:
        if made.trial_id == identity:
            return _write(run, replace(made, created=_now(), turn=turn))
    beta = asked.asked.get("fbeta", BETA)

    def figures(judged: ScoredRows | None) -> Figures:
        if judged is None:
            return NO_ROWS
        return choice_figures(judged, chosen.threshold, cost_fraction, beta)

    choice = Choice(
        trial_id=identity,
        rule=asked.name,
        threshold=chosen.threshold,
        asked=asked.asked,
        promise=chosen.promise,
        remark=chosen.remark,
        created=_now(),
        split=CALIBRATED if on is None else "walk",
        on=None if on is None else on.named,
        data=_data(run, on),
        openings_before=openings(run),
        cost_fraction=cost_fraction,
        calibration=figures(scored_rows(run, CALIBRATED) if run.calibrates else None),
        walk=None if on is None else figures(rows),
        turn=turn,
    )
    entry = Entry(
        event="choice",
        named={"run_id": run.run_id, "trial_id": identity},
        more={"rule": asked.name, "threshold": chosen.threshold},
    )
    with sealing(run.path, entry) as stage:
        if rows is not None:
            _write_table(stage, choice, rows)
        write_choice(choice_file(stage, identity), choice)
    return choice


def write_choice_table(run: Run, choice: Choice) -> None:
    """Write the table again that a choice on the calibration rows came from.

    Raises:
        DataError: it was made on a walk.
    """
    if choice.on is not None:
        raise DataError(
            "its choice was made on the rows of a walk.",
            where=str(run.path),
            remedy="Choose again: quantsig thresholds `on` walk",
        )
    rows = rows_to_choose_on(run)
    with sealing(run.path) as stage:
        _write_table(stage, choice, rows)


def _write_table(stage: Path, choice: Choice, rows: ScoredRows) -> None:
    beta = choice.asked.get("fbeta", BETA)
    table = trade_off(rows, candidates(rows.probability), choice.cost_fraction, beta)
    parquet.write_parquet(choice_file(stage, choice.trial_id).with_suffix(".parquet"), table)


def _data(run: Run, on: "WalkedRows | None") -> ChosenData:
    """What the choice was made on: the sample set, and the rows with their probabilities."""
    own = run.predictions().filter(pl.col("split") == CALIBRATED)
    rows = own if on is None else on.frame
    seen = hashlib.sha256()
    for column in ("sample_id", "label", "probability"):
        seen.update(rows[column].to_numpy().tobytes())
    return ChosenData(samples=_samples_of(run), rows_sha256=seen.hexdigest())


def _samples_of(run: Run) -> str:
    return run.record.samples.fingerprint


def choice_figures(
    rows: ScoredRows, threshold: float, cost_fraction: float, beta: float
) -> dict[str, Any]:
    """Figures of one threshold on some rows."""
    figures = trade_off(rows, np.array([threshold]), cost_fraction, beta).row(0, named=True)
    return {
        **figures,
        "samples": len(rows),
        "base_rate": float(rows.happened.mean()),
        **ranking(rows.happened, rows.probability).as_dict(),
        "start": rows.first.isoformat() if rows.first else None,
        "end": rows.last.isoformat() if rows.last else None,
    }


def _events(rows: ScoredRows) -> dict[str, Any]:
    """Events of all rows against those that their probabilities foresaw."""
    found = event_ratio(rows)
    return {
        "events": found.observed,
        "predicted_events": found.predicted,
        "event_ratio": found.ratio,
        "event_ratio_low": found.low,
        "event_ratio_high": found.high,
    }


def _classified(rows: ScoredRows) -> dict[str, Any]:
    """How often the likelier answer was right, as published results are told.

    Accuracy and Matthews correlation (1975) of event or none at even odds, whatever the
    threshold, beside the accuracy of always saying the more frequent of the two.
    """
    likelier = decision_metrics(rows.happened, rows.probability >= EVEN)
    rate = float(rows.happened.mean())
    return {
        "accuracy": likelier.accuracy,
        "mcc": likelier.mcc,
        "majority_accuracy": max(rate, 1.0 - rate),
    }


def _write(run: Run, choice: Choice) -> Choice:
    with sealing(run.path) as stage:
        write_choice(choice_file(stage, choice.trial_id), choice)
    return choice


def _now() -> str:
    return datetime.now(UTC).isoformat()
