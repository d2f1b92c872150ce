"""`quantsig search`: train with many settings and show which did best."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quantsig.cli.arguments import (
    Config,
    Device,
    DryRun,
    Epochs,
    Json,
    Model,
    SamplesPath,
    command_line,
    writable,
)
from quantsig.cli.options.groups import grouped
from quantsig.cli.options.panels import COMMON
from quantsig.cli.options.workers import WorkersOptions
from quantsig.cli.output import note, print_document, print_table, stage
from quantsig.cli.training_lines import search_callbacks
from quantsig.data.language.messages import phrase, term
from quantsig.data.tasks.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from quantsig.settings import Settings
    from quantsig.signals.search.search import TriedPlan


@grouped
def search(
    samples: SamplesPath = None,
    *,
    trials: Annotated[
        int,
        typer.Option("--trials", min=1, help="How many are done in the end, earlier ones too."),
    ] = 20,
    out: Annotated[
        Path | None,
        typer.Option("--out", callback=writable, help="The search's folder; else search in runs/."),
    ] = None,
    objective: Annotated[
        str | None,
        typer.Option("--objective", help="Figure of validation; else the one that ranks."),
    ] = None,
    together: Annotated[
        int,
        typer.Option(
            "--together",
            help="Tried at once, each chosen from those before all of them; workers share these.",
        ),
    ] = 1,
    storage: Annotated[
        str | None,
        typer.Option(
            "--storage",
            metavar="ADDRESS",
            help="A database that keeps the study, as sqlite:///studies.db or "
            "postgresql://machine/database; else a file of the search.",
        ),
    ] = None,
    model: Model = None,
    epochs: Epochs = None,
    workers: WorkersOptions,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Any setting that is not searched.",
            rich_help_panel=COMMON,
        ),
    ] = None,
    device: Device = None,
    config: Config = None,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Train with many settings, each trial a run, and show which did best on validation.

    What is varied stands in the [search] table of the settings, for instance
    "optimiser.learning_rate" = [1e-5, 1e-2] or "train.model" = ["small", "resnet18"]. Trials that
    fall behind are given up. The same command again goes on until so many trials are done. Every
    trial counts in the ledger; calibration and test labels choose nothing.

    \b
    Example:
      quantsig search samples --trials 30 --out runs/rates
      quantsig search samples --trials 10 --model small --objective f1
      quantsig search samples --storage sqlite:///studies.db
    """
    from quantsig.cli.config import load

    flags = {
        "samples.path": samples,
        "train.model": model,
        "train.epochs": epochs,
        "device": device,
    }
    resolved = load(config, flags, settings or [])
    if dry_run:
        foretell(resolved, trials, together, json=json)
        return
    folder = out or resolved.paths.runs / "search"
    on = workers.asked()
    if not on.here and together < (on.count or 2):
        note(
            phrase(
                "{together} tried at once: more workers have nothing to do; see --together.",
                together=together,
            )
        )
    asked = {
        "trials": trials,
        "objective": objective or "",
        "together": together,
        "storage": storage or "",
    }
    tried = search_from(resolved, folder, asked, on)
    show(tried, folder, json=json)


def foretell(settings: "Settings", trials: int, together: int, *, json: bool) -> None:
    """Say what the search would take if none of its trials were given up."""
    from dataclasses import asdict

    from quantsig.cli.dry_run import print_dry_run, rows_of_splits
    from quantsig.data.samples.store import open_samples
    from quantsig.signals.dry_run.training import dry_run_training
    from quantsig.signals.models import check_model

    check_model(settings.train.model)
    samples = open_samples(settings.samples.path)
    with stage("Measuring"):
        found = asdict(dry_run_training(samples, settings.plan, settings.splits, settings.device))
    trial = sum(found.pop("parts"))
    at_once = [min(together, trials - first) for first in range(0, trials, together)]
    parts = [[trial] * count for count in at_once]
    figures = {**rows_of_splits(found.pop("samples")), "trials": trials, **found}
    for name in ("steps", "bytes_on_disk", "seconds"):
        figures[name] = figures[name] and figures[name] * trials
    note("as by the settings that are not searched, and if no trial is given up before its end.")
    print_dry_run("search", figures, json=json, model=settings.train.model, parts=parts)


def search_from(
    settings: "Settings", out: Path, asked: "Mapping[str, Any]", on: Workers
) -> "list[TriedPlan]":
    """Search on the sample set that the settings name; `asked` are fields of SearchSettings."""
    from quantsig.data.samples.store import open_samples
    from quantsig.data.splits import doubts
    from quantsig.signals.models import check_model

    check_model(settings.train.model)
    samples = open_samples(settings.samples.path)
    from quantsig.signals.search.search import SearchSettings, search
    from quantsig.signals.training.tracking.launch import Launch

    wanted = SearchSettings(space=settings.search, **asked)
    for doubt in doubts(samples.index):
        note(phrase("warning: {warning}", warning=term(doubt)))
    with stage("Searching") as progress:
        return search(
            samples,
            out,
            settings.plan,
            settings.splits,
            wanted,
            launch=Launch(
                device=settings.device,
                command=command_line(),
                callbacks=search_callbacks(progress),
                on=on,
            ),
        )


def show(tried: "Sequence[TriedPlan]", folder: Path, *, json: bool) -> None:
    """Every trial, the best first; none that came to its end is exit code 4."""
    from dataclasses import asdict

    from quantsig.data.errors import CheckFailed
    from quantsig.signals.layout import SEARCH
    from quantsig.signals.search.search import read_search

    objective = read_search(folder / SEARCH)["objective"]
    best = tried[0] if tried[0].state == "done" else None
    figures: dict[str, Any] = {
        "trials": len(tried),
        **{
            state: sum(one.state == state for one in tried)
            for state in ("done", "pruned", "failed")
        },
        "best": best.value if best else None,
    }
    if json:
        rows = [asdict(one) for one in tried]
        print_document("search", figures, folder=str(folder), objective=objective, rows=rows)
    else:
        names = sorted({name for one in tried for name in one.settings})
        columns = {"number": "trial", "state": "state", "value": objective, "epochs": "epochs"}
        print_table(
            [{**asdict(one), **one.settings} for one in tried],
            columns | {name: name for name in names},
        )
        if best:
            print(folder / str(best.run))
    if best is None:
        raise CheckFailed(
            "no trial was trained to its end.",
            where=str(folder),
            remedy=phrase("Look at why: {why}", why=tried[0].why or term("all were given up")),
        )
