"""Which precision a trained model scores in."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from quantsig.data.errors import DataError
from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SplitSpec
from quantsig.signals.layout import ENVIRONMENT, SEAL
from quantsig.signals.runs import Run
from quantsig.signals.scoring.scorer import open_scorer, scoring_remark
from quantsig.signals.training import parity
from quantsig.signals.training.fit import train
from quantsig.signals.training.parity import Parity, parity_of
from quantsig.signals.training.settings import Plan, Scoring, SpeedSettings, TrainSettings
from quantsig.signals.training.tracking.launch import Launch
from tests.planted import build, planted_frame

pytestmark = pytest.mark.xdist_group("parity")
HAPPENED = np.array([False, False, True, False, True, False])
SCORES = np.array([-2.0, -1.0, 0.5, 0.0, 3.0, -3.0])
SHORT = TrainSettings(model="small", epochs=1, seed=1)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> SampleSet:
    """A small planted set."""
    return build(planted_frame(cells=600), tmp_path_factory.mktemp("parity") / "samples")


def trained(samples: SampleSet, out: Path, scoring: Scoring | None) -> Run:
    """A run of one epoch on the CPU."""
    plan = Plan(train=SHORT, speed=SpeedSettings(scoring=scoring))
    return train(samples, out, plan, SplitSpec(), launch=Launch(device="cpu"))


def test_the_same_order_holds_parity() -> None:
    """Scores on another scale rank the same: correlation 1, the same average precision."""
    found = parity_of(HAPPENED, SCORES, SCORES * 1.01)
    assert found.holds
    assert found.spread_ratio == pytest.approx(1.01)
    assert found == Parity(
        precision="bf16",
        samples=6,
        rank_correlation=1.0,
        spread_ratio=found.spread_ratio,
        average_precision_fp32=1.0,
        average_precision=1.0,
    )


def test_the_same_order_on_another_scale_does_not_hold_parity() -> None:
    """A network that misses a factor at its input may still rank."""
    found = parity_of(HAPPENED, SCORES, SCORES / 255)
    assert (found.rank_correlation, found.holds) == (1.0, False)


def test_two_places_changed_do_not_hold_parity() -> None:
    """Swapping the first two of six ranks: rho is 1 - 6 * 2 / (6 * 35) = .943."""
    found = parity_of(HAPPENED, SCORES, SCORES[[1, 0, 2, 3, 4, 5]])
    assert found.rank_correlation == pytest.approx(1 - 12 / 210)
    assert not found.holds


@pytest.mark.parametrize("broken", [np.full(6, np.nan), np.zeros(6)])
def test_scores_that_rank_nothing_do_not_hold_parity(broken: np.ndarray) -> None:
    """Neither numbers that are none, nor one score for all."""
    assert not parity_of(HAPPENED, SCORES, broken).holds


def test_average_precision_may_move_by_so_much() -> None:
    """Half a hundredth is let pass, more is not."""
    near = Parity(
        precision="bf16",
        samples=9,
        rank_correlation=1.0,
        spread_ratio=1.0,
        average_precision_fp32=0.9,
        average_precision=0.904,
    )
    assert near.holds
    assert not replace(near, average_precision=0.906).holds


def test_scores_are_fp32_on_a_cpu(samples: SampleSet, tmp_path: Path) -> None:
    """Unless something else is set; nothing is compared then."""
    record = trained(samples, tmp_path / "run", None).record
    assert (record.scoring_precision, record.scoring_parity) == ("fp32", None)


def test_auto_takes_bf16_where_it_holds(
    samples: SampleSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The figures are recorded, and the scores written are those of a scorer opened later."""
    monkeypatch.setattr(parity, "has_bf16", lambda device: True)
    monkeypatch.setattr(parity, "LEAST_RANK_CORRELATION", 0.9)  # of a model trained for a second
    monkeypatch.setattr(parity, "MOST_PRECISION_CHANGE", 0.2)
    monkeypatch.setattr(parity, "MOST_SPREAD_CHANGE", 0.2)
    run = trained(samples, tmp_path / "run", "auto")
    assert run.record.scoring_precision == "bf16"
    assert (run.record.scoring_parity or {})["rank_correlation"] > 0.9
    written = run.predictions().filter(pl.col("split") == "validation")
    scorer = open_scorer(run, "cpu")
    ids = written["sample_id"].to_numpy()
    again = scorer.scores(samples, ids).long
    plain = replace(scorer, precision="fp32").scores(samples, ids).long
    np.testing.assert_allclose(again, written["score"].to_numpy(), atol=0.05)
    assert np.abs(plain - again).max() > 0


