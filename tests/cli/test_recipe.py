"""A published recipe from bars to a run."""

from pathlib import Path

import numpy as np
import polars as pl

from quantsig.data.demo.planted import planted_bars
from quantsig.signals.runs import open_run
from tests.cli.conftest import Quantsig, assert_done

SETTINGS = """
[bars]
source = "bars.csv"
bar_label = "close"
[samples]
stride_bars = 10
[train]
recipe = "jkx20"
"""
HORIZON = 20


def test_jkx20_is_built_verified_and_trained(quantsig: Quantsig) -> None:
    """The label of every sample is the sign of the 20 days from its close, and none is left out."""
    bars = planted_bars(200, seed=1).bars.drop("adjustment")
    bars.write_csv("bars.csv")
    Path("quantsig.toml").write_text(SETTINGS)
    assert_done(quantsig("samples", "build"))
    assert_done(quantsig("samples", "verify"))
    words = ("train", "--out", "runs/jkx", "--no-baselines", "--set", "train.seeds=1")
    assert_done(quantsig(*words, "--epochs", "1", "--set", "train.batch_size=16"))
    run = open_run(Path("runs/jkx"))
    assert (run.record.label.name, run.record.model.name) == ("close_direction", "jkx")
    index = run.samples().index
    close = bars["close"].to_numpy()
    moves = np.append(close[HORIZON:] / close[:-HORIZON] - 1.0, np.full(HORIZON, np.nan))
    by_time = dict(zip(bars["timestamp"].cast(pl.Datetime("us", "UTC")), moves, strict=True))
    expected = np.array([by_time[time] for time in index["decision_time"]])
    known = ~np.isnan(expected)
    np.testing.assert_array_equal(index["label"].to_numpy()[known], expected[known] > 0)
    assert index["label"].null_count() == (~known).sum()
    np.testing.assert_allclose(index["forward_return"].to_numpy()[known], expected[known])
