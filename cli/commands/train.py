"""`quantsig train`: fit a classifier on a sample set and write a run."""

from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quantsig.cli import completion
from quantsig.cli.arguments import (
    Config,
    Device,
    DryRun,
    Epochs,
    Force,
    Json,
    Model,
    Pairs,
    SamplesPath,
    Seed,
    command_line,
    writable,
)
from quantsig.cli.options.groups import grouped
from quantsig.cli.options.panels import TRAINING, OfSetting
from quantsig.cli.options.workers import WorkersOptions
from quantsig.cli.output import note, print_document, print_figures, print_table, stage
from quantsig.cli.training_lines import run_callbacks
from quantsig.data.language.messages import phrase, term
from quantsig.data.tasks.workers import HERE, Workers

if TYPE_CHECKING:
    from quantsig.data.samples.store import SampleSet
    from quantsig.data.storage.resuming import Work
    from quantsig.settings import Settings
    from quantsig.signals.runs import Run


SHOWN = (
    "epoch",
    "split",
    "loss",
    "samples",
    "base_rate",
    "average_precision",
    "roc_auc",
    "accuracy",
    "precision",
    "recall",
    "f1",
    "mcc",
    "expectancy",
    "r2",
    "rank_correlation",
)
COMPARED = {
    "model": "model",
    "average_precision": "average precision",
    "roc_auc": "ROC AUC",
    "accuracy": "accuracy",
    "precision": "precision",
    "recall": "recall",
    "expectancy": "return",
}
ENDED = {True: "passed", False: "FAILED", None: "cannot be told"}


@grouped
def train(
    samples: SamplesPath = None,
    *,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", callback=writable, help="The run folder to write; else a new one in runs/."
        ),
    ] = None,
    start: Annotated[
        Path | None,
        typer.Option("--from", metavar="RUN", help="A finished run to go on from, for longer."),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            "--recipe",
            help="A published training.",
            rich_help_panel=TRAINING,
            autocompletion=completion.values_of("train.recipe"),
        ),
        OfSetting("train.recipe"),
    ] = None,
    model: Model = None,
    loss: Annotated[
        str | None,
        typer.Option(
            "--loss",
            help="What is minimised.",
            rich_help_panel=TRAINING,
            autocompletion=completion.values_of("train.loss"),
        ),
        OfSetting("train.loss"),
    ] = None,
    epochs: Epochs = None,
    batch_size: Annotated[
        int | None,
        typer.Option("--batch-size", help="Samples a step.", rich_help_panel=TRAINING),
        OfSetting("train.batch_size"),
    ] = None,
    learning_rate: Annotated[
        float | None,
        typer.Option("--learning-rate", help="Peak of the schedule.", rich_help_panel=TRAINING),
        OfSetting("optimiser.learning_rate"),
    ] = None,
    positives: Annotated[
        float | None,
        typer.Option(
            "--positives", help="Share of positives in a batch, 0..1.", rich_help_panel=TRAINING
        ),
        OfSetting("sampling.positives"),
    ] = None,
    precision: Annotated[
        str | None,
        typer.Option(
            "--precision",
            help="Numeric precision of the training steps.",
            rich_help_panel=TRAINING,
            autocompletion=completion.values_of("speed.precision"),
        ),
        OfSetting("speed.precision"),
    ] = None,
    seed: Seed = None,
    seeds: Annotated[
        int | None,
        typer.Option(
            "--seeds", help="Train so many and average their scores.", rich_help_panel=TRAINING
        ),
        OfSetting("train.seeds"),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Run three controls in minutes instead of a training.")
    ] = False,
    tensorboard: Annotated[
        bool,
        typer.Option("--tensorboard", help="The same as tensorboard in the setting train.track."),
    ] = False,
    baselines: Annotated[
        bool, typer.Option(help="Fit the simple models beside it, to compare with.")
    ] = True,
    workers: WorkersOptions,
    settings: Pairs = None,
    device: Device = None,
    config: Config = None,
    dry_run: DryRun = False,
    force: Force = False,
    json: Json = False,
) -> None:
    """Train a classifier on a sample set, calibrate it and write a run.

    The same command again goes on where it was cut short; with more epochs it goes on with a
    finished run, too.

    \b
    Example:
      quantsig train samples --out runs/first --model resnet18 --epochs 5
      quantsig train samples --out runs/first --model resnet18 --epochs 9
      quantsig train samples --model small --positives 0.382 --set schedule.name=plateau
      quantsig train samples --recipe jkx
      quantsig train samples --check
      quantsig train samples --dry-run
    """
    from quantsig.cli.config import load
    from quantsig.data.storage.atomic import refuse_existing
    from quantsig.signals.layout import STATE
    from quantsig.signals.models import check_model
    from quantsig.signals.run_record import FIRST_EPOCH

    resolved = load(
        config,
        {
            "samples.path": samples,
            "train.recipe": recipe,
            "train.model": model,
            "train.loss": loss,
            "train.epochs": epochs,
            "train.batch_size": batch_size,
            "train.seed": seed,
            "train.seeds": seeds,
            "optimiser.learning_rate": learning_rate,
            "sampling.positives": positives,
            "speed.precision": precision,
            "device": device,
        },
        settings or [],
    )
    if tensorboard:
        resolved = with_tensorboard(resolved)
    check_model(resolved.train.model)
    if check:
        print_controls(resolved, json=json)
        return
    if dry_run:
        foretell(resolved, json=json)
        return
    target = out or run_path(resolved, start)
    run = made_before(resolved, target) if baselines and not force else None
    if run is None:
        if not (target / STATE).is_dir():  # else there may be a way on from it
            refuse_existing(target, force=force)
        if start is not None:
            take_from(resolved, start, target)
        run = train_from(resolved, target, force=force, on=workers.asked())
    if run is None:
        return
    compared = compare_with(run, resolved) if baselines else []
    figures = figures_of(run)
    if json:
        print_document(
            "train", figures, run=str(run.path), record=run.record.as_dict(), baselines=compared
        )
        return
    shown = figures | {"epoch": figures["epoch"] + FIRST_EPOCH}
    print_figures({name: shown[name] for name in SHOWN if name in shown})
    if compared:
        print()
        print_table(ranked({"model": "this run", **figures}, compared), COMPARED)
    print(run.path)


