"""A report for strangers: its figures, and nothing that tells who made it, where, or on what."""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from quantsig.reports.inputs import Inputs
from quantsig.reports.related_runs import SeedRun
from quantsig.signals.choice import Choice
from quantsig.signals.run_record import RunRecord
from quantsig.signals.walk_record import WalkRecord

PATH_SETTING = re.compile(r"^path = .*\n?", re.MULTILINE)  # of config.toml, a line each

Record = TypeVar("Record", RunRecord, WalkRecord)


def anonymous(inputs: Inputs) -> Inputs:
    """What the page of a run shows, without what names its maker or machine.

    The run and others beside it are called by their trials and seeds; the command, the
    environment and where the samples lie are left out. Settings, symbols, times of bars, hashes
    and figures stay.
    """
    run, config = inputs.run, inputs.config
    record = replace(unplaced(run.record), run_id=run.record.trial_id, command=None)
    return replace(
        inputs,
        run=replace(run, record=record),
        config=config and PATH_SETTING.sub("", config),
        environment=None,
        choices=tuple(map(_anonymous_choice, inputs.choices)),
        seeds=tuple(_anonymous_seeds(inputs.seeds)),
    )


def unplaced(record: Record) -> Record:
    """The record of a run or a walk that does not say where its samples lie."""
    return replace(record, samples=replace(record.samples, path=""))


def _anonymous_choice(choice: Choice) -> Choice:
    if choice.on is None:
        return choice
    return replace(choice, on=replace(choice.on, walk_id=choice.on.folds_key))


def _anonymous_seeds(seeds: Iterable[SeedRun]) -> Iterable[SeedRun]:
    return (replace(row, run=str(number)) for number, row in enumerate(seeds, start=1))
