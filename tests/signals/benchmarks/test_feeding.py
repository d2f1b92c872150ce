"""The measurement on a GPU runs on a CPU too."""

import math
from dataclasses import replace
from pathlib import Path

import torch

from quantsig.data.benchmarks.scale import QUICK
from quantsig.signals.benchmarks import feeding
from tests.planted import build, planted_frame


def test_a_large_network_trains_on_what_the_loader_fills(tmp_path: Path) -> None:
    """Both kinds of steps are timed, and their ratio is the figure."""
    samples = build(planted_frame(cells=60), tmp_path / "set")
    scale = replace(QUICK, gpu_batch_size=2, gpu_steps=1)
    measured = feeding.measure(samples, scale, torch.device("cpu"))
    ratio = measured.figures["gpu_fed_ratio"]
    assert ratio is not None
    resident, fed = (measured.details[f"gpu_{way}_step_ms"] for way in ("resident", "fed"))
    assert math.isclose(ratio, resident / fed)
    assert measured.details["gpu_batch"] == "2x19x32x48"


def test_without_a_gpu_the_reason_is_given() -> None:
    """A figure that is missing says why."""
    measured = feeding.not_measured("torch sees no GPU")
    assert measured.figures == {"gpu_fed_ratio": None}
    assert measured.missing == {"gpu_fed_ratio": "torch sees no GPU"}
