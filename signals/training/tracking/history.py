"""What each epoch was worth, split by split, and which epoch is the best so far."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from scipy.special import expit, logit
from torch import nn

from quantsig.data.language.messages import phrase, term
from quantsig.data.storage import parquet
from quantsig.signals.calibration.prior_shift import PriorShift
from quantsig.signals.events import Event
from quantsig.signals.layout import METRICS
from quantsig.signals.losses import Loss
from quantsig.signals.metrics import (
    Baselines,
    best_f1_threshold,
    decision_metrics,
    event_log_loss,
    event_metrics,
    regression_metrics,
)
from quantsig.signals.run_record import FIRST_EPOCH
from quantsig.signals.training.alarms import (
    Alarm,
    collapse,
    label_in_window,
    leak_suspicion,
    no_learning,
)
from quantsig.signals.training.problem import Ids, Problem
from quantsig.signals.training.settings import JUDGES, AlarmSettings, TrainSettings
from quantsig.signals.training.tracking.callbacks import Callbacks

RUNNING, TRAIN, VALIDATION = "running", "train", "validation"
MOST_CURVE_ROWS = 2048  # training rows measured again at the end of an epoch

Outputs = NDArray[np.float64]
ScoreRows = Callable[[nn.Module, Ids], Outputs]


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """How outputs become figures."""

    problem: Problem
    loss: Loss
    event: Event
    shift: PriorShift | None  # taken off the scores; None for returns
    score_rows: ScoreRows  # a model's outputs for samples, in evaluation mode
    lines: Baselines  # what no model at all reaches on the validation rows

    def scores(self, outputs: Outputs) -> Outputs:
        """(n,) scores of the event at its natural rate."""
        score = self.event.score(outputs)
        return self.shift.correct(score) if self.shift else score

    def loss_of(self, outputs: Outputs, ids: Ids, share: float) -> dict[str, float]:
        """The loss of rows by its name and those of its parts."""
        targets = torch.from_numpy(self.problem.targets[ids])
        value = self.loss(torch.from_numpy(outputs), targets, share)
        return {
            "loss": _finite(value.total),
            **{f"loss_{name}": _finite(part) for name, part in value.parts.items()},
        }

    def figures(self, outputs: Outputs, ids: Ids, threshold: float | None) -> dict[str, Any]:
        """Every figure but the loss; `threshold` is that of the best F1."""
        if not np.isfinite(outputs).all():
            outputs = np.zeros_like(outputs)
        scores, returns = self.scores(outputs), self.problem.returns[ids]
        happened = self.problem.happened[ids]
        figures: dict[str, Any] = event_metrics(happened, scores, returns).as_dict()
        if threshold is not None:
            tuned = decision_metrics(happened, scores >= threshold, returns).as_dict()
            figures |= {f"{name}_best_f1": value for name, value in tuned.items()}
        if not self.problem.classes:
            predicted = outputs[:, self.event.column]
            figures |= regression_metrics(
                self.problem.targets[ids].astype(np.float64), predicted
            ).as_dict()
        return figures


@dataclass(kw_only=True, eq=False)
class History:
    """The rows of metrics.parquet, the best epoch by each judge, and what went wrong.

    The train split is told twice: `running` as the steps saw it (weights on the move, dropout,
    the sampler's mix) and `train` measured again at the end of the epoch as validation is, over
    at most 2,048 rows of the natural mix, so that the two curves can be compared.
    """

    folder: Path
    judgement: Judgement
    settings: TrainSettings
    alarm_settings: AlarmSettings
    callbacks: Callbacks
    rows: list[dict[str, Any]] = field(default_factory=list)
    best: dict[str, dict[str, float]] = field(default_factory=dict)  # value and epoch by judge
    alarms: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    went_on: list[dict[str, int]] = field(default_factory=list)  # each time the length changed
    reference: float | None = None  # what the first judge must beat by `min_delta`
    waited: int = 0  # epochs since it did
    seconds: float = 0.0
    started: float = field(default_factory=time.monotonic)

    @property
    def best_epoch(self) -> int:
        """The epoch whose weights the run keeps; -1 before the first."""
        return int(self.best.get(self.settings.best_by[0], {"epoch": -1})["epoch"])

    @property
    def validation_loss(self) -> float:
        """Of the last epoch."""
        return float(self.rows[-1]["loss"])

    @property
    def epochs(self) -> int:
        """How many epochs are in it."""
        return 1 + int(self.rows[-1]["epoch"]) if self.rows else 0

    @property
    def is_over(self) -> bool:
        """Whether patience ran out: no better figure of the first judge for so many epochs."""
        return self.epochs >= self.settings.epochs or self.waited >= self.settings.patience

    def close_epoch(
        self,
        model: nn.Module,
        running: tuple[Ids, Outputs] | None,
        learning_rate: float,
        gradient_norm: float | None = None,
    ) -> list[str]:
        """Measure the epoch that has ended; returns the judges that never saw a better one."""
        epoch = self.epochs
        share = epoch / self.settings.epochs
        judge, problem = self.judgement, self.judgement.problem
        measured = {
            TRAIN: curve_rows(problem.ids["train"], self.settings.seed),
            VALIDATION: problem.ids["validation"],
        }
        outputs = {name: judge.score_rows(model, ids) for name, ids in measured.items()}
        if running:
            measured, outputs = {RUNNING: running[0]} | measured, {RUNNING: running[1]} | outputs
        threshold = best_f1_threshold(
            problem.happened[measured[VALIDATION]], judge.scores(outputs[VALIDATION])
        )
        threshold = threshold if known(threshold) else None
        for split, ids in measured.items():
            self.rows.append(
                {
                    "epoch": epoch,
                    "split": split,
                    **judge.loss_of(outputs[split], ids, share),
                    **judge.figures(outputs[split], ids, threshold),
                    "learning_rate": learning_rate,
                    "gradient_norm": gradient_norm,
                    "threshold_best_f1": threshold,
                }
            )
        parquet.write_parquet(self.folder / METRICS, self.metrics())
        self.callbacks.epoch(self.rows[-len(measured) :])
        self._raise_alarms(epoch, outputs, measured[TRAIN])
        return self._judge(epoch)

    def metrics(self) -> pl.DataFrame:
        """A row per epoch and split."""
        return pl.DataFrame(self.rows, infer_schema_length=None)

    def note(self, text: str) -> None:
        """Tell and remember something that the user must know."""
        self.notes.append(text)
        self.callbacks.tell(phrase("warning: {warning}", warning=term(text)))

    def go_on(self, before: int, steps_done: int) -> None:
        """Tell and remember that the training has another length from here on.

        Args:
            before: the epochs it was to have.
            steps_done: optimiser steps that are behind it.
        """
        now = self.settings.epochs
        self.went_on.append(
            {"epoch": self.epochs, "step": steps_done, "epochs_before": before, "epochs": now}
        )
        self.callbacks.tell(
            phrase(
                "going on after {epochs} epochs: the training now ends after {now} "
                "instead of {before}, and so does the schedule of the learning rate",
                epochs=self.epochs,
                now=now,
                before=before,
            )
        )

    def state(self) -> dict[str, Any]:
        """JSON values from which `restore` makes the same history."""
        now = time.monotonic()
        self.seconds, self.started = self.seconds + now - self.started, now
        return {
            "rows": self.rows,
            "best": self.best,
            "alarms": self.alarms,
            "notes": self.notes,
            "went_on": self.went_on,
            "reference": self.reference,
            "waited": self.waited,
            "seconds": self.seconds,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Put `state()` back."""
        for name, value in state.items():
            setattr(self, name, value)
        for row in self.rows:  # JSON has no NaN, which a loss alone may be
            row |= {name: math.nan for name in row if _is_loss(name) and row[name] is None}
        self.started = time.monotonic()

    def _judge(self, epoch: int) -> list[str]:
        """Find what the last row is the best by, and count how long the first judge waits."""
        better = []
        row = self.rows[-1] if known(self.validation_loss) else {}
        for name in self.settings.best_by:
            value = row.get(name)
            if not known(value):
                continue
            if name not in self.best or _gain(name, value, self.best[name]["value"]) > 0.0:
                self.best[name] = {"value": value, "epoch": epoch}
                better.append(name)
        self._wait(row.get(self.settings.best_by[0]))
        return better

    def _wait(self, value: float | None) -> None:
        first, reference = self.settings.best_by[0], self.reference
        if known(value) and (
            reference is None or _gain(first, value, reference) > self.settings.min_delta
        ):
            self.reference, self.waited = value, 0
        else:
            self.waited += 1

    def _raise_alarms(self, epoch: int, outputs: Mapping[str, Outputs], train_ids: Ids) -> None:
        """Tell each kind of alarm once, when it first rings."""
        told = {alarm["kind"] for alarm in self.alarms}
        for alarm in self._alarms(epoch, outputs, train_ids):
            if alarm.kind not in told:
                self.alarms.append({"epoch": epoch, "kind": alarm.kind, "message": alarm.message})
                self.callbacks.tell(
                    phrase(
                        "ALARM after epoch {epoch}: {message}",
                        epoch=epoch + FIRST_EPOCH,
                        message=term(alarm.message),
                    )
                )

    def _alarms(self, epoch: int, outputs: Mapping[str, Outputs], train_ids: Ids) -> list[Alarm]:
        judge, problem, settings = self.judgement, self.judgement.problem, self.alarm_settings
        if not problem.classes or not all(np.isfinite(part).all() for part in outputs.values()):
            return []
        happened = problem.happened[train_ids]
        natural, shift = float(happened.mean()), judge.shift
        trained = _moved(natural, shift.log_odds) if shift else natural
        row = self.rows[-1]
        events = round(row["base_rate"] * row["samples"])
        found = [
            collapse(judge.event.score(outputs[VALIDATION]), trained, settings),
            leak_suspicion(row["average_precision"], row["base_rate"], events, settings),
            label_in_window(judge.lines, events, settings),
        ]
        if shift is None or shift.exact:
            loss = event_log_loss(happened, judge.scores(outputs[TRAIN]))
            found.append(no_learning(loss, natural, epoch + FIRST_EPOCH, settings))
        return [alarm for alarm in found if alarm]


def _gain(judge: str, value: float, before: float) -> float:
    """By how much a figure is better than before; below zero where it is worse."""
    return JUDGES[judge] * (value - before)


def known(value: float | None) -> TypeGuard[float]:
    """Whether a figure is a finite number."""
    return value is not None and math.isfinite(value)


def _is_loss(name: str) -> bool:
    return name == "loss" or name.startswith("loss_")


def _finite(value: torch.Tensor) -> float:
    """The number, NaN where it is infinite."""
    number = float(value)
    return number if math.isfinite(number) else math.nan


def _moved(rate: float, log_odds: float) -> float:
    """A rate whose log-odds are moved."""
    return float(expit(logit(rate) + log_odds)) if 0.0 < rate < 1.0 else rate


def curve_rows(train_ids: Ids, seed: int) -> Ids:
    """Training rows that are measured again: all, or as many drawn once for the training."""
    if len(train_ids) <= MOST_CURVE_ROWS:
        return train_ids
    chosen = np.random.default_rng([seed, len(train_ids)]).permutation(train_ids)
    return np.sort(chosen[:MOST_CURVE_ROWS])
