"""Several processes compute what one would."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from safetensors.numpy import load_file

from quantsig.data.split_spec import SplitSpec
from quantsig.signals.training.fit import train
from quantsig.signals.training.tracking.launch import Launch
from tests.planted import build, planted_frame
from tests.signals.training.two_processes import PLAN

pytestmark = pytest.mark.xdist_group("ranks")
LAUNCHER = "tests.signals.training.two_processes"


def test_two_processes_train_what_one_does(tmp_path: Path) -> None:
    """Losses to six digits; weights, batch statistics and calibrated probabilities to five.

    The last batch is odd, so that the two get different numbers of samples.
    """
    samples = build(planted_frame(cells=300), tmp_path / "samples")
    one = train(samples, tmp_path / "one", PLAN, SplitSpec(), launch=Launch(device="cpu"))
    call = [sys.executable, "-m", LAUNCHER, str(samples.path), str(tmp_path / "two")]
    ended = subprocess.run(call, capture_output=True, text=True, timeout=200, check=False)
    assert ended.returncode == 0, ended.stderr
    weights, others = (load_file(tmp_path / name / "model.safetensors") for name in ("one", "two"))
    for name, weight in weights.items():
        np.testing.assert_allclose(others[name], weight, rtol=1e-5, atol=1e-5, err_msg=name)
    for name, column, digits in (("metrics", "loss", 6), ("predictions", "probability", 5)):
        found = pl.read_parquet(tmp_path / "two" / f"{name}.parquet")[column]
        expected = pl.read_parquet(one.path / f"{name}.parquet")[column]
        np.testing.assert_allclose(found, expected, rtol=0, atol=10.0**-digits)
