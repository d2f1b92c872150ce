"""Train one model on a sample set, calibrate it, and leave a run folder behind."""

import logging
import math
import warnings
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import lightning
import numpy as np
import polars as pl
import tomli_w
import torch
from lightning.pytorch.callbacks import EarlyStopping
from numpy.typing import NDArray

from quantsig.data import files
from quantsig.data.errors import CheckFailed, ConfigError, DataError
from quantsig.data.progress import Progress, silent
from quantsig.data.samples.store import SampleSet
from quantsig.data.splits import SPLITS, SplitSpec, assign, cut_times
from quantsig.signals.calibration import calibration_record, fit_sigmoid
from quantsig.signals.checkpoints import load_model
from quantsig.signals.decisions import predictions_frame
from quantsig.signals.device import find_device
from quantsig.signals.ledger import append_ledger
from quantsig.signals.losses import LossSettings, find_loss, loss_kind, target_counts
from quantsig.signals.metrics import event_score
from quantsig.signals.models import build_model, check_model
from quantsig.signals.predict import score
from quantsig.signals.runs import (
    CALIBRATION,
    CONFIG,
    ENVIRONMENT,
    METRICS,
    PREDICTIONS,
    RECORD,
    SCHEMA,
    WEIGHTS,
    Run,
    open_run,
    trial_id,
    unfinished,
)
from quantsig.signals.shape import ModelRecord, ModelShape
from quantsig.signals.training.environment import environment
from quantsig.signals.training.journal import VALIDATION_LOSS, Journal
from quantsig.signals.training.module import EpochLoader, TrainingModule
from quantsig.signals.training.settings import TrainSettings

FEWEST_PER_SPLIT = 2


def train(
    samples: SampleSet,
    out: Path,
    settings: TrainSettings,
    splits: SplitSpec,
    *,
    device: str = "auto",
    command: str = "",
    force: bool = False,
    progress: Progress = silent,
) -> Run:
    """Train, keep the weights of the lowest validation loss, calibrate, write the run.

    The test split is not touched. The run folder counts as finished once run.json is there.

    Args:
        samples: the sample set.
        out: the run folder to make.
        settings: model, optimiser and stopping rule.
        splits: shares of train, validation, calibration and test.
        device: auto, cpu or cuda.
        command: the command line, for the record.
        force: replace a finished run; an unfinished one is replaced in any case.
        progress: told about optimiser steps.

    Raises:
        ConfigError: the model or loss is unknown, or the label has no classes.
        DataError: a split is too small, or the event never or always happens where it is learnt
            or calibrated.
        CheckFailed: the loss stopped being a number.
    """
    check_model(settings.model)
    loss_kind(settings.loss)
    target = find_device(device)
    ids = _split_ids(samples, assign(samples.index, splits))
    with files.filling_folder(out, force=force or unfinished(out)) as folder:
        identity = trial_id(samples.manifest["fingerprint"], asdict(settings), asdict(splits))
        files.write_text(folder / CONFIG, tomli_w.dumps(_config(samples, settings, splits)))
        files.write_json(folder / ENVIRONMENT, environment(target, settings.seed))
        journal = _fit(folder, samples, ids, settings, target, progress)
        record = _record(out, samples, settings, splits, identity, command)
        record["best_epoch"] = journal.best_epoch
        record["files"] = {WEIGHTS: files.sha256_of(folder / WEIGHTS)}
        _score_and_calibrate(folder, record, samples, splits, ids, target)
        for name in (METRICS, PREDICTIONS, CALIBRATION, CONFIG, ENVIRONMENT):
            record["files"][name] = files.sha256_of(folder / name)
        files.write_json(folder / RECORD, record)
    run = open_run(out)
    append_ledger(run.runs_folder, "training", run_id=run.run_id, trial_id=identity)
    return run


def _split_ids(samples: SampleSet, split: pl.Series) -> dict[str, NDArray[np.int64]]:
    if not samples.classes:
        imported = samples.manifest["storage"] == "frames"
        raise ConfigError(
            "the first target of the imported samples is no class, and regression is not trained."
            if imported
            else f"the label {samples.label.name} has no classes to train on.",
            where=str(samples.path),
            remedy="Import samples whose y begins with a whole number, at most 20 different ones."
            if imported
            else "Build the set with the label rise, direction, three_way or triple_barrier.",
        )
    ids = {name: np.flatnonzero((split == name).fill_null(False).to_numpy()) for name in SPLITS}
    for name, rows in ids.items():
        if len(rows) < FEWEST_PER_SPLIT:
            raise DataError(
                f"the {name} split has {len(rows)} samples.",
                where=str(samples.path),
                remedy="Use more bars, or give that split a larger share.",
            )
    for name in ("train", "calibration"):
        events = samples.index["label"].gather(ids[name]) == len(samples.classes) - 1
        if events.all() or not events.any():
            raise DataError(
                f"the event happens in {events.sum()} of the {len(events)} {name} samples.",
                where=str(samples.path),
                remedy="Use more bars, or a label whose event is less rare.",
            )
    return ids


