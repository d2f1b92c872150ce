"""`quantsig train`: fit a classifier on a sample set and write a run."""

import shlex
import sys
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quantsig.cli.arguments import Config, Device, Force, Json, SamplesPath
from quantsig.cli.output import note, print_document, print_figures, stage

if TYPE_CHECKING:
    from quantsig.cli.config import Settings
    from quantsig.signals.runs import Run


def train(
    samples: SamplesPath = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="The run folder to write; else a new one in runs/.")
    ] = None,
    model: Annotated[str | None, typer.Option("--model", help="Which network.")] = None,
    epochs: Annotated[int | None, typer.Option("--epochs", help="At most so many.")] = None,
    batch_size: Annotated[int | None, typer.Option("--batch-size", help="Samples a step.")] = None,
    learning_rate: Annotated[
        float | None, typer.Option("--learning-rate", help="Peak of the schedule.")
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Same seed, same numbers.")] = None,
    device: Device = None,
    config: Config = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Train a classifier on a sample set, calibrate it and write a run.

    \b
    Example:
      quantsig train samples --out runs/first --model resnet18 --epochs 5
    """
    from quantsig.cli.config import load
    from quantsig.data.files import refuse_existing

    settings = load(
        config,
        {
            "samples.path": samples,
            "train.model": model,
            "train.epochs": epochs,
            "train.batch_size": batch_size,
            "train.learning_rate": learning_rate,
            "train.seed": seed,
            "device": device,
        },
    )
    target = out or new_run_path(settings)
    refuse_existing(target, force=force)
    run = train_from(settings, target, force=force)
    figures = figures_of(run)
    if json:
        print_document("train", figures, run=str(run.path), record=run.record)
        return
    print_figures(figures)
    print(run.path)


def train_from(settings: "Settings", out: Path, *, force: bool) -> "Run":
    """Train on the sample set that the settings name."""
    from quantsig.data.samples.store import open_samples
    from quantsig.data.splits import doubts
    from quantsig.signals.training.fit import train

    samples = open_samples(settings.samples.path)
    for doubt in doubts(samples.index):
        note(f"warning: {doubt}")
    with stage("Training") as progress:
        return train(
            samples,
            out,
            settings.train,
            settings.splits,
            device=settings.device,
            command=shlex.join(["quantsig", *sys.argv[1:]]),
            force=force,
            progress=progress,
        )


def new_run_path(settings: "Settings") -> Path:
    """A name no run has yet: the time, the model and the seed."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    name = f"{stamp}-{settings.train.model}-{settings.train.seed}"
    names = chain([name], (f"{name}-{number}" for number in count(2)))
    return next(path for path in map(settings.paths.runs.joinpath, names) if not path.exists())


def figures_of(run: "Run") -> dict[str, Any]:
    """The metrics of the chosen epoch on the validation split."""
    import polars as pl

    epoch = run.record["best_epoch"]
    row = run.metrics().filter((pl.col("split") == "validation") & (pl.col("epoch") == epoch))
    return row.drop("learning_rate", "seconds").row(0, named=True)
