"""An ensemble scores as numpy averages its members, and refuses what is not of one kind."""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.special import logit

from quantsig.backtest.execution import Execution
from quantsig.backtest.repair import repair, verify
from quantsig.backtest.result import backtest_run
from quantsig.backtest.significance.trials import read_trials
from quantsig.data.bars import CheckedBars, check_bars
from quantsig.data.charts.spec import ChartSpec
from quantsig.data.errors import CheckFailed, IntegrityError, QuantsigError, UsageError
from quantsig.data.samples.store import SampleSet, open_samples
from quantsig.data.scores.table import ScoreOptions, read_score_frame
from quantsig.data.split_spec import SplitSpec
from quantsig.signals.audit.scores import audit_scores
from quantsig.signals.ensembles.ensemble import ensemble
from quantsig.signals.ensembles.members import open_members
from quantsig.signals.inference.drift import figure_names_of, figures_of
from quantsig.signals.inference.predict import passing_of, predict
from quantsig.signals.inference.signals import write_signals
from quantsig.signals.judging.judge import JudgeSettings, judge
from quantsig.signals.ledger import read_ledger
from quantsig.signals.runs import Run, find_runs, latest_run, open_run
from quantsig.signals.thresholds.choices import choose
from quantsig.signals.thresholds.rules import AskedRule
from quantsig.signals.training.fit import train
from quantsig.signals.training.settings import Plan, TrainSettings
from tests.planted import CHART, COST_FRACTION, LABEL, build, planted_frame

OTHER = replace(CHART, timeframes=(2,), height=24)  # takes the same history
RULE = AskedRule(name="recall", value=0.5)


@dataclass(frozen=True)
class Averaged:
    """Two runs, on charts of their own, and their ensemble; its test is opened and traded."""

    folder: Path
    members: tuple[Run, Run]
    run: Run
    bars: CheckedBars


def fitted(folder: Path, name: str, model: str, chart: ChartSpec = CHART, **changes: object) -> Run:
    """A run of a model that is fitted at once."""
    samples = build(planted_frame(cells=700), folder / f"samples-{name}", chart=chart)
    splits = SplitSpec(**changes)  # type: ignore[arg-type]
    return train(samples, folder / "runs" / name, Plan(train=TrainSettings(model=model)), splits)


def always(samples: SampleSet, out: Path) -> Run:
    """A run that says one thing."""
    return train(samples, out, Plan(train=TrainSettings(model="majority")), SplitSpec())


@pytest.fixture(scope="module")
def averaged(tmp_path_factory: pytest.TempPathFactory) -> Averaged:
    """A logistic regression and a machine of another chart, averaged."""
    folder = tmp_path_factory.mktemp("averaged")
    members = (fitted(folder, "one", "logistic"), fitted(folder, "two", "linear_svm", OTHER))
    run = ensemble([one.path for one in members], folder / "runs" / "both")
    choose(run, RULE, COST_FRACTION)
    for one in (*members, run):
        if one is not run:
            choose(one, RULE, COST_FRACTION)
        write_signals(one, device="cpu")
    backtest_run(run, Execution())
    bars = check_bars(planted_frame(cells=700))
    return Averaged(folder=folder, members=members, run=open_run(run.path), bars=bars)


def test_scores_are_the_mean_of_probabilities(averaged: Averaged) -> None:
    """Of every split, as numpy has it; the calibrator is fitted on the mean."""
    keys = ["symbol", "decision_time"]
    one, two = (open_run(run.path).predictions().sort(keys) for run in averaged.members)
    both = averaged.run.predictions().sort(keys)
    assert set(both["split"]) == {"validation", "calibration", "test"}
    mean = np.mean([one["probability"].to_numpy(), two["probability"].to_numpy()], axis=0)
    np.testing.assert_allclose(both["score"].to_numpy(), logit(mean.clip(1e-12, 1 - 1e-12)))
    assert not np.allclose(one["probability"].to_numpy(), two["probability"].to_numpy())
    again = averaged.run.calibrator().probability(both["score"].to_numpy())
    np.testing.assert_array_equal(both["probability"].to_numpy(), again)


def test_bars_are_scored_by_each_member(averaged: Averaged) -> None:
    """As its own rows are, whatever chart a member reads; later bars change nothing."""
    rows = predict(averaged.run, passing_of(averaged.run, averaged.bars), device="cpu")
    keys = ["symbol", "decision_time"]
    own = averaged.run.predictions().select(*keys, own="probability")
    found = own.join(rows, on=keys, how="left")
    np.testing.assert_array_equal(found["own"].to_numpy(), found["probability"].to_numpy())
    samples = averaged.run.samples()
    check = audit_scores(averaged.run, samples, np.arange(64))
    assert check.findings == ()
    names = figure_names_of(averaged.run, samples)
    assert figures_of(averaged.run)(samples, np.arange(3)).shape == (3, len(names))


def test_it_stands_without_its_members(averaged: Averaged, tmp_path: Path) -> None:
    """What they score with lies in it, under its seal, and can be checked and made again."""
    shutil.copytree(averaged.folder, tmp_path / "all")
    run = open_run(tmp_path / "all/runs/both")
    for name in ("one", "two"):
        shutil.rmtree(tmp_path / "all/runs" / name)
    before = (run.path / "predictions.parquet").read_bytes()
    (run.path / "predictions.parquet").write_bytes(before[:-9])
    repair(run.path)
    assert verify(run.path).faults == ()
    assert (run.path / "predictions.parquet").read_bytes() == before
    weights = run.path / "members/00/model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    assert "members/00" in str(verify(run.path).faults[0])


