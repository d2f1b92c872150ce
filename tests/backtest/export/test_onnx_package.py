"""An exported run says the same without quantsig and torch."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from torch import nn

from quantsig.backtest.export.onnx_package import export_onnx
from quantsig.data.errors import UsageError
from quantsig.signals.calibration.beta_map import BetaMap
from quantsig.signals.calibration.calibrators import Calibrator
from quantsig.signals.calibration.isotonic_map import IsotonicMap
from quantsig.signals.calibration.prior_shift import PriorShift
from quantsig.signals.calibration.uncalibrated import Uncalibrated
from quantsig.signals.events import long_event
from quantsig.signals.export.probability_graph import ProbabilityGraph, inputs_of
from quantsig.signals.runs import Run, open_run
from tests.golden.opened import open_workspace


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A logistic regression with a threshold and a backtest."""
    return open_run(open_workspace(tmp_path_factory.mktemp("exported")) / "runs" / "first")


@pytest.fixture(scope="module")
def folder(run: Run) -> Path:
    """It as ONNX."""
    pytest.importorskip("onnxscript", reason="the extra onnx is not installed")
    return export_onnx(run, run.path.parents[1] / "onnx")


@pytest.mark.filterwarnings("ignore")
def test_onnxruntime_gives_the_probabilities_of_the_run(run: Run, folder: Path) -> None:
    """To 1e-5, on every calibration row."""
    onnxruntime = pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    rows = run.predictions().filter(pl.col("split") == "calibration")
    inputs = inputs_of(run, rows["sample_id"].to_numpy())
    session = onnxruntime.InferenceSession(folder / "network.onnx")
    _, score, probability = session.run(None, {"inputs": inputs})
    np.testing.assert_allclose(probability, rows["probability"].to_numpy(), atol=1e-5)
    np.testing.assert_allclose(score, rows["score"].to_numpy(), atol=1e-4)


def test_the_example_runs_without_quantsig(folder: Path) -> None:
    """With what lies beside it; it imports neither torch nor quantsig."""
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    done = subprocess.run(
        [sys.executable, folder / "example.py"], capture_output=True, text=True, check=True
    )
    difference = float(done.stdout.splitlines()[1].split()[-1])
    assert difference < 1e-5
    script = (folder / "example.py").read_text()
    assert "torch" not in script
    assert "import quantsig" not in script


def test_card_and_document_say_what_the_runs_documents_say(run: Run, folder: Path) -> None:
    """Threshold, rows of calibration, samples."""
    choice = run.choice()
    assert choice is not None
    document = json.loads((folder / "network.json").read_text())
    assert document["threshold"] == choice.threshold
    assert document["input_shape"] == list(inputs_of(run, np.arange(2)).shape[1:])
    card = (folder / "card.md").read_text()
    assert f"- threshold: {choice.threshold}" in card
    assert f"- rows: {run.calibration().figures.samples}" in card
    assert run.record.samples.fingerprint in card
    assert f"- label: name {run.record.label.name}, horizon_bars" in card
    assert "## Limits" in card


def test_a_folder_that_exists_is_left_alone(run: Run, folder: Path) -> None:
    """Unless it is to be replaced."""
    with pytest.raises(UsageError):
        export_onnx(run, folder)


def test_without_the_extra_it_says_what_to_install(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three lines, and nothing is written."""
    module = "quantsig.signals.export.probability_graph.find_spec"
    monkeypatch.setattr(module, lambda name: None)
    with pytest.raises(UsageError, match="needs onnx and onnxscript"):
        export_onnx(run, tmp_path / "none")
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    "calibrator",
    [
        BetaMap(a=0.7, b=1.3, c=-0.2, scale=2.0),
        IsotonicMap(scores=(-1.0, 0.0, 2.0), probabilities=(0.1, 0.3, 0.8), scale=1.5),
        IsotonicMap(scores=(0.5,), probabilities=(0.2,), scale=1.0),
        Uncalibrated(),
    ],
)
def test_the_graph_computes_as_the_calibrators_do(calibrator: Calibrator) -> None:
    """And as the correction of sampling and of focal loss does."""
    shift = PriorShift(natural_rate=0.1, sampled_rate=0.4, gamma=2.0)
    event = long_event(("down", "flat", "up"))
    outputs = torch.tensor(np.random.default_rng(3).normal(0, 3, (50, 3)))
    graph = ProbabilityGraph(nn.Identity(), event, shift, calibrator)
    _, score, probability = graph(outputs)
    expected = shift.correct(event.score(outputs.numpy()))
    np.testing.assert_allclose(score.numpy(), expected)
    np.testing.assert_allclose(probability.numpy(), calibrator.probability(expected))
