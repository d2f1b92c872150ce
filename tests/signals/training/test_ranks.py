"""Several processes compute what one would."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from safetensors.numpy import load_file

from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SplitSpec
from quantsig.signals.runs import Run, open_run
from quantsig.signals.training.fit import train
from quantsig.signals.training.settings import SpeedSettings
from quantsig.signals.training.tracking.launch import Launch
from tests.planted import build, planted_frame
from tests.signals.training.two_processes import NARROW, PLAN, narrow

pytestmark = pytest.mark.xdist_group("ranks")
LAUNCHER = "tests.signals.training.two_processes"


def test_two_processes_train_what_one_does(tmp_path: Path) -> None:
    """Losses to six digits; weights, batch statistics and calibrated probabilities to five.

    The last batch is odd, so that the two get different numbers of samples.
    """
    samples = build(planted_frame(cells=300), tmp_path / "samples")
    one = train(samples, tmp_path / "one", PLAN, SplitSpec(), launch=Launch(device="cpu"))
    assert_same(one, by_two(samples, tmp_path / "two"))


@pytest.mark.soak  # two trainings
def test_processes_halve_together_what_one_has_no_memory_for(tmp_path: Path) -> None:
    """The second runs out at more than 20 samples: both compute 15 at a time, as one does 30.

    The first step that was rehearsed leaves no trace, and the user is told.
    """
    samples = build(planted_frame(cells=300), tmp_path / "samples")
    two = by_two(samples, tmp_path / "two", "20")
    assert [warning for warning in two.record.warnings if "15 samples at a time" in warning]
    narrow(None)
    plan = replace(NARROW, speed=SpeedSettings(micro_batch=30))
    one = train(samples, tmp_path / "one", plan, SplitSpec(), launch=Launch(device="cpu"))
    assert_same(one, two, weights_to=1e-4)  # parts of an odd batch are cut one row elsewhere


def by_two(samples: SampleSet, out: Path, *more: str) -> Run:
    call = [sys.executable, "-m", LAUNCHER, str(samples.path), str(out), *more]
    ended = subprocess.run(call, capture_output=True, text=True, timeout=200, check=False)
    assert ended.returncode == 0, ended.stderr
    return open_run(out)


def assert_same(one: Run, two: Run, weights_to: float = 1e-5) -> None:
    weights, others = (load_file(run.path / "model.safetensors") for run in (one, two))
    for name, weight in weights.items():
        np.testing.assert_allclose(
            others[name], weight, rtol=weights_to, atol=weights_to, err_msg=name
        )
    for name, column, digits in (("metrics", "loss", 6), ("predictions", "probability", 5)):
        found, expected = (
            pl.read_parquet(run.path / f"{name}.parquet")[column] for run in (two, one)
        )
        np.testing.assert_allclose(found, expected, rtol=0, atol=10.0**-digits)
