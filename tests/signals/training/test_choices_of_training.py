"""Options of a training that contradict each other or its samples."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from quantsig.data.bars import check_bars
from quantsig.data.errors import ConfigError, DataError, ResourceError
from quantsig.data.samples.build import build_samples
from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SplitSpec
from quantsig.signals.losses import LossSettings
from quantsig.signals.optimisation.sampling import SamplingSettings
from quantsig.signals.scoring.scorer import open_scorer
from quantsig.signals.training.fit import train
from quantsig.signals.training.settings import Plan, TrainSettings
from quantsig.signals.training.tracking.launch import Launch
from tests.planted import CHART, LABEL, planted_frame

pytestmark = pytest.mark.xdist_group("choices")
ONCE = TrainSettings(model="bars_cnn", epochs=1, batch_size=64, seed=2)
BALANCED = SamplingSettings(positives=0.375)
STACKED = Plan(
    train=replace(ONCE, loss="weighted_cross_entropy"), sampling=BALANCED, loss=LossSettings()
)


def test_stacked_corrections_need_consent(planted: SampleSet, tmp_path: Path) -> None:
    """3, and the factor is told; nothing is written."""
    with pytest.raises(ConfigError, match="sampling and class weights stack") as caught:
        train(planted, tmp_path / "run", STACKED, SplitSpec())
    assert caught.value.exit_code == 3
    assert "stack_corrections" in caught.value.remedy
    assert list(tmp_path.iterdir()) == []


def test_stacked_corrections_are_warned_of_and_undone(planted: SampleSet, tmp_path: Path) -> None:
    """The run keeps the warning; the scores are at the natural rate all the same."""
    plan = replace(STACKED, sampling=replace(BALANCED, stack_corrections=True))
    run = train(planted, tmp_path / "run", plan, SplitSpec())
    assert any("stack" in warning for warning in run.record.warnings)
    shift = run.record.prior_shift or {}
    assert shift["sampled_rate"] == pytest.approx(0.375, abs=0.01)
    assert shift["weight_ratio"] > 5.0


def test_probabilities_of_balanced_batches_are_near_the_base_rate(
    planted: SampleSet, tmp_path: Path
) -> None:
    """Shown 37.5 % events, the model's mean probability is near the 9 % there are, uncalibrated."""
    train_settings = replace(ONCE, epochs=6, loss="cross_entropy")
    run = train(
        planted, tmp_path / "run", Plan(train=train_settings, sampling=BALANCED), SplitSpec()
    )
    assert (run.record.sampling or {})["positive_share"] == pytest.approx(0.375, abs=0.01)
    predictions = run.predictions()
    before = 1.0 / (1.0 + np.exp(-predictions["score"].to_numpy()))
    base_rate = float(run.happened(predictions).mean())
    assert base_rate < 0.15
    assert before.mean() == pytest.approx(base_rate, abs=0.06)
    assert (run.metrics().filter(split="running")["base_rate"] > 0.3).all()


def test_a_model_fitted_at_once_sees_the_natural_mix(planted: SampleSet, tmp_path: Path) -> None:
    """Balanced batches are not for it: it is told, and no shift that never was is taken off."""
    fitted = replace(ONCE, model="logistic")
    plain = train(planted, tmp_path / "plain", Plan(train=fitted), SplitSpec())
    asked = train(planted, tmp_path / "asked", Plan(train=fitted, sampling=BALANCED), SplitSpec())
    assert any("sampling.positives is not used" in text for text in asked.record.warnings)
    assert asked.predictions().equals(plain.predictions())
    assert asked.record.sampling == plain.record.sampling


def test_a_model_fitted_at_once_knows_no_focal_loss(planted: SampleSet, tmp_path: Path) -> None:
    """Its scores are log-odds already, and are not bent by focal loss's link."""
    runs = [
        train(
            planted,
            tmp_path / loss,
            Plan(train=replace(ONCE, model="logistic", loss=loss)),
            SplitSpec(),
        )
        for loss in ("cross_entropy", "focal")
    ]
    first, second = (run.predictions()["score"].to_numpy() for run in runs)
    np.testing.assert_allclose(first, second, rtol=1e-9)


@pytest.mark.parametrize("figure", ["r2", "rank_correlation"])
def test_an_epoch_is_not_chosen_by_a_figure_of_returns(
    planted: SampleSet, tmp_path: Path, figure: str
) -> None:
    """3 before the first step, not 4 after the last."""
    plan = Plan(train=replace(ONCE, best_by=(figure,)))
    with pytest.raises(ConfigError, match=f"no {figure}"):
        train(planted, tmp_path / "run", plan, SplitSpec())


def test_what_is_fitted_at_once_has_one_epoch(planted: SampleSet, tmp_path: Path) -> None:
    """Also where the figure that would choose it is not defined, as MCC of a constant is."""
    plan = Plan(train=replace(ONCE, model="majority", best_by=("mcc",)))
    assert train(planted, tmp_path / "run", plan, SplitSpec()).record.best_epoch == 0


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_a_resource_error(planted: SampleSet, tmp_path: Path) -> None:
    """5, before anything is written."""
    with pytest.raises(ResourceError) as caught:
        train(
            planted, tmp_path / "run", Plan(train=ONCE), SplitSpec(), launch=Launch(device="cuda")
        )
    assert caught.value.exit_code == 5
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("model", ["small", "bars_cnn"])
def test_another_set_must_show_the_same(planted: SampleSet, tmp_path: Path, model: str) -> None:
    """3: a set of other planes or bars is not scored with the model of this one."""
    run = train(planted, tmp_path / "run", Plan(train=replace(ONCE, model=model)), SplitSpec())
    chart = replace(CHART, timeframes=(1, 2, 3))
    other = build_samples(
        check_bars(planted_frame(60)), tmp_path / "other", chart=chart, label=LABEL, stride_bars=5
    )
    with pytest.raises(DataError) as caught:
        open_scorer(run, "cpu").scores(other, np.arange(3))
    assert "planes" in caught.value.what
