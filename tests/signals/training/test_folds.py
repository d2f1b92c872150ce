"""Predictions of folds: never in-sample, kept, taken up again, counted once."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.special import expit
from sklearn.metrics import average_precision_score

from quantsig.data.errors import CheckFailed, DataError, IntegrityError, UsageError
from quantsig.data.folds import Combinatorial, KFold, WalkForward, ended_before
from quantsig.data.split_spec import SplitSpec
from quantsig.data.splits import cut_times
from quantsig.data.storage import documents, parquet
from quantsig.data.storage.leftovers import NOTE
from quantsig.data.storage.resuming import plain_work
from quantsig.signals.layout import FOLD, FOLDS
from quantsig.signals.ledger import read_ledger
from quantsig.signals.loss_settings import LossSettings
from quantsig.signals.optimisation.optimisers import OptimiserSettings
from quantsig.signals.optimisation.sampling import SamplingSettings
from quantsig.signals.runs import Run
from quantsig.signals.seal import seal_again
from quantsig.signals.training import folds as folds_module
from quantsig.signals.training.fit import fit_setup, train
from quantsig.signals.training.folds import predict_folds
from quantsig.signals.training.out_of_fold import OutOfFold
from quantsig.signals.training.settings import Plan, TrainSettings
from quantsig.signals.training.tracking.record import config, planned
from tests.planted import build, planted_frame

pytestmark = pytest.mark.xdist_group("folds")
PLAN = Plan(train=TrainSettings(model="logistic", loss="weighted_cross_entropy", seed=3))
THREE = KFold(blocks=3)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A logistic regression on a small planted set."""
    home = tmp_path_factory.mktemp("folds")
    samples = build(planted_frame(cells=900), home / "samples")
    return train(samples, home / "runs" / "run", PLAN, SplitSpec())


@pytest.fixture(scope="module")
def predicted(run: Run) -> OutOfFold:
    """Its predictions in three folds."""
    return predict_folds(run, THREE)


def test_every_row_before_the_test_split_is_predicted_once(run: Run, predicted: OutOfFold) -> None:
    """And none whose label reaches into it."""
    index = run.samples().index
    free = ended_before(index, run.splits)
    assert sorted(predicted.once()["sample_id"]) == free["sample_id"].to_list()
    cut = cut_times(index, run.splits)[-1]
    assert (predicted.frame["label_end"] < cut).all()


def test_folds_of_a_run_without_calibration_are_not_calibrated(tmp_path: Path) -> None:
    """Their probabilities are the scores as they come, as the run's own are."""
    samples = build(planted_frame(cells=900), tmp_path / "samples")
    spec = SplitSpec(train=0.7, validation=0.15, calibration=0.0, test=0.15)
    run = train(samples, tmp_path / "runs" / "run", PLAN, spec)
    rows = predict_folds(run, THREE).frame
    np.testing.assert_allclose(rows["probability"], expit(rows["score"]), rtol=1e-12)


def test_predictions_find_the_planted_pattern(predicted: OutOfFold) -> None:
    """Out of fold a linear model sees the falling bars: well above the base rate of an eighth."""
    happened = predicted.frame["label"] == 1
    found = average_precision_score(happened, predicted.frame["probability"])
    assert found > 2 * happened.mean()  # type: ignore[operator]


def test_probabilities_are_calibrated_in_the_fold(predicted: OutOfFold) -> None:
    """The loss weighs events seven times; out of fold their mean is the base rate all the same."""
    mean = predicted.frame["probability"].mean()
    assert mean == pytest.approx((predicted.frame["label"] == 1).mean(), abs=0.03)


