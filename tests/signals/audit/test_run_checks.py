"""Splits, fits and scores of a run, as trained and with a leak planted in each."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SplitSpec
from quantsig.data.storage import parquet
from quantsig.signals.audit.fitted_rows import audit_choices, audit_fitted
from quantsig.signals.audit.label_purge import audit_purge
from quantsig.signals.audit.scores import audit_scores, audit_skill
from quantsig.signals.audit.windows import audit_windows
from quantsig.signals.inputs import feed_for
from quantsig.signals.layout import PREDICTIONS
from quantsig.signals.runs import Run
from quantsig.signals.scoring import scorer
from quantsig.signals.thresholds.choices import choose
from quantsig.signals.thresholds.rules import AskedRule
from quantsig.signals.training.fit import train
from quantsig.signals.training.settings import Plan, TrainSettings
from tests.planted import build, planted_frame
from tests.scored_run import scored_run

IDS = np.arange(100, 140)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A logistic regression on a small planted set."""
    home = tmp_path_factory.mktemp("audited")
    samples = build(planted_frame(cells=600), home / "samples")
    plan = Plan(train=TrainSettings(model="logistic", loss="weighted_cross_entropy", seed=3))
    return train(samples, home / "runs" / "run", plan, SplitSpec())


@pytest.fixture
def scored(tmp_path: Path) -> Run:
    """Probabilities that are right on calibration days."""
    return scored_run(tmp_path / "runs" / "one")


def test_splits_are_purged(run: Run) -> None:
    """No label of one split ends in the next."""
    check = audit_purge(run.samples(), run.splits)
    assert (check.answer, check.examined > 500) == ("passed", True)


def test_a_label_that_reaches_on_is_found(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """As splits that are cut without a purge have them."""
    samples = run.samples()

    def unpurged(self: SampleSet, spec: SplitSpec) -> pl.DataFrame:
        half = pl.when(pl.int_range(pl.len()) < pl.len() // 2)
        return self.index.drop_nulls("label").with_columns(
            split=half.then(pl.lit("train")).otherwise(pl.lit("test"))
        )

    monkeypatch.setattr(SampleSet, "with_splits", unpurged)
    (found,) = audit_purge(samples, run.splits).findings
    assert "train, ends at" in found.sentence
    assert found.size == 1.0


def test_a_model_that_is_handed_later_bars_is_found(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its score changes when they do."""
    assert audit_scores(run, run.samples(), IDS).answer == "passed"

    def later(samples: SampleSet, *more: object) -> object:
        rows = np.minimum(samples.decision_rows + 1, len(samples.matrix.values) - 1)
        return feed_for(samples.seen_as(samples.matrix, rows), *more)  # type: ignore[arg-type]

    monkeypatch.setattr(scorer, "feed_for", later)
    (found,) = audit_scores(run, run.samples(), IDS).findings
    assert found.size is not None
    assert found.size > 0


def test_a_choice_of_other_rows_is_found(scored: Run) -> None:
    """Its figures are not those of the calibration rows that stand there now."""
    choose(scored, AskedRule(name="number", value=0.7), 0.001)
    source = scored.path / PREDICTIONS
    rows = parquet.read_parquet(source)
    parquet.write_parquet(source, rows.with_columns(label=1 - pl.col("label")))
    other = Run(path=scored.path, record=scored.record)
    assert {found.feature for found in audit_choices(other).findings} == {"precision", "recall"}


def test_fits_of_a_run_are_those_of_its_rows(run: Run) -> None:
    """Calibrator and probabilities; there is no choice yet."""
    calibrator, threshold = audit_fitted(run)
    assert (calibrator.answer, threshold.examined) == ("passed", 0)


def test_scores_that_are_too_good_are_found(scored: Run) -> None:
    """Perfect ones; those of chance are not."""
    source = scored.path / PREDICTIONS
    rows = parquet.read_parquet(source)
    perfect = pl.when(pl.col("label") == 1).then(9.0).otherwise(-9.0)
    chance = pl.Series(np.random.default_rng(2).normal(size=len(rows)))
    for score, sizes in ((chance, []), (perfect, [1.0])):
        parquet.write_parquet(source, rows.with_columns(score=score))
        found = audit_skill(Run(path=scored.path, record=scored.record)).findings
        assert [one.size for one in found] == pytest.approx(sizes)


def test_a_window_that_tells_its_label_is_found(run: Run) -> None:
    """Labels that say whether the window rose."""
    samples = run.samples()
    assert audit_windows(samples, np.arange(len(samples))).answer == "passed"
    rose = -samples.scaled_bars(np.arange(len(samples)))[:, 0, 0] > 0
    shown = replace(samples, index=samples.index.with_columns(label=pl.Series(rose.astype(float))))
    assert audit_windows(shown, np.arange(len(shown))).findings
