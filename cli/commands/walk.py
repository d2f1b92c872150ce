"""`quantsig walk`: train, calibrate, choose and trade fold by fold, never seeing ahead."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quantsig.cli.arguments import (
    Config,
    Device,
    DryRun,
    Epochs,
    Force,
    Json,
    Lang,
    Model,
    SamplesPath,
    Seed,
    command_line,
    writable,
)
from quantsig.cli.options.folding import FoldingOptions
from quantsig.cli.options.groups import grouped
from quantsig.cli.options.panels import COMMON
from quantsig.cli.options.rules import RuleOptions, rule_text
from quantsig.cli.options.workers import WorkersOptions
from quantsig.cli.output import (
    note,
    print_document,
    print_figures,
    print_table,
    print_verdict,
    readable,
    stage,
)
from quantsig.cli.report_pages import write_walk_page
from quantsig.cli.training_lines import fold_callbacks
from quantsig.data.language.messages import phrase, term
from quantsig.data.tasks.workers import HERE, Workers
from quantsig.signals.thresholds.rules import AskedRule

if TYPE_CHECKING:
    from quantsig.backtest.record import StatsRecord
    from quantsig.backtest.walk.plan import Walk
    from quantsig.data.folds import Combinatorial, WalkForward
    from quantsig.data.samples.store import SampleSet
    from quantsig.settings import Settings
    from quantsig.signals.walk_record import WalkedFold, WalkRecord

FOLD_COLUMNS = {
    "fold": "fold",
    "tested": "stretches",
    "from": "from",
    "to": "to",
    "train": "train rows",
    "samples": "test rows",
    "base_rate": "base rate",
    "average_precision": "average precision",
    "threshold": "threshold",
    "signals": "signals",
    "precision": "precision",
    "trades": "trades",
    "expectancy": "per trade",
    "fold_return": "return",
}
SPARED = ("base_rate", "train", "average_precision", "samples", "expectancy", "to", "trades")
OF_WALKS = ("from", "to", "trades", "expectancy", "fold_return")  # folds that follow each other
OF_CROSSINGS = ("tested",)
PATH_COLUMNS = {
    "path": "path",
    "signals": "signals",
    "trades": "trades",
    "win_rate": "win rate",
    "expectancy": "per trade",
    "total_return": "return",
    "sharpe": "Sharpe",
    "max_drawdown": "drawdown",
}
SHOWN = (
    "scheme",
    "rule",
    "folds",
    "folds_without_threshold",
    "samples",
    "base_rate",
    "average_precision",
    "signals",
    "precision",
    "recall",
    "trades",
    "win_rate",
    "expectancy",
    "expectancy_low",
    "expectancy_high",
    "total_return",
    "annual_return",
    "sharpe",
    "sharpe_low",
    "sharpe_high",
    "max_drawdown",
    "exposure",
    "paths",
)


@grouped
def walk(
    samples: SamplesPath = None,
    *,
    folding: FoldingOptions,
    model: Model = None,
    epochs: Epochs = None,
    seed: Seed = None,
    rule: RuleOptions,
    open_test: Annotated[
        bool,
        typer.Option("--open-test", help="Walk on through the locked test split; written down."),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", callback=writable, help="The walk's folder; else one in runs/."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Any setting, as backtest.fee_bps=5.",
            rich_help_panel=COMMON,
        ),
    ] = None,
    workers: WorkersOptions,
    lang: Lang = "",
    device: Device = None,
    config: Config = None,
    dry_run: DryRun = False,
    force: Force = False,
    json: Json = False,
) -> None:
    """Train, calibrate, choose and trade fold by fold, and judge all folds as one strategy.

    Each fold's threshold is chosen on its own calibration rows by one rule, as by quantsig
    thresholds, that of the best return a signal if none is given; a fold without a safe threshold
    does not trade. The rows end before the locked test split. The same command again goes on
    where it was cut short; another rule or other costs train nothing again.

    \b
    Example:
      quantsig walk samples --model logistic --folds 8 --rolling
      quantsig walk samples --precision 0.6 --confidence 0.9
      quantsig walk samples --combinatorial --blocks 6 --tested 2
      quantsig walk samples --folds 8 --dry-run
    """
    from quantsig.cli.config import load
    from quantsig.data.samples.store import open_samples

    resolved = load(
        config,
        {
            "samples.path": samples,
            "train.model": model,
            "train.epochs": epochs,
            "train.seed": seed,
            "device": device,
        },
        settings or [],
    )
    cut, asked = folding.asked(), rule.asked() or AskedRule()  # or nothing need be opened
    opened = open_samples(resolved.samples.path)
    planned = planned_walk(opened, resolved, cut, asked, open_test=open_test)
    if dry_run:
        foretell(planned, json=json)
        return
    record, stats, target = walk_from(planned, resolved, out, force=force, on=workers.asked())
    page = write_walk_page(target, opened, lang=lang)
    show(record, stats, {"folder": str(target), "report": str(page)}, json=json)


def foretell(walk: "Walk", *, json: bool) -> None:
    """Say what the walk would take."""
    from dataclasses import asdict

    from quantsig.backtest.walk.dry_run import dry_run_walk
    from quantsig.cli.dry_run import print_dry_run

    with stage("Measuring"):
        found = dry_run_walk(walk)
    trainings = asdict(found.trainings)
    last = {f"{name}_of_last_fold": rows for name, rows in trainings.pop("samples").items()}
    parts = trainings.pop("parts")
    figures = {"folds": found.folds, **last, **trainings}
    print_dry_run("walk", figures, json=json, model=walk.plan.train.model, parts=[parts])


def planned_walk(
    samples: "SampleSet",
    settings: "Settings",
    folding: "Combinatorial | WalkForward",
    rule: AskedRule,
    *,
    open_test: bool,
) -> "Walk":
    """The walk through a sample set as the settings say, checked."""
    from quantsig.backtest.walk.plan import WalkSettings, plan_walk

    return plan_walk(
        samples,
        settings.plan,
        settings.splits,
        WalkSettings(
            folding=folding,
            rule=rule,
            execution=settings.backtest,
            cost_fraction=settings.cost_fraction,
            open_test=open_test,
        ),
        device=settings.device,
    )


def walk_from(
    walk: "Walk", settings: "Settings", out: Path | None, *, force: bool, on: Workers = HERE
) -> "tuple[WalkRecord, StatsRecord | None, Path]":
    """Take a walk, unless it is there; returns its folder, too."""
    from quantsig.backtest.walk.walkforward import made_before, run_walk
    from quantsig.data.storage.atomic import refuse_existing
    from quantsig.signals.layout import REPORT

    target = out or settings.paths.runs / walk.name
    finished = force or (target / REPORT).is_file()
    made = None if finished else made_before(walk, target)
    if made:  # it was cut short before its page
        return *made, target
    refuse_existing(target, force=force)
    if not walk.settings.open_test:
        note(
            phrase(
                "{locked}; --open-test walks through them, too.",
                locked=term(settings.splits.locked),
            )
        )
    with stage("Walking") as progress:
        record, stats = run_walk(
            walk,
            target,
            command=command_line(),
            force=force,
            callbacks=fold_callbacks(progress),
            on=on,
        )
    return record, stats, target


def show(
    record: "WalkRecord", stats: "StatsRecord | None", places: dict[str, str], *, json: bool
) -> None:
    """A row a fold, what all came to, and the verdict; no threshold at all is exit code 4."""
    from quantsig.backtest.walk.fold_table import refuse_idle
    from quantsig.data.storage.records import plain

    if json:
        traded = {"stats": stats and stats.as_dict()}
        print_document("walk", **(plain(record) | traded | places))
    else:
        print_folds(record, stats, places)
    refuse_idle(record, places["folder"])


def print_folds(record: "WalkRecord", stats: "StatsRecord | None", places: dict[str, str]) -> None:
    """The walk for people."""
    hidden = OF_WALKS if record.paths else OF_CROSSINGS
    columns = {name: text for name, text in FOLD_COLUMNS.items() if name not in hidden}
    print_table(map(line_of, record.folds), columns, SPARED)
    print()
    print_paths(record)
    figures = {
        "scheme": record.scheme,
        "rule": rule_text(AskedRule(**record.rule)),
        **record.figures,
    }
    print_figures({name: figures[name] for name in SHOWN if name in figures})
    print_figures({"report": places["report"]})
    for remark in (stats and stats.remarks) or ():  # none of paths
        note(remark)
    print_verdict(record.verdict["sentence"], record.verdict["reasons"])
    print(places["folder"])


def print_paths(record: "WalkRecord") -> None:
    """A row a path, and how far they lie apart; nothing where folds follow each other."""
    from quantsig.data.storage.records import plain

    if record.paths is None or record.distribution is None:
        return
    paths = [{**plain(row), "path": row.path + 1} for row in record.paths]
    print_table(paths, PATH_COLUMNS, ("expectancy", "trades"))
    print()
    rows = [
        {"figure": PATH_COLUMNS[name], **{key: readable(name, value) for key, value in row.items()}}
        for name, row in record.distribution.items()
    ]
    print_table(rows, {name: name for name in rows[0]})
    print()


def line_of(fold: "WalkedFold") -> dict[str, Any]:
    """A fold in one line."""
    from quantsig.backtest.walk.fold_table import fold_row

    row = fold_row(fold)
    earned = row.get("return")
    return {
        **row,
        "from": row["start"][:10],
        "to": row["end"][:10],
        "fold_return": None if earned is None else f"{earned:.2%}",
    }