def with_tensorboard(settings: "Settings") -> "Settings":
    """The settings with one tracker more."""
    from dataclasses import replace

    track = tuple(dict.fromkeys((*settings.train.track, "tensorboard")))
    return replace(settings, train=replace(settings.train, track=track))


def foretell(settings: "Settings", *, json: bool) -> None:
    """Say what the training would take."""
    from dataclasses import asdict

    from quantsig.cli.dry_run import print_dry_run, rows_of_splits
    from quantsig.data.samples.store import open_samples
    from quantsig.signals.dry_run.training import dry_run_training

    refuse_several_processes("share a dry run", "Start --dry-run without torchrun.")
    samples = open_samples(settings.samples.path)
    with stage("Measuring"):
        found = asdict(dry_run_training(samples, settings.plan, settings.splits, settings.device))
    parts = found.pop("parts")
    figures = {**rows_of_splits(found.pop("samples")), **found}
    print_dry_run("train", figures, json=json, model=settings.train.model, parts=[parts])


def made_before(settings: "Settings", out: Path) -> "Run | None":
    """The run of this very training that stopped before its simple models; None without one."""
    from quantsig.data.samples.store import open_samples
    from quantsig.signals.layout import BASELINES, RECORD

    if not (out / RECORD).is_file() or (out / BASELINES).is_file():
        return None
    from quantsig.signals.training.tracking.record import trained_before

    samples = open_samples(settings.samples.path)
    return trained_before(samples, out, settings.plan, settings.splits)


def train_from(settings: "Settings", out: Path, *, force: bool, on: Workers = HERE) -> "Run | None":
    """Train on the sample set that the settings name; None in a process that only helped."""
    from quantsig.data.samples.store import open_samples
    from quantsig.data.splits import doubts

    samples = open_samples(settings.samples.path)
    from quantsig.signals.training import ranks
    from quantsig.signals.training.fit import train
    from quantsig.signals.training.tracking.launch import Launch

    if ranks.is_first():
        for doubt in doubts(samples.index):
            note(phrase("warning: {warning}", warning=term(doubt)))
    with stage("Training") as progress:
        run = train(
            samples,
            out,
            settings.plan,
            settings.splits,
            launch=Launch(
                device=settings.device,
                command=command_line(),
                force=force,
                callbacks=run_callbacks(progress, settings.train.epochs),
                on=on,
            ),
        )
    return run if ranks.is_first() else None


