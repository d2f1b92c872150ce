"""The news that a model read before a trade that is told as a story, with their weights."""

from collections.abc import Sequence
from typing import Any

from quantsig.data.language.saying import say
from quantsig.reports.figures.backtest.story_trades import Story
from quantsig.reports.inputs import Inputs
from quantsig.reports.page.content import Column, Table
from quantsig.reports.page.numerals import count, moment, share
from quantsig.signals.models import find_model

SHOWN = 12  # the newest; all are in the table
LETTERS = 200  # of a text
NOTE = (
    "All that the model read of the window, the newest first. A weight is a share among the items "
    "of the same bar; what is missing to the whole was given to none."
)


def headlines(inputs: Inputs, stories: Sequence[Story]) -> dict[int, Table]:
    """A table for each story by its rank; none where the run reads no news."""
    run, samples = inputs.run, inputs.samples
    if samples is None or samples.manifest.news is None or not stories:
        return {}
    if run.record.judged or run.record.ensemble or find_model(run.model.name).reads != "news":
        return {}
    from quantsig.signals.explain.items import items_read  # noqa: PLC0415 - loads torch

    asked = [story.sample_id for story in stories if story.sample_id is not None]
    read = items_read(run, samples, asked)
    columns = (
        Column(label="Known", write=moment),
        Column(label="Bars before", write=count, numeric=True),
        Column(label="Symbol", write=_symbol),
        Column(label="Text", write=_short),
        Column(label="Weight", write=share, numeric=True),
    )
    return {
        story.rank: Table(
            title="The news that the model read",
            columns=columns,
            rows=tuple(
                (item.known, item.bars_before, item.symbol, item.text, item.weight)
                for item in read[story.sample_id]
            ),
            shown=SHOWN,
            note=say(NOTE),
        )
        for story in stories
        if story.sample_id is not None
    }


def _symbol(name: Any) -> str:
    return say("the market") if name is None else str(name)


def _short(text: Any) -> str:
    if text is None:
        return say("a vector, without a text")
    return text if len(text) <= LETTERS else f"{text[: LETTERS - 1]}…"