def _fit(
    folder: Path,
    samples: SampleSet,
    ids: dict[str, NDArray[np.int64]],
    settings: TrainSettings,
    device: torch.device,
    progress: Progress,
) -> Journal:
    torch.manual_seed(settings.seed)
    model = build_model(settings.model, _model_shape(samples))
    journal = Journal(folder, samples, ids["validation"], progress)
    stopping = EarlyStopping(
        VALIDATION_LOSS,
        min_delta=settings.min_delta,
        patience=settings.patience,
        check_on_train_epoch_end=True,
    )
    trainer = _trainer(settings, device, [journal, stopping])
    loader = EpochLoader(samples, ids["train"], settings, lambda: trainer.current_epoch, device)
    classes = samples.index["label"].fill_null(-1).to_numpy().astype(np.int64)
    total_steps = settings.epochs * len(loader)
    returns = samples.index["forward_return"].to_numpy()[ids["train"]]
    targets = target_counts(classes[ids["train"]], len(samples.classes), returns)
    loss = find_loss(settings.loss, LossSettings(), targets)
    module = TrainingModule(model, loss, classes, settings, total_steps)
    _run_trainer(trainer, module, loader)
    if not math.isfinite(journal.rows[-1]["loss"]):
        raise CheckFailed(
            f"training diverged: the validation loss of epoch {journal.rows[-1]['epoch']} "
            "is not a number.",
            where=str(folder),
            remedy="Lower the learning rate, or clip the gradient harder.",
        )
    progress(total_steps, total_steps)
    return journal


def _trainer(
    settings: TrainSettings, device: torch.device, callbacks: list[lightning.Callback]
) -> lightning.Trainer:
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    return lightning.Trainer(
        max_epochs=settings.epochs,
        accelerator="gpu" if device.type == "cuda" else "cpu",
        devices=1,
        precision="bf16-mixed" if device.type == "cuda" else "32-true",
        gradient_clip_val=settings.clip_norm,
        callbacks=callbacks,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )


def _run_trainer(trainer: lightning.Trainer, module: TrainingModule, loader: EpochLoader) -> None:
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="lightning")
            trainer.fit(module, train_dataloaders=loader)
    except SystemExit as error:
        if isinstance(error.__context__, KeyboardInterrupt):  # Lightning turns Ctrl-C into exit(1)
            raise KeyboardInterrupt from error
        raise


def _score_and_calibrate(
    folder: Path,
    record: dict[str, Any],
    samples: SampleSet,
    splits: SplitSpec,
    ids: dict[str, NDArray[np.int64]],
    device: torch.device,
) -> None:
    """Score validation and calibration with the best weights; fit the calibrator on the latter."""
    shape = ModelShape(**record["model"]["shape"])
    model = load_model(
        folder / WEIGHTS,
        ModelRecord(name=record["model"]["name"], shape=shape),
        record["files"][WEIGHTS],
    )
    scored = np.concatenate([ids["validation"], ids["calibration"]])
    scores = event_score(score(model, samples, scored, device=device))
    rows = predictions_frame(samples, assign(samples.index, splits), scored, scores)
    calibration = rows.filter(pl.col("split") == "calibration")
    score_there = calibration["score"].to_numpy()
    happened = (calibration["label"] == shape.outputs - 1).to_numpy()
    calibrator = fit_sigmoid(score_there, happened)
    files.write_json(folder / CALIBRATION, calibration_record(calibrator, score_there, happened))
    probability = pl.Series(calibrator.probability(scores))
    files.write_parquet(folder / PREDICTIONS, rows.with_columns(probability=probability))


def _model_shape(samples: SampleSet) -> ModelShape:
    if len(samples.shape) != 3:
        raise DataError(
            f"samples of shape {samples.shape} are not planes of height and width.",
            where=str(samples.path),
            remedy="Train on samples of three dimensions.",
        )
    planes, height, width = samples.shape
    first_bar_column, whole_bars = samples.pictures.whole_bars
    return ModelShape(
        planes=planes,
        height=height,
        width=width,
        bar_pixels=samples.pictures.bar_pixels,
        outputs=len(samples.classes),
        first_bar_column=first_bar_column,
        whole_bars=whole_bars,
    )


def _cuts(index: pl.DataFrame, splits: SplitSpec) -> list[str | int]:
    cuts = cut_times(index, splits)
    return [cut.isoformat() if isinstance(cut, datetime) else cut for cut in cuts]


def _config(samples: SampleSet, settings: TrainSettings, splits: SplitSpec) -> dict[str, Any]:
    drawn = {name: samples.manifest[name] for name in ("stride_bars", "chart")}
    return {
        "samples": {
            "path": str(samples.path.resolve()),
            "fingerprint": samples.manifest["fingerprint"],
            **{name: value for name, value in drawn.items() if value is not None},
        },
        "label": samples.manifest["label"],
        "splits": asdict(splits),
        "train": asdict(settings),
    }


def _record(
    out: Path,
    samples: SampleSet,
    settings: TrainSettings,
    splits: SplitSpec,
    identity: str,
    command: str,
) -> dict[str, Any]:
    model = ModelRecord(name=settings.model, shape=_model_shape(samples))
    return {
        "schema": SCHEMA,
        "run_id": f"{out.name}-{identity[:6]}",
        "trial_id": identity,
        "created": datetime.now(UTC).isoformat(),
        "command": command,
        "samples": {
            "path": str(samples.path.resolve()),
            "fingerprint": samples.manifest["fingerprint"],
        },
        "model": model.as_dict(),
        "classes": samples.classes,
        "chart": samples.manifest["chart"],
        "drawing_version": samples.manifest["drawing_version"],
        "label": samples.manifest["label"],
        "splits": asdict(splits),
        "cut_times": _cuts(samples.index, splits),
        "epochs": settings.epochs,
        "seed": settings.seed,
    }