def take_from(settings: "Settings", start: Path, out: Path) -> None:
    """Have the training of `out` go on from a finished run."""
    from quantsig.data.samples.store import open_samples
    from quantsig.signals.training.prolonging import hand_over

    refuse_several_processes("take over a run", "Start --from without torchrun once.")
    hand_over(start, out, work_of(settings, open_samples(settings.samples.path)), settings.train)


def work_of(settings: "Settings", samples: "SampleSet") -> "Work":
    """What the training is made from."""
    from quantsig.signals.scoring.device import find_device
    from quantsig.signals.training.tracking.record import training_work

    device = find_device(settings.device).type
    return training_work(samples, settings.plan, settings.splits, device)


def compare_with(run: "Run", settings: "Settings") -> list[dict[str, Any]]:
    """What the simple models reach on validation."""
    from quantsig.data.samples.store import open_samples
    from quantsig.signals.training.comparison import write_baselines
    from quantsig.signals.training.tracking.callbacks import Callbacks

    with stage("Simple models") as progress:
        callbacks = Callbacks(progress=progress, tell=note)
        return write_baselines(run, open_samples(settings.samples.path), settings.plan, callbacks)


def ranked(own: dict[str, Any], compared: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The run and the simple models, the best ranking first."""
    return sorted([own, *compared], key=lambda row: -(row["average_precision"] or 0.0))


def refuse_several_processes(doing: str, remedy: str) -> None:
    """Stop what only a single process can do."""
    from quantsig.data.errors import UsageError
    from quantsig.signals.training import ranks

    if ranks.world_size() > 1:
        raise UsageError(
            phrase("several processes cannot {doing}.", doing=term(doing)),
            where="quantsig train",
            remedy=remedy,
        )


def print_controls(settings: "Settings", *, json: bool) -> None:
    """Run the three controls; a failed one is exit code 4."""
    from dataclasses import asdict

    from quantsig.data.errors import CheckFailed
    from quantsig.data.samples.store import open_samples
    from quantsig.signals.training.controls import run_controls

    refuse_several_processes("share the controls", "Start --check without torchrun.")
    samples = open_samples(settings.samples.path)
    rows = []
    with stage("Controls"):
        for control in run_controls(
            samples, settings.plan, settings.splits, device=settings.device
        ):
            rows.append(asdict(control))
            ended = term(ENDED[control.passed])
            if control.remark:
                ended = phrase("{ended} ({why})", ended=ended, why=term(control.remark))
            note(phrase("{name}: {ended}", name=term(control.name), ended=ended))
    failed = [row["name"] for row in rows if row["passed"] is False]
    if json:
        print_document("train.check", {"failed": len(failed)}, controls=rows)
    else:
        print_table(rows, {name: name for name in rows[0]})
    if failed:
        raise CheckFailed(
            phrase(
                "{count} of {controls} controls failed: {names}.",
                count=len(failed),
                controls=len(rows),
                names=", ".join(failed),
            ),
            where=str(samples.path),
            remedy="Look for a broken label or feed, or try another learning rate or model.",
        )


def run_path(settings: "Settings", start: Path | None = None) -> Path:
    """The run that this command left unfinished, else a name no run has yet."""
    from quantsig.data.samples.store import open_samples
    from quantsig.signals.runs import unfinished_run

    samples = open_samples(settings.samples.path)
    refuse_several_processes("agree on a new run's name", "Name the run folder with --out.")
    from quantsig.signals.training.prolonging import shorter_runs

    work = work_of(settings, samples)
    found = unfinished_run(settings.paths.runs, work)
    if found:
        note(phrase("going on with {run}", run=found))
        return found
    if start is None:
        for run, epochs in shorter_runs(settings.paths.runs, work).items():
            note(
                phrase(
                    "the same with {epochs} epochs is {run}; --from {run} goes on with it",
                    epochs=epochs,
                    run=run,
                )
            )
    return new_run_path(settings)


def new_run_path(settings: "Settings") -> Path:
    """A name no run has yet: the time, the model and the seed."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    name = f"{stamp}-{settings.train.model}-{settings.train.seed}"
    names = chain([name], (f"{name}-{number}" for number in count(2)))
    return next(path for path in map(settings.paths.runs.joinpath, names) if not path.exists())


def figures_of(run: "Run") -> dict[str, Any]:
    """The metrics of the chosen epoch on the validation split."""
    import polars as pl

    epoch = run.record.best_epoch
    row = run.metrics().filter((pl.col("split") == "validation") & (pl.col("epoch") == epoch))
    return row.drop("learning_rate").row(0, named=True)
