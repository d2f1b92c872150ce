"""A training whose truth is known: what it came to, beside an oracle that sees what is planted."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray

from quantsig.data.machine import load_average
from quantsig.data.samples.store import SampleSet
from quantsig.data.sequences.spec import SequenceSpec
from quantsig.data.split_spec import SplitSpec
from quantsig.signals.metrics import event_metrics
from quantsig.signals.optimisation.optimisers import OptimiserSettings
from quantsig.signals.scoring.scorer import open_scorer
from quantsig.signals.training.fit import train
from quantsig.signals.training.settings import Plan, TrainSettings
from quantsig.signals.training.tracking.launch import Launch

FIRST_SEED = 101  # 37 to 39 were in sight when settings were chosen
TEST = "test"
KEYS = ("symbol", "decision_time")


@dataclass(frozen=True, kw_only=True, slots=True)
class SeedResult:
    """What one seed's training came to; seconds of the training alone."""

    validation: float | None  # average precision, which chose the epoch
    test: float  # average precision on rows that chose nothing
    oracle: float  # of a judge that sees the pattern, same rows
    base_rate: float  # of the event, same rows
    epoch: int
    seconds: float
    cpu_seconds: float  # over all threads


def train_and_judge(
    samples: SampleSet, out: Path, plan: Plan, decisions: pl.DataFrame, device: torch.device
) -> SeedResult:
    """Train on samples, and judge the test rows by the run and by the oracle.

    Args:
        samples: of bars in which something is planted.
        out: folder of the run.
        plan: of the training; it chooses the epoch by average precision on validation.
        decisions: a row a decision: `decision_time`, `oracle_score`, and `symbol` if there are
            several.
        device: where the network trains.
    """
    start, cpu_start = time.perf_counter(), time.process_time()
    run = train(samples, out, plan, SplitSpec(), launch=Launch(device=device.type))
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_start
    rows = np.flatnonzero((samples.assigned(run.splits) == TEST).fill_null(False).to_numpy())
    keys = [name for name in KEYS if name in decisions.columns]
    judged = samples.index[rows].join(decisions, on=keys, maintain_order="left")
    happened = run.happened(judged)
    scores = open_scorer(run, device.type).scores(samples, rows).long
    best = run.record.best["average_precision"]
    return SeedResult(
        validation=best.value,
        test=average_precision(happened, scores),
        oracle=average_precision(happened, judged["oracle_score"].to_numpy()),
        base_rate=float(happened.mean()),
        epoch=best.epoch,
        seconds=seconds,
        cpu_seconds=cpu_seconds,
    )


def plan_by_validation(
    network: str, seed: int, epochs: int, window: SequenceSpec, learning_rate: float
) -> Plan:
    """So many epochs of a network that reads windows; the one of the best validation is kept."""
    return Plan(
        train=TrainSettings(
            model=network,
            epochs=epochs,
            patience=epochs,
            best_by=("average_precision",),
            seed=seed,
        ),
        input=window,
        optimiser=OptimiserSettings(learning_rate=learning_rate),
    )


def figures_of(found: Sequence[SeedResult]) -> dict[str, float | None]:
    """Figures of several seeds."""
    return {
        "average_precision": median(one.test for one in found),
        "share_of_oracle": median(one.test / one.oracle for one in found),
        "seconds": max(one.seconds for one in found),
    }


def details_of(network: str, found: Sequence[SeedResult]) -> dict[str, object]:
    """What stands behind them, seed by seed."""
    return {
        "network": network,
        "threads": torch.get_num_threads(),
        "load_average": load_average(),
        "average_precisions": [one.test for one in found],
        "oracle_average_precisions": [one.oracle for one in found],
        "base_rates": [one.base_rate for one in found],
        "validation_average_precisions": [one.validation for one in found],
        "best_epochs": [one.epoch for one in found],
        "wall_seconds": [one.seconds for one in found],
        "cpu_seconds": [one.cpu_seconds for one in found],
    }


def average_precision(happened: NDArray[np.bool_], scores: NDArray[np.float64]) -> float:
    """Average precision of scores (n,), ties broken at random.

    An oracle says few different things, and tied scores are judged too low.
    """
    by_chance = np.random.default_rng(FIRST_SEED).permutation(len(scores))
    places = np.empty(len(scores))
    places[np.lexsort((by_chance, scores))] = np.arange(len(scores))
    return event_metrics(happened, places).average_precision or 0.0
