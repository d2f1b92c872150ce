"""What training refuses before it starts, and when it stops."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from quantsig.data.errors import ConfigError, DataError, UsageError
from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SplitSpec
from quantsig.data.splits import assign
from quantsig.signals.training import setup
from quantsig.signals.training.fit import train
from quantsig.signals.training.settings import Plan, TrainSettings
from tests.planted import SETTINGS, build, planted_frame

pytestmark = pytest.mark.xdist_group("fit")
QUICK = Plan(train=TrainSettings(model="small", epochs=6, patience=2, min_delta=100.0, seed=1))


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> SampleSet:
    """A small planted set."""
    return build(planted_frame(cells=600), tmp_path_factory.mktemp("fit") / "samples")


def without_events(samples: SampleSet, name: str) -> SampleSet:
    """The set with every label of one split turned to 0."""
    split = assign(samples.index, SplitSpec())
    label = pl.when((split == name) & pl.col("label").is_not_null()).then(0.0).otherwise("label")
    index = samples.index.with_columns(label.alias("label"))
    return SampleSet(path=samples.path, manifest=samples.manifest, index=index)


@pytest.mark.parametrize("name", ["train", "calibration"])
def test_a_split_without_events_is_refused_before_training(
    samples: SampleSet, name: str, tmp_path: Path
) -> None:
    """The error counts them; no folder is made."""
    with pytest.raises(DataError, match=f"0 of the .* {name} samples"):
        train(without_events(samples, name), tmp_path / "run", SETTINGS, SplitSpec())
    assert list(tmp_path.iterdir()) == []


def test_training_stops_early_and_keeps_the_best(samples: SampleSet, tmp_path: Path) -> None:
    """With a patience of 2 it ends after two epochs that fell by less than `min_delta`."""
    run = train(samples, tmp_path / "run", QUICK, SplitSpec())
    losses = run.metrics().filter(split="validation")["loss"].to_numpy()
    assert len(losses) == 3
    assert run.record.best_epoch == int(np.argmin(losses))


def test_what_is_fitted_at_once_takes_bounded_memory(
    samples: SampleSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of more rows than that it learns from some, evenly over time, and the run says so."""
    plan = Plan(train=TrainSettings(model="logistic"))
    whole = train(samples, tmp_path / "whole", plan, SplitSpec())
    rows = len(setup.find_setup(samples, plan, SplitSpec(), "cpu").fitted_rows)
    values = whole.model.shape.scaled_channels * whole.model.shape.scaled_bars
    monkeypatch.setattr(setup, "MOST_FITTED_VALUES", 100 * values + 1)
    thinned = setup.find_setup(samples, plan, SplitSpec(), "cpu").fitted_rows
    assert (len(thinned), thinned[0], thinned[-1] >= rows - 1) == (100, 0, True)
    run = train(samples, tmp_path / "run", plan, SplitSpec())
    assert any(f"from 100 of {rows:,} training rows" in one for one in run.record.warnings)
    assert not any("training rows" in one for one in whole.record.warnings)
    assert not whole.metrics().equals(run.metrics())


def test_an_unfinished_run_is_trained_again_and_a_finished_one_kept(
    samples: SampleSet, tmp_path: Path
) -> None:
    """Force is for results, not for what was cut short."""
    once = Plan(train=TrainSettings(model="small", epochs=1))
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.toml").touch()
    run = train(samples, tmp_path / "run", once, SplitSpec())
    before = (run.path / "run.json").read_bytes()
    with pytest.raises(UsageError, match="exists already"):
        train(samples, tmp_path / "run", once, SplitSpec())
    assert (run.path / "run.json").read_bytes() == before


def test_unknown_models_are_refused_before_anything_is_written(
    samples: SampleSet, tmp_path: Path
) -> None:
    """The error lists the known ones."""
    with pytest.raises(ConfigError, match="resnet18"):
        train(samples, tmp_path / "run", Plan(train=TrainSettings(model="resnet55")), SplitSpec())
    assert list(tmp_path.iterdir()) == []
