"""Models trained on a planted pattern, as ONNX, over a thousand rows and more.

    pytest -m soak -s tests/backtest/export/test_onnx_rows.py

prints the largest difference of each, which BENCHMARKS.md has.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest

import quantsig as qs
from quantsig.backtest.export.onnx_package import export_onnx
from quantsig.data.demo.planted import RISE_FRACTION, planted_bars
from quantsig.signals.export.probability_graph import inputs_of

if TYPE_CHECKING:
    from quantsig.data.samples.store import SampleSet

CELLS, ROWS = 3600, 1000
MODELS = ("logistic", "bars_cnn", "small", "resnet18")
CHART = {
    "samples.height": 32,
    "samples.width": 64,
    "samples.timeframes": [1, 2],
    "label.rise_fraction": RISE_FRACTION,
}
SPLITS = {"splits.train": 0.5, "splits.validation": 0.1, "splits.calibration": 0.3}


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> "SampleSet":
    """Three thousand and six hundred decisions."""
    folder = tmp_path_factory.mktemp("onnx") / "samples"
    bars = qs.read_bars(planted_bars(CELLS, seed=5).bars, bar_label="close")
    return qs.build_samples(bars, folder, preset="small", stride_bars=5, settings=CHART)


@pytest.mark.soak
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("model", MODELS)
def test_onnxruntime_agrees_over_a_thousand_rows(
    samples: "SampleSet", tmp_path: Path, model: str
) -> None:
    """Every probability to 1e-5."""
    onnxruntime = pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    settings = SPLITS | {"splits.test": 0.1}
    run = qs.train(
        samples, tmp_path / "run", model=model, epochs=1, baselines=False, settings=settings
    )
    rows = run.predictions().filter(pl.col("split") == "calibration")
    assert len(rows) >= ROWS
    folder = export_onnx(run, tmp_path / "out")
    session = onnxruntime.InferenceSession(folder / "network.onnx")
    inputs = inputs_of(run, rows["sample_id"].to_numpy())
    said = np.concatenate(
        [session.run(["probability"], {"inputs": part})[0] for part in np.array_split(inputs, 20)]
    )
    difference = float(np.abs(said - rows["probability"].to_numpy()).max())
    print(f"\n{model}: {len(rows)} rows, largest difference of a probability {difference:.1e}")
    assert difference < 1e-5
