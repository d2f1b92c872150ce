"""What cannot be drawn is not measured."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from quantsig.data.benchmarks.scale import QUICK
from quantsig.data.errors import DataError
from quantsig.signals.benchmarks import drawing, feeding
from tests.planted import build, planted_frame


def test_a_set_of_frames_has_nothing_to_draw(tmp_path: Path) -> None:
    """It is named, and a GPU is not fed from it."""
    samples = build(planted_frame(cells=60), tmp_path / "set")
    frames = replace(samples, manifest=replace(samples.manifest, storage="frames"))
    with pytest.raises(DataError, match="stores frames"):
        drawing.measure(frames, QUICK)
    fed = feeding.measure(frames, QUICK, torch.device("cpu"))
    assert fed.missing == {"gpu_fed_ratio": "the set stores frames"}