def test_seal_and_ledger_name_the_members(averaged: Averaged) -> None:
    """It is one trial; members count unless they are strategies themselves."""
    line = next(one for one in read_ledger(averaged.folder / "runs") if one["event"] == "ensemble")
    assert [one["run_id"] for one in line["members"]] == [run.run_id for run in averaged.members]
    kept = averaged.run.record.ensemble
    assert kept is not None
    assert [len(one.seal or "") for one in kept] == [64, 64]
    assert not any(one.opened for one in kept)
    assert [one.run_id for one in open_members(averaged.run)] == [one.run_id for one in kept]


def test_members_that_are_no_strategies_count(averaged: Averaged, tmp_path: Path) -> None:
    """Two that were never chosen from, beside the ensemble's own choice."""
    shutil.copytree(averaged.folder / "samples-one", tmp_path / "samples-one")
    plans = [Plan(train=TrainSettings(model=name)) for name in ("logistic", "majority")]
    samples = open_samples(tmp_path / "samples-one")
    runs = [
        train(samples, tmp_path / f"runs/{turn}", plan, SplitSpec())
        for turn, plan in enumerate(plans)
    ]
    run = ensemble([one.path for one in runs], tmp_path / "runs/mean")
    assert read_trials(tmp_path / "runs").count == 2
    choose(run, RULE, COST_FRACTION)
    assert read_trials(tmp_path / "runs").count == 3
    assert latest_run(tmp_path / "runs") == run.path
    assert len(find_runs(tmp_path / "runs").runs) == 3


def test_opened_members_are_told(averaged: Averaged, tmp_path: Path) -> None:
    """Who averages runs whose test was looked at is warned."""
    run = ensemble([one.path for one in averaged.members], averaged.folder / "runs" / "later")
    assert "had been opened" in run.record.warnings[0]


def refusal(paths: list[Path], out: Path) -> QuantsigError:
    """What is said, in three lines; nothing is left behind."""
    with pytest.raises(QuantsigError) as error:
        ensemble(paths, out)
    assert not out.exists()
    assert len(str(error.value).splitlines()) == 3
    return error.value


def test_what_is_not_of_one_kind_is_refused(averaged: Averaged, tmp_path: Path) -> None:
    """Labels, horizons, splits, symbols, bars, rows; one, twice, and what has no weights."""
    one, two = (run.path for run in averaged.members)
    out = tmp_path / "out"
    assert isinstance(refusal([one], out), UsageError)
    assert isinstance(refusal([one, one], out), UsageError)
    assert "no such run" in refusal([one, tmp_path / "nowhere"], out).what
    assert "ensemble itself" in refusal([one, averaged.run.path], out).what
    later = fitted(
        tmp_path, "later", "majority", train=0.75, validation=0.1, calibration=0.1, test=0.05
    )
    assert isinstance(refusal([one, later.path], out), CheckFailed)
    assert "test of" in refusal([later.path, one], out).what
    cuts = fitted(
        tmp_path, "cuts", "majority", train=0.5, validation=0.2, calibration=0.15, test=0.15
    )
    assert "split at" in refusal([one, cuts.path], out).what
    horizon = replace(LABEL, horizon_bars=4)
    samples = build(planted_frame(cells=700), tmp_path / "horizon", label=horizon)
    other = train(
        samples, tmp_path / "runs/h", Plan(train=TrainSettings(model="majority")), SplitSpec()
    )
    assert "another label" in refusal([one, other.path], out).what
    samples = build(planted_frame(cells=700, seed=12), tmp_path / "seed")
    other = train(
        samples, tmp_path / "runs/s", Plan(train=TrainSettings(model="majority")), SplitSpec()
    )
    assert "bars" in refusal([one, other.path], out).what
    named = planted_frame(cells=700).with_columns(symbol=pl.lit("OTHER"))
    samples = build(named, tmp_path / "named")
    other = train(
        samples, tmp_path / "runs/n", Plan(train=TrainSettings(model="majority")), SplitSpec()
    )
    assert "symbols" in refusal([one, other.path], out).what
    assert two.exists()


def test_damaged_and_judged_members_are_refused(averaged: Averaged, tmp_path: Path) -> None:
    """Whatever file it is, and before anything is written."""
    shutil.copytree(averaged.folder, tmp_path / "all")
    one, two = tmp_path / "all/runs/one", tmp_path / "all/runs/two"
    scores = averaged.run.predictions().select("symbol", "decision_time", "score", "split")
    table = read_score_frame(scores, ScoreOptions())
    judged = judge(table, averaged.bars, tmp_path / "judged", JudgeSettings(label=LABEL))
    assert "not in it" in refusal([one, judged.path], tmp_path / "out").what
    metrics = two / "metrics.parquet"
    metrics.write_bytes(metrics.read_bytes()[:-4] + b"abcd")
    assert isinstance(refusal([one, two], tmp_path / "out"), IntegrityError)