def test_kept_predictions_are_used_again(
    run: Run, predicted: OutOfFold, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is trained the second time, and the ledger has one line."""

    def refuse(*args: object) -> None:
        raise AssertionError("trained again")

    monkeypatch.setattr(folds_module, "fit_setup", refuse)
    again = predict_folds(run, THREE)
    assert again.frame.equals(predicted.frame)
    lines = [line for line in read_ledger(run.runs_folder) if line["event"] == "folds"]
    assert [line["trial_id"] for line in lines] == [predicted.trial_id]


def test_another_folding_is_another_trial(run: Run, predicted: OutOfFold) -> None:
    """A longer embargo too, which has the same name."""
    nesting = replace(THREE.nesting, calibration=0.3)
    other = predict_folds(run, replace(THREE, nesting=nesting))
    assert other.trial_id != predicted.trial_id
    assert not other.frame.equals(predicted.frame)
    assert predict_folds(run, THREE).frame.equals(predicted.frame)


def test_what_was_cut_short_goes_on(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first fold is kept when the second one fails, and the result is the same."""
    walk = WalkForward(folds=2)
    trained: list[object] = []

    def fail_once(*args: object) -> object:
        trained.append(args)
        if len(trained) == 2:
            raise KeyboardInterrupt
        return fit_setup(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(folds_module, "fit_setup", fail_once)
    with pytest.raises(KeyboardInterrupt):
        predict_folds(run, walk)
    predictions = predict_folds(run, walk)
    assert len(trained) == 3
    assert predictions.frame["fold"].unique().sort().to_list() == [0, 1]


def test_a_fold_loses_the_note_of_a_killed_process(run: Run, predicted: OutOfFold) -> None:
    """It was in its place already when the process that wrote it was killed."""
    folds = sorted((run.path / FOLDS).glob(f"{THREE.name}-*/*/{FOLD}"))
    assert folds
    notes = [fold.with_name(NOTE) for fold in folds]
    for note in notes:
        note.write_text(plain_work("fold", {}).note())
    assert predict_folds(run, THREE).frame.equals(predicted.frame)
    assert sum(note.exists() for note in notes) == len(notes) - THREE.blocks


def test_a_path_holds_every_row_once(run: Run) -> None:
    """Two of three stretches: three folds, two paths."""
    folding = Combinatorial(blocks=3, tested=2)
    predictions = predict_folds(run, folding)
    with pytest.raises(UsageError, match="several folds"):
        predictions.once()
    first, second = (predictions.path(list(path)).once() for path in folding.paths())
    assert first["sample_id"].to_list() == second["sample_id"].to_list()
    assert first["sample_id"].n_unique() == predictions.frame["sample_id"].n_unique()
    assert first["fold"].to_list() != second["fold"].to_list()


def test_seeds_answer_together(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two seeds of a model that is fitted at once are one model twice."""
    settings = run.config()
    settings["train"]["seeds"] = 2
    with monkeypatch.context() as patched:
        patched.setattr(Run, "config", lambda self: settings)
        two = predict_folds(run, WalkForward(folds=1))
    one = predict_folds(run, WalkForward(folds=1))
    assert two.trial_id != one.trial_id
    np.testing.assert_allclose(two.frame["score"], one.frame["score"], atol=1e-5)
    np.testing.assert_allclose(two.frame["probability"], one.frame["probability"], atol=1e-6)


def test_scores_of_rows_that_a_model_learnt_from_are_refused(predicted: OutOfFold) -> None:
    """Rows that the first fold tested cannot pass for those of the second."""
    moved = predicted.frame.with_columns(fold=(pl.col("fold") + 1) % 3)
    with pytest.raises(CheckFailed, match="were not tested by the fold"):
        replace(predicted, frame=moved)
    with pytest.raises(CheckFailed, match="were not tested by the fold"):
        replace(predicted, frame=predicted.frame.with_columns(fold=pl.lit(7, pl.Int64)))
    first, *others = predicted.folds
    leaking = replace(first, train=np.append(first.train, first.test[:2]))
    with pytest.raises(CheckFailed, match="fold 1 learnt from 2 of"):
        replace(predicted, folds=(leaking, *others))


def test_labels_of_tested_rows_change_no_prediction(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does any return of theirs: the model, its epoch and its calibrator never saw them."""
    walk = WalkForward(folds=1, first=0.6)
    predicted = predict_folds(run, walk)
    before, key = predicted.frame, predicted.trial_id
    (home,) = (run.path / "folds").glob(f"anchored-1-{key}/00")
    shutil.rmtree(home)
    tested = pl.col("sample_id").is_in(before["sample_id"].implode())
    whole = run.samples()
    changed = whole.index.with_columns(
        label=pl.when(tested).then(1 - pl.col("label")).otherwise("label"),
        forward_return=pl.when(tested).then(-pl.col("forward_return")).otherwise("forward_return"),
    )
    monkeypatch.setattr(Run, "samples", lambda self: replace(whole, index=changed))
    after = predict_folds(run, walk).frame
    assert (after["label"] != before["label"]).all()
    assert after["probability"].equals(before["probability"])


def test_a_damaged_prediction_is_refused(run: Run, tmp_path: Path) -> None:
    """Its SHA-256 is not the one of fold.json."""
    predicted = predict_folds(run, KFold(blocks=2))
    (home,) = (run.path / "folds").glob("kfold-2-*")
    source = home / "00" / "predictions.parquet"
    content = source.read_bytes()
    parquet.write_parquet(source, predicted.frame.head(3))
    with pytest.raises(IntegrityError, match="SHA-256"):
        predict_folds(run, KFold(blocks=2))
    source.write_bytes(content)
    record = json.loads((home / "00" / "fold.json").read_text())
    documents.write_json(home / "00" / "fold.json", record | {"schema": "quantsig.fold/9"})
    seal_again(run.path, run.path.name)
    with pytest.raises(DataError, match="quantsig.fold/9"):
        predict_folds(run, KFold(blocks=2))


def test_too_many_folds_are_refused_before_any_is_trained(run: Run) -> None:
    """The error names the fold."""
    before = set((run.path / "folds").glob("*"))
    with pytest.raises(DataError, match="^fold 1"):
        predict_folds(run, WalkForward(folds=2, first=0.02))
    assert set((run.path / "folds").glob("*")) == before


def test_a_plan_is_read_back_as_it_was_written(run: Run) -> None:
    """Lists of TOML are tuples again, and what is not set stays so."""
    plan = Plan(
        train=TrainSettings(model="small", best_by=("loss", "f1"), seeds=2),
        loss=LossSettings(focal_alpha=(0.3, 0.7)),
        optimiser=OptimiserSettings(learning_rate=1e-3),
        sampling=SamplingSettings(positives=0.3),
    )
    assert planned(config(run.path, run.samples(), plan, SplitSpec())) == plan
    assert planned(run.config()) == PLAN
