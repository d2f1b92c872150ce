"""The signals of the newest bar: each with its chart, what followed similar ones, and its plan."""

from dataclasses import replace

import polars as pl

from quantsig.data.language.saying import join, say
from quantsig.reports.figures.backtest.story_trades import SeenChart, charts_of
from quantsig.reports.forward.inputs import ForwardInputs
from quantsig.reports.forward.plan import plan_of, planned_prices
from quantsig.reports.forward.promise import state_banner
from quantsig.reports.page.content import (
    Column,
    Number,
    Picture,
    Section,
    Subsection,
    Table,
)
from quantsig.reports.page.numerals import (
    count,
    day,
    duration,
    gain,
    moment,
    number,
    price,
    share,
    side,
    things,
    yes_or_no,
)
from quantsig.signals.forward.lines import Line, moment_of
from quantsig.signals.inference.predict import passing_of

TOLD = 12  # signals with a chart of their own
SEEN = (
    "The finest of the pictures that the model saw, its planes in colour. Nothing in it is later "
    "than the decision."
)


def today(inputs: ForwardInputs) -> Section:
    """What was decided last, and what to do about it."""
    signals = inputs.today
    return Section(
        title="Today",
        banner=state_banner(inputs.evidence),
        warnings=tuple(_warnings(inputs)),
        paragraphs=(_told(inputs),),
        numbers=_numbers(inputs),
        parts=_parts(inputs, signals[:TOLD]),
        tables=(_table(inputs, signals),) if signals else (),
    )


def _warnings(inputs: ForwardInputs) -> list[str]:
    found: list[str] = []
    if inputs.overdue is not None:
        said = "The newest bar closed {time} before this page was made, longer ago than usual."
        found.append(say(said, time=duration(inputs.overdue.total_seconds())))
    if inputs.unresolved:
        said = "{decisions} are overdue: the bars that would tell what came of them are not there."
        found.append(say(said, decisions=things(len(inputs.unresolved), "decision")))
    if inputs.call.revisions:
        said = "The bars under {decisions} were corrected since; they stand as they were recorded."
        found.append(say(said, decisions=things(len(inputs.call.revisions), "decision")))
    return found


def _told(inputs: ForwardInputs) -> str:
    write = day if inputs.daily else moment
    said = say(
        "Decided at {time} UTC, recorded {recorded}: {signals}, by a threshold of {threshold}.",
        time=write(inputs.call.newest_bar),
        recorded=moment(inputs.call.recorded),
        signals=things(len(inputs.today), "signal"),
        threshold=f"{inputs.terms.threshold:.4g}",
    )
    entry = say(
        "A signal enters at the open of bar {delay} after its decision and leaves {horizon} later, "
        "where nothing ends it before.",
        delay=count(inputs.terms.delay_bars),
        horizon=things(inputs.terms.horizon_bars, "bar"),
    )
    return join(said, entry)


def _numbers(inputs: ForwardInputs) -> tuple[Number, ...]:
    evidence, held = inputs.evidence, inputs.account
    return (
        Number(
            label="Signals now",
            value=count(len(inputs.today)),
            meaning="Decisions of the newest bar whose probability reaches the threshold.",
        ),
        Number(
            label="Precision so far",
            value=share(evidence.precision),
            meaning="Share of the signals of all windows that were events; see Promise.",
            beside=say("promised {share}", share=share(evidence.promised)),
        ),
        Number(
            label="Open positions",
            value=count(held.open.height if held else 0),
            meaning="Of the paper account, at the newest close.",
        ),
        Number(
            label="Paper account",
            value=gain(float(held.equity["equity"][-1]) - 1.0 if held else None),
            meaning="Its return since the start, after costs.",
            beside=say("since {day}", day=day(inputs.terms.since)),
        ),
    )


