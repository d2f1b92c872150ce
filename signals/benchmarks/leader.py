"""The control of cross-sections: a network must find which symbol the others follow."""

import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
import torch
from numpy.typing import NDArray

from quantsig.data.bars import check_bars
from quantsig.data.benchmarks.measured import Measured
from quantsig.data.benchmarks.scale import Scale
from quantsig.data.charts.spec import ChartSpec
from quantsig.data.demo.planted_leader import RISE_FRACTION, PlantedPanel, planted_panel
from quantsig.data.label_spec import LabelSpec
from quantsig.data.machine import load_average
from quantsig.data.progress import Progress, silent
from quantsig.data.samples.build import build_samples
from quantsig.data.samples.store import SampleSet
from quantsig.data.sequences.spec import SequenceSpec
from quantsig.data.split_spec import SplitSpec
from quantsig.signals.benchmarks.planted import FIRST_SEED, TEST, Found, average_precision
from quantsig.signals.models.sequences.settings import ModelSettings
from quantsig.signals.optimisation.optimisers import OptimiserSettings
from quantsig.signals.scoring.scorer import open_scorer
from quantsig.signals.training.fit import train
from quantsig.signals.training.settings import Plan, TrainSettings
from quantsig.signals.training.tracking.launch import Launch

ALONE = "lstm"  # reads one symbol at a time
WINDOW = SequenceSpec(features=("returns",), window_bars=6, timeframes=(1,))
CHART = ChartSpec(timeframes=(1,), bars=8, height=32, width=48, slow_bars=8)


def measure(
    scale: Scale, device: torch.device, progress: Progress = silent, network: str = "dtml"
) -> Measured:
    """Average precision on the test split, beside an oracle's and that of one symbol at a time.

    Every seed has bars and a leader of its own. The epoch is chosen by validation.

    Args:
        scale: how many times, seeds and epochs.
        device: where the networks train.
        progress: told about seeds.
        network: that is trained; a key of MODELS.
    """
    found: list[Found] = []
    alone: list[Found] = []
    rates = []
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
                results.append(_one(samples, Path(folder) / f"run-{name}", plan, made, device))
            rates.append(_base_rate(samples))
    progress(scale.planted_seeds, scale.planted_seeds)
    return Measured(
        figures={
            "average_precision": median(one.test for one in found),
            "share_of_oracle": median(one.test / one.oracle for one in found),
            "seconds": max(one.seconds for one in found),
        },
        details={
            "network": network,
            "planted": "a leader that the others follow",
            "threads": torch.get_num_threads(),
            "load_average": load_average(),
            "average_precisions": [one.test for one in found],
            "oracle_average_precisions": [one.oracle for one in found],
            "base_rates": rates,
            "alone_network": ALONE,
            "alone_average_precisions": [one.test for one in alone],
            "validation_average_precisions": [one.validation for one in found],
            "best_epochs": [one.epoch for one in found],
            "wall_seconds": [one.seconds for one in found],
            "cpu_seconds": [one.cpu_seconds for one in found],
        },
        remarks=("One symbol at a time shows nothing of the leader: it is at the base rate.",),
    )


def plan_of(network: str, seed: int, scale: Scale) -> Plan:
    """Small steps of a few times each; dropout, and the epoch of the best validation."""
    epochs = scale.planted_leader_epochs
    return Plan(
        train=TrainSettings(
            model=network,
            epochs=epochs,
            patience=epochs,
            best_by=("average_precision",),
            seed=seed,
        ),
        model=ModelSettings(),
        input=WINDOW,
        optimiser=OptimiserSettings(learning_rate=1e-3),
    )


def _one(
    samples: SampleSet, out: Path, plan: Plan, made: PlantedPanel, device: torch.device
) -> Found:
    start, cpu_start = time.perf_counter(), time.process_time()
    run = train(samples, out, plan, SplitSpec(), launch=Launch(device=device.type))
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_start
    rows = _test_rows(samples)
    keys = ["symbol", "decision_time"]
    judged = samples.index[rows].join(made.decisions, on=keys, maintain_order="left")
    happened = run.happened(judged)
    scores = open_scorer(run, device.type).scores(samples, rows).long
    best = run.record.best["average_precision"]
    return Found(
        validation=best.value,
        test=average_precision(happened, scores),
        oracle=average_precision(happened, judged["oracle_score"].to_numpy()),
        epoch=best.epoch,
        seconds=seconds,
        cpu_seconds=cpu_seconds,
    )


def _base_rate(samples: SampleSet) -> float:
    """Share of the test rows in which the event happened."""
    labels = samples.index["label"].to_numpy()[_test_rows(samples)]
    return float(np.nanmean(labels == len(samples.classes) - 1))


def _test_rows(samples: SampleSet) -> NDArray[np.int64]:
    return np.flatnonzero((samples.assigned(SplitSpec()) == TEST).fill_null(False).to_numpy())
