"""A new choice from what a forward test showed: its probabilities calibrated again."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from quantsig.data.errors import CheckFailed, DataError, unknown_name
from quantsig.data.language.messages import phrase
from quantsig.signals.calibration.calibrators import calibrator_numbers
from quantsig.signals.calibration.fit import calibration_record, fit_calibrator
from quantsig.signals.calibration.recalibration import (
    RecalibratedOn,
    Recalibration,
    write_recalibration,
)
from quantsig.signals.choice import Choice, ChosenData
from quantsig.signals.forward.book import ForwardBook
from quantsig.signals.forward.in_force import (
    ForwardChoice,
    choice_in_force,
    forward_choices,
)
from quantsig.signals.forward.lines import stamp
from quantsig.signals.forward.terms import calibration_rows
from quantsig.signals.layout import journal_file, recalibration_file
from quantsig.signals.ledger import Entry
from quantsig.signals.recalibration.matured_decisions import MaturedDecisions
from quantsig.signals.runs import Run, exclusive, trial_id
from quantsig.signals.scoring.scores import log_odds
from quantsig.signals.seal import enter, sealing
from quantsig.signals.significance.label_days import times_of
from quantsig.signals.thresholds.choices import choice_figures
from quantsig.signals.thresholds.openings import openings
from quantsig.signals.thresholds.rules import CONFIDENCE, NUMBER, RULES, AskedRule
from quantsig.signals.thresholds.scored_rows import rows_of
from quantsig.signals.thresholds.trade_off import BETA

FORWARD, BOTH = "forward", "both"
ROWS = (FORWARD, BOTH)
FEWEST = 10  # events, and as many others, before a calibrator is fitted


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Rows:
    """What a calibrator is fitted on, in order of time."""

    frame: pl.DataFrame  # columns of MaturedDecisions
    decisions: int  # of the journal among them
    left_out: int
    book: ForwardBook


@exclusive
def recalibrate(
    run: Run, asked: AskedRule | None, cost_fraction: float, *, on: str = FORWARD
) -> Recalibration:
    """Freeze a threshold on probabilities that are calibrated on what came out of a forward test.

    Where the choice in force was made so of the very journal, it stays.

    The calibrator maps the log-odds of the probabilities in force; the rule is then asked of the
    same rows. The choice is another trial. The one of before, its promise and the journal stay;
    the forward test decides by the new one from its next decision on, and what was seen here is
    no evidence for it: it was decided before.

    Args:
        run: whose forward test it is.
        asked: how the threshold is chosen; None: as that of the choice in force was.
        cost_fraction: of a round trip.
        on: forward: the decisions that came out; both: the calibration rows and then these.

    Raises:
        CheckFailed: no threshold is safe.
        ConfigError: there are no such rows.
        DataError: no threshold was chosen yet, or too few decisions have come out.
        IntegrityError: the journal is not what was written.
        UsageError: another process is at work on the run.
    """
    if on not in ROWS:
        raise unknown_name("rows", on, ROWS, where="`on`")
    with sealing(run.path):
        pass  # what a killed process entered and never put in its place is entered no more
    before = choice_in_force(run)
    rows = _rows(run, before, on)
    rule = asked or asked_again(before.choice)
    for made in run.recalibrations():
        if _is_answer(made, before, rule, cost_fraction, on, rows.book.journal.head):
            return made  # nothing came out since
    _refuse_few(run, rows.frame)
    happened = rows.frame["hit"].to_numpy()
    score = log_odds(rows.frame["probability"].to_numpy())
    times = times_of(rows.frame, run.calendar)
    record = calibration_record(fit_calibrator(score, happened, times), score, happened, times)
    fitted = ForwardChoice(choice=before.choice, maps=(record.calibrator,)).rows(rows.frame)
    judged = rows_of(fitted, happened, where=str(journal_file(run.path)), calendar=run.calendar)
    identity = _identity(run, rule, cost_fraction, fitted, on)
    named = {"run_id": run.run_id, "trial_id": identity}
    try:
        chosen = rule.choose(judged, cost_fraction, run.path)
    except CheckFailed:
        enter(run.path, Entry(event="no_choice", named=named, more={"rule": rule.name, "on": on}))
        raise
    choice = Choice(
        trial_id=identity,
        rule=rule.name,
        threshold=chosen.threshold,
        asked=rule.asked,
        promise=chosen.promise,
        remark=chosen.remark,
        created=datetime.now(UTC).isoformat(),
        split=on,
        data=ChosenData(samples=run.record.samples.fingerprint, rows_sha256=_sha256(fitted)),
        openings_before=openings(run),
        cost_fraction=cost_fraction,
        calibration=choice_figures(
            judged, chosen.threshold, cost_fraction, rule.asked.get("fbeta", BETA)
        ),
        turn=1 + run.newest_turn(),
    )
    made = Recalibration(
        choice=choice,
        maps=tuple(calibrator_numbers(one) for one in (*before.maps, record.calibrator)),
        figures=record.figures,
        on=RecalibratedOn(
            rows=on,
            decisions=rows.decisions,
            left_out=rows.left_out,
            lines=rows.book.journal.lines,
            head=rows.book.journal.head,
            newest=stamp(rows.frame["label_end"].max()),  # type: ignore[arg-type]
            before=before.choice.trial_id,
        ),
    )
    more = {"rule": rule.name, "threshold": chosen.threshold, "on": on}
    with sealing(run.path, Entry(event="choice", named=named, more=more)) as stage:
        target = recalibration_file(stage, identity)
        target.parent.mkdir(parents=True, exist_ok=True)
        write_recalibration(target, made)
    return made


def _is_answer(
    made: Recalibration,
    before: ForwardChoice,
    rule: AskedRule,
    cost_fraction: float,
    on: str,
    head: str,
) -> bool:
    """Whether the choice in force was made of the same journal by the same question."""
    choice = made.choice
    said = asked_again(choice), choice.cost_fraction, made.on.rows
    same_question = said == (rule, cost_fraction, on)
    return same_question and choice.trial_id == before.choice.trial_id and made.on.head == head


def asked_again(choice: Choice) -> AskedRule:
    """The question that a choice answered."""
    said = [choice.asked[name] for name in RULES[choice.rule].asked]
    number = choice.threshold if choice.rule == NUMBER else 0.0
    value, confidence = (*said, CONFIDENCE)[:2] if said else (number, CONFIDENCE)
    return AskedRule(name=choice.rule, value=value, confidence=confidence)


def remarks(made: Recalibration) -> list[str]:
    """What is to be known of such a choice, a sentence each."""
    found: list[str] = [
        phrase(
            "calibrated again on {decisions} decisions that came out; what they showed of the "
            "promise of before stays in the journal, and is no evidence for this one.",
            decisions=made.on.decisions,
        ),
    ]
    if made.choice.calibration["signals"]:
        said = (
            "the expected precision is that of the rows the threshold was chosen on: it flatters."
        )
    else:
        said = "no calibration sample reaches this threshold, so nothing is known of its precision."
    found.append(said)
    if made.on.left_out:
        said = "{n} decisions are left out: they were made on probabilities of another calibration."
        found.append(phrase(said, n=made.on.left_out))
    if made.choice.remark:
        found.append(made.choice.remark)
    return found


def _rows(run: Run, before: ForwardChoice, on: str) -> _Rows:
    known = {one.choice.trial_id: one.maps for one in forward_choices(run)}
    matured = MaturedDecisions(known, before.maps)
    book = ForwardBook(run, matured.hear)
    later = matured.rows()
    frame = later
    if on == BOTH:
        own = before.rows(calibration_rows(run))
        own = own.with_columns(hit=pl.Series(run.happened(own), dtype=pl.Boolean))
        frame = pl.concat([own.select(later.columns).cast(later.schema), later])
    return _Rows(
        frame=frame.sort("decision_time", "symbol"),
        decisions=len(later),
        left_out=matured.left_out,
        book=book,
    )


def _refuse_few(run: Run, rows: pl.DataFrame) -> None:
    events = int(rows["hit"].sum())
    if min(events, len(rows) - events) >= FEWEST:
        return
    raise DataError(
        phrase(
            "{rows} rows have come out, {events} of them events: too few to calibrate on.",
            rows=len(rows),
            events=events,
        ),
        where=str(journal_file(run.path)),
        remedy=phrase(
            "Wait until there are {n} events and {n} others, or take the calibration rows, too: "
            "`on` both.",
            n=FEWEST,
        ),
    )


def _sha256(rows: pl.DataFrame) -> str:
    """Of the decisions, what came of them, and their new probabilities."""
    seen = hashlib.sha256("\n".join(rows["symbol"]).encode())
    for column in (
        rows["decision_time"].dt.epoch("us"),
        rows["hit"].cast(pl.Int8),
        rows["probability"],
    ):
        seen.update(column.to_numpy().tobytes())
    return seen.hexdigest()


def _identity(run: Run, asked: AskedRule, cost_fraction: float, rows: pl.DataFrame, on: str) -> str:
    question: Mapping[str, float] = {"value": asked.value, **asked.asked}
    named = (asked.name, sorted(question.items()), cost_fraction, on, _sha256(rows))
    return trial_id(run.record.trial_id, *named)