def _charts(inputs: ForwardInputs, signals: tuple[Line, ...]) -> dict[str, SeenChart]:
    """The chart of each signal's decision as the model saw it, by symbol."""
    wanted = {line["symbol"]: moment_of(line["decision_time"]) for line in signals}
    if not wanted or inputs.run.record.judged is not None:  # what it looked at is not known
        return {}
    newest = max(wanted.values())
    own = pl.col("symbol").is_in(list(wanted)) & (pl.col("timestamp") <= newest)
    bars = replace(inputs.bars, bars=inputs.bars.bars.filter(own))
    found: dict[str, SeenChart] = {}
    for samples in passing_of(inputs.run, bars, newest=1, news=inputs.call.news).pieces():
        names = samples.index["symbol"].to_list()
        drawn = charts_of(samples, {place: place for place in range(len(names))})
        found |= {names[place]: png for place, png in drawn.items()}
    return found


def _parts(inputs: ForwardInputs, signals: tuple[Line, ...]) -> tuple[Subsection, ...]:
    charts = _charts(inputs, signals)
    return tuple(
        _part(inputs, line, place, charts.get(line["symbol"])) for place, line in enumerate(signals)
    )


def _part(inputs: ForwardInputs, line: Line, place: int, picture: SeenChart | None) -> Subsection:
    plan, similar = plan_of(inputs, line), inputs.similar(line["probability"])
    numbers = [
        Number(
            label="Probability",
            value=number(line["probability"], 3),
            meaning="Calibrated; the signal was given for reaching the threshold.",
            beside=say("threshold {value}", value=number(line["threshold"], 3)),
        ),
        Number(
            label="Close",
            value=price(plan.entry),
            meaning="Of the decision's bar; the entry is the open of a later one.",
        ),
        Number(
            label="Stop", value=price(plan.stop), meaning="Planned, measured from the close here."
        ),
        Number(
            label="Target",
            value=price(plan.target),
            meaning="Planned, measured from the close here.",
        ),
    ]
    if similar:
        numbers.append(
            Number(
                label="After similar ones",
                value=share(similar.hits / similar.rows, 0),
                meaning=say(
                    "Share of events among the {n} calibration rows with the nearest "
                    "probabilities, {low} to {high}; below it their mean return before costs. No "
                    "row of the test or of the forward test is among them.",
                    n=count(similar.rows),
                    low=number(similar.lowest, 3),
                    high=number(similar.highest, 3),
                ),
                beside=say("mean return {gain}", gain=gain(similar.mean_return)),
            )
        )
    return Subsection(
        title=say("{symbol}, {side}", symbol=line["symbol"], side=side(line["direction"])),
        numbers=tuple(numbers),
        pictures=_picture(picture),
        figures=planned_prices(inputs, line, plan, place),
    )


def _picture(seen: SeenChart | None) -> tuple[Picture, ...]:
    if seen is None:
        return ()
    title = "What the model saw"
    return (Picture(title=title, png=seen.png, red_up=seen.red_up, meaning=SEEN),)


def _table(inputs: ForwardInputs, signals: tuple[Line, ...]) -> Table:
    write = day if inputs.daily else moment
    plans = [plan_of(inputs, line) for line in signals]
    columns = (
        Column(label="Symbol"),
        Column(label="Side", write=side),
        Column(label="Decided", write=write),
        Column(label="Probability", write=lambda v: number(v, 3), numeric=True),
        Column(label="Close", write=price, numeric=True),
        Column(label="Stop", write=price, numeric=True),
        Column(label="Target", write=price, numeric=True),
        Column(label="Size", write=share, numeric=True, meaning="Fraction of a full position."),
        Column(label="Taken", write=yes_or_no, meaning="By the second model, where one is asked."),
        Column(label="Late", write=yes_or_no),
    )
    rows = tuple(
        (
            line["symbol"],
            line["direction"],
            moment_of(line["decision_time"]),
            line["probability"],
            plan.entry,
            plan.stop,
            plan.target,
            line["size"],
            line["take"],
            line["late"],
        )
        for line, plan in zip(signals, plans, strict=True)
    )
    return Table(title="Signals of the newest bar", columns=columns, rows=rows)
