"""The figures of every epoch, the weights that each figure chose, and when a training stops."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch.nn import functional

from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SplitSpec
from quantsig.data.splits import assign
from quantsig.data.storage import checksums
from quantsig.signals.layout import METRICS
from quantsig.signals.models import build_model
from quantsig.signals.optimisation.optimisers import OptimiserSettings
from quantsig.signals.optimisation.schedules import ScheduleSettings
from quantsig.signals.run_record import BestEpoch
from quantsig.signals.runs import Run
from quantsig.signals.training.fit import train
from quantsig.signals.training.settings import AlarmSettings, Plan, TrainSettings
from quantsig.signals.training.tracking import history
from quantsig.signals.training.tracking.callbacks import Callbacks
from quantsig.signals.training.tracking.history import curve_rows
from quantsig.signals.training.tracking.launch import Launch
from tests.signals.training.conftest import RESULTS, CrashError

pytestmark = pytest.mark.xdist_group("history")
JUDGES = ("loss", "average_precision", "f1", "expectancy")
PLAN = Plan(
    train=TrainSettings(model="bars_cnn", epochs=4, batch_size=64, seed=3, best_by=JUDGES),
    optimiser=OptimiserSettings(learning_rate=3e-3),
)


@pytest.fixture(scope="module")
def run(planted: SampleSet, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Four epochs, judged by four figures."""
    return train(planted, tmp_path_factory.mktemp("history") / "run", PLAN, SplitSpec())


def outputs(run: Run, samples: SampleSet, weights: Path, ids: NDArray[np.int64]) -> torch.Tensor:
    """What stored weights say of samples, by torch alone."""
    model = build_model(run.model.name, run.model.shape)
    model.load_state_dict(load_file(weights))
    bars = np.empty((len(ids), *samples.scaled_shape), np.float32)
    samples.scaled_bars(ids, bars)
    with torch.inference_mode():
        answer: torch.Tensor = model.eval()(torch.from_numpy(bars)).double()
    return answer


def rows(samples: SampleSet, split: str) -> NDArray[np.int64]:
    return np.flatnonzero((assign(samples.index, SplitSpec()) == split).fill_null(False).to_numpy())


def test_train_and_validation_are_measured_alike(run: Run, planted: SampleSet) -> None:
    """Evaluation mode, natural mix, the epoch's last weights: torch gives the same two losses."""
    labels = torch.tensor(planted.index["label"].fill_null(-1).to_list()).long()
    for split in ("train", "validation"):
        ids = rows(planted, split)
        said = outputs(run, planted, run.path / "checkpoints/last.safetensors", ids)
        loss = functional.cross_entropy(said, labels[ids])
        kept = run.metrics().filter(split=split, epoch=3)["loss"][0]
        assert kept == pytest.approx(float(loss), rel=1e-5)


def test_the_running_curve_is_what_the_steps_saw(run: Run) -> None:
    """Dropout and moving weights: another loss than that of the same rows measured again."""
    metrics = run.metrics()
    assert metrics["split"].unique(maintain_order=True).to_list() == [
        "running",
        "train",
        "validation",
    ]
    running, again = (metrics.filter(split=name)["loss"] for name in ("running", "train"))
    assert (running != again).all()
    assert running[0] > again[0]


def test_the_test_split_has_no_row(run: Run) -> None:
    """Neither figures nor predictions of it."""
    assert "test" not in run.metrics()["split"].to_list()
    assert set(run.predictions()["split"]) == {"validation", "calibration"}


def test_every_judge_keeps_the_weights_of_its_best_epoch(run: Run, planted: SampleSet) -> None:
    """Hashed in run.json, readable, and of the epoch whose figure is the best."""
    metrics = run.metrics().filter(split="validation")
    for name in JUDGES:
        best = metrics[name].arg_min() if name == "loss" else metrics[name].arg_max()
        assert best is not None
        assert run.record.best[name] == BestEpoch(value=metrics[name][best], epoch=best)
    kept = run.record.checkpoints
    assert set(kept) == {*JUDGES[1:], "last"}
    for entry in kept.values():
        path = run.path / entry["file"]
        assert checksums.sha256_of(path) == entry["sha256"]
        assert outputs(run, planted, path, np.arange(3)).shape == (3, 2)
    assert run.record.best_epoch == run.record.best["loss"].epoch
    assert kept["last"]["epoch"] == 3


def test_a_kept_file_says_what_its_epoch_scored(run: Run, planted: SampleSet) -> None:
    """The expectancy of its own choices at even odds, by hand."""
    entry, ids = run.record.checkpoints["expectancy"], rows(planted, "validation")
    said = outputs(run, planted, run.path / entry["file"], ids).numpy()
    chosen = said[:, 1] >= said[:, 0]
    returns = planted.index["forward_return"].to_numpy()[ids]
    assert entry["value"] == pytest.approx(returns[chosen].mean())


def test_the_figures_of_no_model_are_in_the_record(run: Run, planted: SampleSet) -> None:
    """Base rate and majority, by hand."""
    happened = planted.index["label"].to_numpy()[rows(planted, "validation")] == 1
    lines = run.record.baselines
    assert lines["base_rate"] == pytest.approx(happened.mean())
    assert lines["majority_accuracy"] == pytest.approx(1 - happened.mean())
    assert 0.0 < lines["window_accuracy"] < 1.0


