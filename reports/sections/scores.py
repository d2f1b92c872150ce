"""What stands in place of a training where a run was made of another model's scores."""

from datetime import datetime

from quantsig.data.calendar.sessions import SessionCalendar
from quantsig.data.language.saying import retell, say, word
from quantsig.reports.inputs import Inputs
from quantsig.reports.page.content import Number, Section
from quantsig.reports.page.numerals import DASH, count, day
from quantsig.signals.judging.remarks import remarks
from quantsig.signals.run_record import JudgedScores, RunRecord

UNKNOWN = (
    "A model that is not in this run gave these scores. How it was trained, which bars it saw, how "
    "its settings were chosen, and how many others were tried cannot be known here. What was tried "
    "elsewhere is in no ledger of this folder, so whatever is deflated by the number of trials is "
    "deflated by those made here alone."
)
SIFTED = (
    "Whether the model, or whoever chose it, has seen the test rows cannot be told from scores: "
    "that the split is locked here says nothing of what happened before."
)


def section(inputs: Inputs, judged: JudgedScores) -> Section:
    """What is known of the scores, and what is not."""
    return Section(
        title="Training",
        warnings=tuple(retell(text, whole=True) for text in _warnings(inputs.run.record)),
        paragraphs=(UNKNOWN, SIFTED, *(retell(text, whole=True) for text in remarks(judged))),
        numbers=_numbers(judged, inputs.calendar),
    )


def _warnings(record: RunRecord) -> tuple[str, ...]:
    return (*(alarm["message"] for alarm in record.alarms), *record.warnings)


def _numbers(judged: JudgedScores, calendar: SessionCalendar) -> tuple[Number, ...]:
    ends = [calendar.date(datetime.fromisoformat(end)) for end in judged.trained_until or ()]
    first, last = (str(end) for end in ends) if ends else (None, None)
    walked = first != last
    return (
        Number(
            label="Scores",
            value=count(judged.rows),
            meaning=say(
                "Decisions that have a score, from the column {column} of {source}.",
                column=judged.column,
                source=judged.source,
            ),
            beside=word(judged.kind),
        ),
        Number(
            label="Trained until",
            value=DASH if last is None else day(last),
            meaning="The newest bar that a training saw, as whoever gave the scores says.",
            beside=say("from {day} on", day=day(first)) if walked else "",
        ),
        Number(
            label="At a close",
            value=count(judged.laid.exact),
            meaning="Scores that were known when a bar of their symbol closed.",
            beside=say("of {n}", n=count(judged.rows)),
        ),
    )
