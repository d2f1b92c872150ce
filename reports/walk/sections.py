"""The sections of a walk's report: those of a run where the files are the same, and its folds."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from quantsig.backtest.walk.fold_table import fold_row
from quantsig.data.language.saying import join, retell, say, word
from quantsig.data.storage.documents import to_json
from quantsig.data.storage.passing_on import relative_paths
from quantsig.reports.figures.backtest.equity_curves import overlaid
from quantsig.reports.figures.backtest.execution_settings import execution_settings
from quantsig.reports.figures.backtest.newest_signals import newest_signals
from quantsig.reports.figures.backtest.robustness import doubts, leak, learning, many_trials, timing
from quantsig.reports.figures.backtest.scorecard import scorecard
from quantsig.reports.page.content import Banner, Column, Figure, Listing, Section, Table
from quantsig.reports.page.numerals import count, day, gain, moment, number, share, things
from quantsig.reports.sections import backtest
from quantsig.reports.sections.reproduce import flat, pairs, placed
from quantsig.reports.sections.trust import ASKED, numbers_of, path_sharpes
from quantsig.reports.sections.verdict import banner, costs, earned, equity_of, months_of
from quantsig.reports.walk.inputs import WalkInputs
from quantsig.signals.thresholds.rules import RULES
from quantsig.signals.walk_record import WalkRecord

SCHEMES = {
    "anchored": "Every fold learnt from all rows before it.",
    "rolling": "Every fold learnt from as many rows as the first one.",
    "combinatorial": "Every choice of stretches was tested by a model of all others, later ones "
    "included.",
}
PATH_POINTS = 800  # of each line


def _threshold(value: float | None) -> str:
    return number(value, 4)


FOLD_COLUMNS = {
    "fold": Column(label="Fold", write=count, numeric=True),
    "tested": Column(label="Stretches"),
    "start": Column(label="Tested from", write=day),
    "end": Column(label="Tested to", write=day),
    "threshold": Column(
        label="Threshold",
        write=_threshold,
        numeric=True,
        meaning="Chosen on the fold's own calibration rows; a dash: none, so it did not trade",
    ),
    "signals": Column(label="Signals", write=count, numeric=True),
    "precision": Column(label="Precision", write=share, numeric=True),
    "base_rate": Column(label="Base rate", write=share, numeric=True),
    "trades": Column(label="Trades", write=count, numeric=True),
    "expectancy": Column(label="Expectancy a trade", write=gain, numeric=True, signed=True),
    "return": Column(
        label="Return",
        write=gain,
        numeric=True,
        signed=True,
        meaning="Of the account from the fold's first decision to the next fold's; they multiply "
        "to the total",
    ),
}
LEARNT_COLUMNS = {
    "fold": Column(label="Fold", write=count, numeric=True),
    "train": Column(label="Train rows", write=count, numeric=True),
    "train_start": Column(label="from", write=day),
    "train_end": Column(label="to", write=day),
    "calibration": Column(label="Calibration rows", write=count, numeric=True),
    "calibration_start": Column(label="from", write=day),
    "calibration_end": Column(label="to", write=day),
    "samples": Column(label="Test rows", write=count, numeric=True),
    "average_precision": Column(
        label="Average precision", write=lambda v: number(v, 3), numeric=True
    ),
}
OF_WALKS = ("start", "end", "trades", "expectancy", "return")  # folds that follow each other
OF_STRETCHES = ("train_start", "train_end", "calibration_start", "calibration_end")
PATH_COLUMNS = {
    "path": Column(label="Path", write=lambda v: count(v + 1), numeric=True),
    "signals": Column(label="Signals", write=count, numeric=True),
    "trades": Column(label="Trades", write=count, numeric=True),
    "win_rate": Column(label="Win rate", write=share, numeric=True),
    "expectancy": Column(label="Expectancy a trade", write=gain, numeric=True, signed=True),
    "total_return": Column(label="Total return", write=gain, numeric=True, signed=True),
    "sharpe": Column(label="Sharpe", write=number, numeric=True, signed=True),
    "max_drawdown": Column(label="Worst drawdown", write=share, numeric=True),
}
SPREADS = {
    "sharpe": ("Sharpe ratio", number),
    "total_return": ("Total return", gain),
    "max_drawdown": ("Worst drawdown", share),
}


def sections_of(inputs: WalkInputs) -> dict[str, Section]:
    """What a walk of this kind has to show, in reading order."""
    shown: dict[str, Callable[[WalkInputs], Section]] = {"verdict": verdict, "folds": folds}
    if inputs.crossed:
        shown |= {"paths": paths}
    else:
        shown |= {"backtest": backtest.section, "trust": trust}
    return {name: section(inputs) for name, section in (shown | {"reproduce": reproduce}).items()}


def verdict(inputs: WalkInputs) -> Section:
    """What all folds together allow to say."""
    return Section(
        title="Verdict",
        banner=_agreement(inputs.record.verdict) if inputs.crossed else banner(inputs),
        scorecard=scorecard(inputs),
        warnings=tuple(_warnings(inputs)),
        paragraphs=(_walked(inputs),),
        numbers=earned(inputs),
        figures=(*equity_of(inputs.equity), *months_of(inputs.stats)),
        parts=newest_signals(inputs),
    )


def folds(inputs: WalkInputs) -> Section:
    """A row a fold: what it learnt from, what it was tested on, and what came of it."""
    rows = [dict.fromkeys(FOLD_COLUMNS) | fold_row(fold) for fold in inputs.record.folds]
    hidden = (*OF_WALKS, *OF_STRETCHES) if inputs.crossed else ("tested",)
    tables = [
        Table(
            title=title,
            columns=tuple(columns[name] for name in columns if name not in hidden),
            rows=tuple(tuple(row[name] for name in columns if name not in hidden) for row in rows),
            sortable=False,
        )
        for title, columns in {
            "Every fold": FOLD_COLUMNS,
            "What every fold learnt from": LEARNT_COLUMNS,
        }.items()
    ]
    return Section(
        title="Folds", paragraphs=(_how_cut(inputs),), tables=(*tables, *_without(inputs))
    )


def paths(inputs: WalkInputs) -> Section:
    """How far whole paths through time lie apart."""
    return Section(
        title="Paths",
        figures=(*path_sharpes(inputs.crossing), *_path_equity(inputs.path_equity)),
        tables=(_spread(inputs.record), *_every_path(inputs)),
    )


def trust(inputs: WalkInputs) -> Section:
    """The doubts that the files of a walk can answer."""
    rows = (
        many_trials(inputs),
        timing(inputs),
        leak(inputs.stats),
        learning(inputs.crossing),
    )
    return Section(
        title="Trust",
        paragraphs=(say(ASKED),),
        numbers=tuple(numbers_of(inputs)),
        figures=path_sharpes(inputs.crossing),
        tables=doubts(rows),
    )


def reproduce(inputs: WalkInputs) -> Section:
    """Command, settings, versions and hashes."""
    record, document = inputs.record, inputs.record.as_dict()
    names = ("folding", "rule", "cost_fraction", "splits", "settings")
    settings, folder = flat({name: document[name] for name in names}), inputs.path
    surroundings, command = flat(record.environment), relative_paths(record.command, folder)
    traded = () if inputs.stats else (execution_settings(document["execution"]),)
    return Section(
        title="Reproduce",
        paragraphs=(
            say(
                "Walk {walk}, trial {trial}, written {time} UTC.",
                walk=record.walk_id,
                trial=record.trial_id,
                time=moment(record.created),
            ),
        ),
        tables=(
            pairs("Sample set", placed(record.samples), folder),
            *traded,  # elsewhere on the page, where there was one account
            *((pairs("Environment", surroundings, folder),) if surroundings else ()),
            pairs("SHA-256 of the walk's files", record.files),
        ),
        listings=(
            *((Listing(title="Command", text=command),) if command else ()),
            Listing(title="Settings", text=as_settings(settings, folder)),
        ),
    )


def as_settings(settings: Mapping[str, Any], folder: Path) -> str:
    """Settings as a settings file has them, a line each; what is not set is left out."""
    known = {name: value for name, value in settings.items() if value is not None}
    lines = (f"{name} = {to_json(relative_paths(value, folder))}" for name, value in known.items())
    return "\n".join(lines)


def _agreement(found: Mapping[str, Any]) -> Banner:
    agreed = bool(found["agreed"])
    return Banner(
        headline="All paths agree" if agreed else "The paths do not agree",
        sentence=retell(found["sentence"]),
        reasons=tuple(retell(reason) for reason in found["reasons"]),
        tone="neutral" if agreed else "caution",
    )


def _warnings(inputs: WalkInputs) -> list[str]:
    figures = inputs.record.figures
    found: list[str] = []
    if inputs.record.test_split == "opened":
        found.append(say("The locked test split was walked through, too: it is no longer unseen."))
    if without := figures["folds_without_threshold"]:
        idle = "{without} of {folds} found no threshold and did not trade."
        found.append(say(idle, without=count(without), folds=things(figures["folds"], "fold")))
    if inputs.trials > 1:
        best = "{n} strategies are in the ledger: the best of several looks good by chance alone."
        found.append(say(best, n=count(inputs.trials)))
    return found


def _walked(inputs: WalkInputs) -> str:
    record = inputs.record
    spans = [fold.parts["test"] for fold in record.folds]
    said = say(
        "Model {model} was trained, calibrated and given a threshold anew in each of {folds}; what "
        "they were tested on reaches from {start} to {end}. The rule of the threshold: {rule}.",
        model=record.settings["train"]["model"],
        folds=things(len(spans), "fold"),
        start=day(min(span.start for span in spans)),
        end=day(max(span.end for span in spans)),
        rule=word(_rule_words(record.rule["name"])),
    )
    traded = None if inputs.stats is None else costs(inputs.stats.execution)
    return join(said, traded or "")


def _rule_words(name: str) -> str:
    """What the rule of a walk is told as; an unknown one by its name."""
    return RULES[name].words if name in RULES else name


def _how_cut(inputs: WalkInputs) -> str:
    return join(
        SCHEMES.get(inputs.record.scheme, ""),
        "A fold's epoch, calibration and threshold come from rows of its own that end before the "
        "rows it is tested on begin."
        if not inputs.crossed
        else "",
    )


def _without(inputs: WalkInputs) -> tuple[Table, ...]:
    """Why folds have no threshold."""
    rows = tuple(
        (fold.number + 1, str(retell(fold.choice.reason or "")))
        for fold in inputs.record.folds
        if fold.choice.threshold is None
    )
    columns = (Column(label="Fold", write=count, numeric=True), Column(label="Reason"))
    return (Table(title="Folds without a threshold", columns=columns, rows=rows),) if rows else ()


def _path_equity(equity: pl.DataFrame | None) -> tuple[Figure, ...]:
    if equity is None or equity.is_empty():
        return ()
    curves: dict[str, pl.DataFrame] = {
        say("path {n}", n=own["path"][0] + 1): own
        for _, own in equity.group_by("path", maintain_order=True)
    }
    return (
        Figure(
            name="path-equity",
            title="Equity of every path",
            drawing=overlaid(curves, points=PATH_POINTS),
            meaning="After costs, from 1. Each path holds every row once, tested by a model that "
            "did not learn from it.",
            wide=True,
            log_axis="yaxis",
        ),
    )


def _spread(record: WalkRecord) -> Table:
    found, held = record.distribution or {}, record.always_long or {}
    names = ("mean", "deviation", "lowest", "median", "highest")
    columns = (
        Column(label="Figure"),
        *(Column(label=name.capitalize(), numeric=True) for name in names),
        Column(label="Always long", numeric=True),
    )
    rows = tuple(
        (say(label), *(write(found[key].get(name)) for name in names), write(held.get(key)))
        for key, (label, write) in SPREADS.items()
        if key in found
    )
    return Table(title="Over the paths", columns=columns, rows=rows, sortable=False)


def _every_path(inputs: WalkInputs) -> tuple[Table, ...]:
    if inputs.crossing is None:
        return ()
    frame = inputs.crossing.paths
    shown = {name: column for name, column in PATH_COLUMNS.items() if name in frame.columns}
    return (
        Table(
            title="Every path",
            columns=tuple(shown.values()),
            rows=tuple(frame.select(list(shown)).iter_rows()),
        ),
    )
