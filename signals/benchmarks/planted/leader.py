"""The control of cross-sections: a network must find which symbol the others follow."""

import tempfile
from pathlib import Path

import torch

from quantsig.data.bars import check_bars
from quantsig.data.benchmarks.figures import BenchmarkFigures
from quantsig.data.benchmarks.scale import Scale
from quantsig.data.charts.spec import ChartSpec
from quantsig.data.demo.planted_leader import RISE_FRACTION, planted_panel
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
from quantsig.signals.training.settings import Plan

ALONE = "lstm"  # reads one symbol at a time
WINDOW = SequenceSpec(features=("returns",), window_bars=6, timeframes=(1,))
CHART = ChartSpec(timeframes=(1,), bars=8, height=32, width=48, slow_bars=8)


def measure(
    scale: Scale, device: torch.device, progress: Progress = silent, network: str = "dtml"
) -> BenchmarkFigures:
    """Average precision on the test split, beside an oracle's and that of one symbol at a time.

    Every seed has bars and a leader of its own. The epoch is chosen by validation.

    Args:
        scale: how many times, seeds and epochs.
        device: where the networks train.
        progress: told about seeds.
        network: that is trained; a key of MODELS.
    """
    found: list[SeedResult] = []
    alone: list[SeedResult] = []
    for number in range(scale.planted_seeds):
        progress(number, scale.planted_seeds)
        seed = FIRST_SEED + number
        made = planted_panel(scale.planted_times, seed)
        with tempfile.TemporaryDirectory(prefix="quantsig-bench-") as folder:
            samples = build_samples(
                check_bars(made.bars),
                Path(folder) / "samples",
                chart=CHART,
                label=LabelSpec(name="rise", horizon_bars=1, rise_fraction=RISE_FRACTION),
                stride_bars=1,
            )
            for name, results in ((network, found), (ALONE, alone)):
                plan = plan_of(name, seed, scale)
                out = Path(folder) / f"run-{name}"
                results.append(train_and_judge(samples, out, plan, made.decisions, device))
    progress(scale.planted_seeds, scale.planted_seeds)
    return BenchmarkFigures(
        figures=figures_of(found),
        details={
            **details_of(network, found),
            "planted": "a leader that the others follow",
            "alone_network": ALONE,
            "alone_average_precisions": [one.test for one in alone],
        },
        remarks=("One symbol at a time shows nothing of the leader: it is at the base rate.",),
    )


def plan_of(network: str, seed: int, scale: Scale) -> Plan:
    """Small steps of a few times each; dropout, and the epoch of the best validation."""
    return plan_by_validation(network, seed, scale.planted_leader_epochs, WINDOW, 1e-3)
