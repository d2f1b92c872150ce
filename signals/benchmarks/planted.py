"""The positive control at full length: a network must find the planted pattern."""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from quantsig.data.bars import check_bars
from quantsig.data.benchmarks.measured import Measured
from quantsig.data.benchmarks.scale import Scale
from quantsig.data.demo.planted import CELL_BARS, RISE_FRACTION, Planted, planted_bars
from quantsig.data.label_spec import LabelSpec
from quantsig.data.machine import load_average
from quantsig.data.progress import Progress, silent
from quantsig.data.samples.build import build_samples
from quantsig.data.samples.store import SampleSet
from quantsig.data.sequences.spec import SequenceSpec
from quantsig.data.split_spec import SplitSpec
from quantsig.signals.metrics import event_metrics
from quantsig.signals.models import find_model
from quantsig.signals.optimisation.optimisers import OptimiserSettings
from quantsig.signals.runs import Run
from quantsig.signals.scoring.device import has_bf16
from quantsig.signals.scoring.scorer import open_scorer
from quantsig.signals.training.fit import train
from quantsig.signals.training.settings import Plan, SpeedSettings, TrainSettings
from quantsig.signals.training.tracking.launch import Launch

NETWORK = "resnet18"
WINDOW = SequenceSpec(window_bars=32, timeframes=(1,))  # of networks of sequences
FIRST_SEED = 37
TEST = "test"


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What one seed's training came to; seconds of the training alone."""

    validation: float | None  # average precision, which chose the epoch
    test: float  # average precision on rows that chose nothing
    oracle: float  # of a judge that sees the pattern, same rows
    epoch: int
    seconds: float
    cpu_seconds: float  # over all threads


def measure(
    scale: Scale, device: torch.device, progress: Progress = silent, network: str = NETWORK
) -> Measured:
    """Average precision on the test split of trainings on bars that hold a known pattern.

    Every seed has bars of its own. The settings below were chosen by the validation split alone,
    and so is each training's epoch.

    Args:
        scale: how many cells of bars, seeds and epochs, and the charts.
        device: where the network trains.
        progress: told about seeds.
        network: that is trained; a key of MODELS.
    """
    found = []
    for number in range(scale.planted_seeds):
        progress(number, scale.planted_seeds)
        found.append(_one(plan_of(network, FIRST_SEED + number, scale, device), scale, device))
    progress(scale.planted_seeds, scale.planted_seeds)
    return Measured(
        figures={
            "average_precision": median(one.test for one in found),
            "share_of_oracle": median(one.test / one.oracle for one in found),
            "seconds": max(one.seconds for one in found),
        },
        details={
            "network": network,
            "planted_shape": "x".join(map(str, scale.step_chart.shape)),
            "threads": torch.get_num_threads(),
            "load_average": load_average(),
            "average_precisions": [one.test for one in found],
            "oracle_average_precisions": [one.oracle for one in found],
            "validation_average_precisions": [one.validation for one in found],
            "best_epochs": [one.epoch for one in found],
            "wall_seconds": [one.seconds for one in found],
            "cpu_seconds": [one.cpu_seconds for one in found],
        },
        remarks=(
            "seconds is the slowest seed's training by the wall clock; cpu seconds count every "
            "thread, so that two cores to itself need about half of them.",
        ),
    )


def plan_of(network: str, seed: int, scale: Scale, device: torch.device) -> Plan:
    """Few epochs at five times the usual rate, in bf16 where the device has it.

    A network of sequences reads 32 bars and takes more and faster steps, which are cheap.
    """
    if find_model(network).reads == "sequence":
        return Plan(
            train=TrainSettings(
                model=network,
                epochs=scale.planted_sequence_epochs,
                patience=scale.planted_sequence_epochs,
                best_by=("average_precision",),
                seed=seed,
            ),
            input=WINDOW,
            optimiser=OptimiserSettings(learning_rate=2e-3),
        )
    steps: Literal["bf16", "fp32"] = "bf16" if has_bf16(device) else "fp32"
    return Plan(
        train=TrainSettings(
            model=network,
            epochs=scale.planted_epochs,
            best_by=("average_precision",),
            seed=seed,
        ),
        optimiser=OptimiserSettings(learning_rate=1e-3),
        speed=SpeedSettings(precision=steps, scoring=steps),
    )


def _one(plan: Plan, scale: Scale, device: torch.device) -> Found:
    made = planted_bars(scale.planted_cells, plan.train.seed)
    with tempfile.TemporaryDirectory(prefix="quantsig-bench-") as folder:
        samples = build_samples(
            check_bars(made.bars),
            Path(folder) / "samples",
            chart=scale.step_chart,
            label=LabelSpec(name="rise", horizon_bars=CELL_BARS, rise_fraction=RISE_FRACTION),
            stride_bars=CELL_BARS,
        )
        start, cpu_start = time.perf_counter(), time.process_time()
        run = train(
            samples,
            Path(folder) / "run",
            plan,
            SplitSpec(),
            launch=Launch(device=device.type),
        )
        seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_start
        test, oracle = _judged(run, samples, made, device)
    best = run.record.best["average_precision"]
    return Found(
        validation=best.value,
        test=test,
        oracle=oracle,
        epoch=best.epoch,
        seconds=seconds,
        cpu_seconds=cpu_seconds,
    )


def _judged(
    run: Run, samples: SampleSet, made: Planted, device: torch.device
) -> tuple[float, float]:
    """Average precision on the test rows, of the run and of the oracle."""
    rows = np.flatnonzero((samples.assigned(run.splits) == TEST).fill_null(False).to_numpy())
    judged = samples.index[rows].join(made.decisions, on="decision_time", maintain_order="left")
    happened = run.happened(judged)
    scores = open_scorer(run, device.type).scores(samples, rows).long
    return average_precision(happened, scores), average_precision(
        happened, judged["oracle_score"].to_numpy()
    )


def average_precision(happened: NDArray[np.bool_], scores: NDArray[np.float64]) -> float:
    """Average precision of scores (n,), ties broken at random.

    An oracle says few different things, and tied scores are judged too low.
    """
    by_chance = np.random.default_rng(FIRST_SEED).permutation(len(scores))
    places = np.empty(len(scores))
    places[np.lexsort((by_chance, scores))] = np.arange(len(scores))
    return event_metrics(happened, places).average_precision or 0.0
