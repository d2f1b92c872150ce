"""The positive control at full length: a network must find the planted pattern."""

import tempfile
from pathlib import Path
from typing import Literal

import torch

from quantsig.data.bars import check_bars
from quantsig.data.benchmarks.figures import BenchmarkFigures
from quantsig.data.benchmarks.scale import Scale
from quantsig.data.demo.planted import CELL_BARS, RISE_FRACTION, planted_bars
from quantsig.data.label_spec import LabelSpec
from quantsig.data.progress import Progress, silent
from quantsig.data.samples.build import build_samples
from quantsig.data.sequences.spec import SequenceSpec
from quantsig.signals.benchmarks.planted.seed_result import (
    FIRST_SEED,
    SeedResult,
    details_of,
    figures_of,
    plan_by_validation,
    train_and_judge,
)
from quantsig.signals.models import find_model
from quantsig.signals.optimisation.optimisers import OptimiserSettings
from quantsig.signals.scoring.device import has_bf16
from quantsig.signals.training.settings import Plan, SpeedSettings, TrainSettings

NETWORK = "resnet18"
WINDOW = SequenceSpec(window_bars=32, timeframes=(1,))  # of networks of sequences


def measure(
    scale: Scale, device: torch.device, progress: Progress = silent, network: str = NETWORK
) -> BenchmarkFigures:
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
    return BenchmarkFigures(
        figures=figures_of(found),
        details={
            **details_of(network, found),
            "planted_shape": "x".join(map(str, scale.step_chart.shape)),
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
        epochs = scale.planted_sequence_epochs
        return plan_by_validation(network, seed, epochs, WINDOW, 2e-3)
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


def _one(plan: Plan, scale: Scale, device: torch.device) -> SeedResult:
    made = planted_bars(scale.planted_cells, plan.train.seed)
    with tempfile.TemporaryDirectory(prefix="quantsig-bench-") as folder:
        samples = build_samples(
            check_bars(made.bars),
            Path(folder) / "samples",
            chart=scale.step_chart,
            label=LabelSpec(name="rise", horizon_bars=CELL_BARS, rise_fraction=RISE_FRACTION),
            stride_bars=CELL_BARS,
        )
        return train_and_judge(samples, Path(folder) / "run", plan, made.decisions, device)
