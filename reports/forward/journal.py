"""What the test holds to, and how anybody can tell that nothing of it was rewritten."""

from quantsig.data.language.saying import say
from quantsig.reports.figures.backtest.execution_settings import EACH, execution_settings
from quantsig.reports.forward.inputs import ForwardInputs
from quantsig.reports.page.content import Column, Listing, Section, Table
from quantsig.reports.page.numerals import count, duration, moment, number, share


def journal(inputs: ForwardInputs) -> Section:
    """Terms, counts, the head of the chain, and the command that draws all again."""
    terms, counts = inputs.terms, inputs.record.counts
    held = {
        "Run": terms.run_id,
        "Choice": terms.choice_id,
        "Strategy": terms.trial_id,
        "Threshold": f"{terms.threshold:.4g}",
        "Promised precision": share(terms.precision),
        "Confidence": share(terms.confidence, 0),
        "Frozen": moment(terms.frozen),
        "First decision": moment(terms.since),
        "Second model": say("yes") if terms.meta else say("no"),
        "Late after the entry's open": duration(terms.grace_seconds),
        "Signals of a usual window": number(terms.usual_signals, 1),
        "Returns are cut at": share(terms.return_cap),
    }
    told = {
        "Lines": count(inputs.lines),
        "Decisions": count(counts["decisions"]),
        "of them late": count(counts["late"]),
        "Outcomes": count(counts["outcomes"]),
        "Corrections": count(counts["corrected"]),
        "Head of the chain": inputs.head,
    }
    columns = (Column(label="What"), Column(label="Value"))
    return Section(
        title="Journal",
        paragraphs=(
            "Every line holds a hash of the one before; the ledger of the runs keeps the newest. "
            "A line that was changed, removed or put in is named, and so is a journal that was cut "
            "short or written anew.",
        ),
        tables=(
            Table(
                title="What the test holds to",
                columns=columns,
                rows=tuple((say(name), value) for name, value in held.items()),
                sortable=False,
            ),
            Table(
                title="What the journal holds",
                columns=columns,
                rows=tuple((say(name), value) for name, value in told.items()),
                sortable=False,
            ),
            execution_settings(terms.execution, "How signals are traded", EACH),
        ),
        listings=(Listing(title="Draw it all again", text="quantsig forward verify RUN BARS"),),
    )