def frozen(**settings: Any) -> Plan:
    """A training whose rate is too small to change anything."""
    return Plan(
        train=replace(PLAN.train, best_by=("loss",), epochs=6, **settings),
        optimiser=OptimiserSettings(name="sgd", learning_rate=1e-30, momentum=0.0),
        schedule=ScheduleSettings(name="constant"),
        alarms=AlarmSettings(no_learning_epochs=2),
    )


def test_it_stops_when_patience_runs_out(planted: SampleSet, tmp_path: Path) -> None:
    """`min_delta` is never reached after the first epoch: with a patience of 3 there are 4."""
    plan = frozen(patience=3, min_delta=10.0)
    run = train(planted, tmp_path / "run", plan, SplitSpec())
    assert run.metrics()["epoch"].max() == 3


def test_slow_progress_is_progress(planted: SampleSet, tmp_path: Path) -> None:
    """`min_delta` counts from the last figure that was better by it, not from the last epoch's."""
    book = history.History(
        folder=tmp_path,
        judgement=None,  # type: ignore[arg-type]
        settings=TrainSettings(min_delta=0.15, patience=2),
        alarm_settings=AlarmSettings(),
        callbacks=Callbacks(),
    )
    waited = []
    for loss in (1.0, 0.9, 0.8, 0.7, 0.6, 0.59):
        book.rows.append({"epoch": len(book.rows), "loss": loss})
        book._judge(len(book.rows) - 1)
        waited.append(book.waited)
    assert waited == [0, 1, 0, 1, 0, 1]


def test_an_alarm_rings_once(planted: SampleSet, tmp_path: Path) -> None:
    """A model that learns nothing is told of after its second epoch, and not after the others."""
    told: list[str] = []
    run = train(
        planted,
        tmp_path / "run",
        frozen(patience=9),
        SplitSpec(),
        launch=Launch(callbacks=Callbacks(tell=told.append)),
    )
    kinds = [alarm["kind"] for alarm in run.record.alarms]
    assert kinds.count("no_learning") == 1
    assert [alarm["epoch"] for alarm in run.record.alarms if alarm["kind"] == "no_learning"] == [1]
    assert sum("nothing was learnt" in text for text in told) == 1
    assert len(told) == len(kinds)


def test_curve_rows_are_drawn_once_from_the_training_rows() -> None:
    """At most 2,048, the same for a seed, none twice."""
    ids = np.arange(10_000) * 3
    drawn = curve_rows(ids, 5)
    assert len(set(drawn)) == 2048
    assert set(drawn) <= set(ids)
    np.testing.assert_array_equal(drawn, curve_rows(ids, 5))
    assert not np.array_equal(drawn, curve_rows(ids, 6))
    np.testing.assert_array_equal(curve_rows(ids[:2048], 5), ids[:2048])


@pytest.mark.parametrize("moment", ["scoring", "calibration"])
def test_a_stop_while_an_epoch_or_the_calibration_is_scored(
    planted: SampleSet, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """The epoch's figures are taken again, its steps are not; the run is the same."""
    steps: list[int] = []

    def epoch(rows: Any) -> None:
        if moment == "scoring":
            raise CrashError

    def crash(*args: Any) -> None:
        raise CrashError

    if moment == "calibration":
        monkeypatch.setattr("quantsig.signals.calibration.predictions.fit_calibrator", crash)
    with pytest.raises(CrashError):
        train(
            planted,
            tmp_path / "run",
            PLAN,
            SplitSpec(),
            launch=Launch(callbacks=Callbacks(epoch=epoch)),
        )
    monkeypatch.undo()
    callbacks = Callbacks(progress=lambda done, total: steps.append(done))
    again = train(planted, tmp_path / "run", PLAN, SplitSpec(), launch=Launch(callbacks=callbacks))
    assert len(steps) == (21 if moment == "scoring" else 0)
    for name in RESULTS:
        assert (again.path / name).read_bytes() == (run.path / name).read_bytes(), name


def garbled(samples: SampleSet) -> SampleSet:
    """The set with other targets and returns in its test rows, and other bars under them."""
    test = rows(samples, "test")
    chosen = pl.col("sample_id").is_in(test.tolist())
    index = samples.index.with_columns(
        label=pl.when(chosen & pl.col("label").is_not_null()).then(1.0).otherwise("label"),
        forward_return=pl.when(chosen).then(9.0).otherwise("forward_return"),
    )
    matrix = samples.matrix
    values = matrix.values.copy()
    values[samples.decision_rows[rows(samples, "calibration").max()] + 1 :] = 7.0
    other = SampleSet(path=samples.path, manifest=samples.manifest, index=index)
    return other.seen_as(replace(matrix, values=values), samples.decision_rows)


def test_nothing_of_the_test_split_is_seen(planted: SampleSet, run: Run, tmp_path: Path) -> None:
    """With garbage in its rows and bars the run has the same bytes, the metrics included."""
    other = train(garbled(planted), tmp_path / "run", PLAN, SplitSpec())
    for name in (*RESULTS, METRICS):
        assert (other.path / name).read_bytes() == (run.path / name).read_bytes(), name