def test_auto_takes_fp32_where_parity_fails(
    samples: SampleSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The figures say why."""
    monkeypatch.setattr(parity, "has_bf16", lambda device: True)
    monkeypatch.setattr(parity, "LEAST_RANK_CORRELATION", 1.1)
    record = trained(samples, tmp_path / "run", "auto").record
    assert record.scoring_precision == "fp32"
    assert (record.scoring_parity or {})["samples"] > 0


def test_auto_takes_fp32_where_there_is_no_bf16(
    samples: SampleSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A CPU that lacks the instructions is not even tried."""
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": False})
    record = trained(samples, tmp_path / "run", "auto").record
    assert (record.scoring_precision, record.scoring_parity) == ("fp32", None)


def test_what_was_asked_for_is_compared_too(
    samples: SampleSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A GPU takes bf16 without being asked, by the same road: fp32 where it differs, and said."""
    monkeypatch.setattr(parity, "LEAST_RANK_CORRELATION", 1.1)
    record = trained(samples, tmp_path / "run", "bf16").record
    assert record.scoring_precision == "fp32"
    assert any("scores in bf16 are not those in fp32" in line for line in record.warnings)


def test_an_epoch_is_judged_in_fp32_where_bf16_differs(
    samples: SampleSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The figures of the epoch are those of a training that never heard of bf16."""
    monkeypatch.setattr(parity, "LEAST_RANK_CORRELATION", 1.1)
    plain = trained(samples, tmp_path / "plain", "fp32").metrics()
    assert trained(samples, tmp_path / "run", "bf16").metrics().equals(plain)


@pytest.fixture
def gpu_run(samples: SampleSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run whose record says that a GPU scored it in bf16."""
    for name in ("LEAST_RANK_CORRELATION", "MOST_PRECISION_CHANGE", "MOST_SPREAD_CHANGE"):
        monkeypatch.setattr(parity, name, 0.2)
    run = trained(samples, tmp_path / "run", "bf16")
    return replace(run, record=replace(run.record, scoring_device="cuda"))


def test_another_device_than_that_of_training_scores_in_fp32(gpu_run: Run) -> None:
    """With a word; the same device scores as it did."""
    assert open_scorer(gpu_run, "cpu").precision == "fp32"
    assert "on cpu they are computed in fp32" in str(scoring_remark(gpu_run, "cpu"))
    there = replace(gpu_run, record=replace(gpu_run.record, scoring_device="cpu"))
    assert open_scorer(there, "cpu").precision == "bf16"
    assert scoring_remark(there, "cpu") is None


def test_scores_of_pale_images_are_refused(gpu_run: Run) -> None:
    """Runs of jkx that a GPU scored before the scores were compared have wrong thresholds."""
    model = replace(gpu_run.model, name="jkx")
    record = replace(gpu_run.record, scoring_device=None, model=model)
    (gpu_run.path / ENVIRONMENT).write_text('{"device": "NVIDIA H200"}', encoding="utf-8")
    (gpu_run.path / SEAL).unlink()  # those runs have none
    with pytest.raises(DataError, match="255 times too pale"):
        open_scorer(replace(gpu_run, record=record), "cpu")
