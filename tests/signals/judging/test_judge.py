"""Scores of a run that was trained here, judged: every figure is that of the run itself."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from quantsig.backtest.execution import Execution
from quantsig.backtest.repair import repair, verify
from quantsig.backtest.result import backtest_run
from quantsig.data.bars import CheckedBars, check_bars
from quantsig.data.errors import CheckFailed, DataError
from quantsig.data.samples.verify.sample_set import verify_samples
from quantsig.data.scores.table import ScoreOptions, read_score_frame, read_scores
from quantsig.data.split_spec import SplitSpec
from quantsig.data.storage.documents import read_json
from quantsig.signals.inference.signals import write_signals
from quantsig.signals.judging.judge import JudgeSettings, judge
from quantsig.signals.layout import SCORED, THRESHOLDS
from quantsig.signals.meta.second_model import second_model
from quantsig.signals.runs import Run, open_run
from quantsig.signals.scoring.scorer import open_scorer
from quantsig.signals.thresholds.choices import choose
from quantsig.signals.thresholds.rules import AskedRule
from quantsig.signals.thresholds.trade_off import write_table
from quantsig.signals.training.fit import train
from quantsig.signals.training.settings import Plan, TrainSettings
from tests.planted import COST_FRACTION, LABEL, build, planted_frame

RULE = AskedRule(name="precision", value=0.25)
SETTINGS = JudgeSettings(label=LABEL)
OWN = {"run_id", "trial_id", "choice_id", "strategy", "created"}  # names, which differ


@dataclass(frozen=True)
class Both:
    """A run that was trained, its scores, and the run that was made of these."""

    trained: Run
    judged: Run
    scores: pl.DataFrame
    bars: CheckedBars


def judged_frame(frame: pl.DataFrame, bars: CheckedBars, out: Path, **changes: object) -> Run:
    """A run of a frame of scores."""
    settings = JudgeSettings(**{"label": LABEL, **changes})  # type: ignore[arg-type]
    return judge(read_score_frame(frame, ScoreOptions()), bars, out, settings)


def finish(run: Run) -> None:
    """From thresholds to trades."""
    write_table(run, COST_FRACTION)
    choose(run, RULE, COST_FRACTION)
    write_signals(run, device="cpu")
    backtest_run(run, Execution())


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Both:
    """A logistic regression on planted bars; the scores of all its samples."""
    folder = tmp_path_factory.mktemp("both")
    bars = planted_frame(cells=1400)
    samples = build(bars, folder / "samples")
    trained = train(
        samples,
        folder / "trained" / "run",
        Plan(train=TrainSettings(model="logistic")),
        SplitSpec(),
    )
    split = samples.assigned(trained.splits)
    rows = samples.index.with_columns(split).filter(pl.col("label").is_not_null())
    score = open_scorer(trained, "cpu").scores(samples, rows["sample_id"].to_numpy()).long
    scores = rows.select("symbol", "decision_time", "split", "label", score=pl.Series(score))
    judged = judged_frame(scores, check_bars(bars), folder / "judged" / "run")
    for run in (trained, judged):
        finish(run)
    return Both(
        trained=open_run(trained.path),
        judged=open_run(judged.path),
        scores=scores,
        bars=check_bars(bars),
    )


def without(frame: pl.DataFrame, *names: str) -> pl.DataFrame:
    """The columns that both runs must have alike."""
    return frame.drop([name for name in frame.columns if name in {*OWN, "sample_id", *names}])


def test_the_calibrator_is_that_of_the_run(both: Both) -> None:
    """With every figure."""
    assert both.judged.calibration().as_dict() == both.trained.calibration().as_dict()


def test_thresholds_and_choice_are_those_of_the_run(both: Both) -> None:
    """The promise, too, on calibration and on test."""
    assert both.judged.thresholds().equals(both.trained.thresholds())
    ours, theirs = both.judged.choice(), both.trained.choice()
    assert ours is not None
    assert theirs is not None
    assert ours.threshold == theirs.threshold
    assert ours.calibration == theirs.calibration
    assert {k: v for k, v in (ours.test or {}).items() if k != "opening"} == {
        k: v for k, v in (theirs.test or {}).items() if k != "opening"
    }


def test_signals_are_those_of_the_run(both: Both) -> None:
    """Row by row."""
    assert without(both.judged.signals()).equals(without(both.trained.signals()))


def traded(run: Run) -> tuple[pl.DataFrame, dict[str, object]]:
    """Trades and statistics, without names."""
    trades = pl.read_parquet(run.path / "backtest" / "trades.parquet")
    stats = read_json(run.path / "backtest" / "stats.json")
    return without(trades), {key: value for key, value in stats.items() if key not in OWN}


def test_trades_and_statistics_are_those_of_the_run(both: Both) -> None:
    """To the last digit."""
    ours, theirs = traded(both.judged), traded(both.trained)
    assert ours[0].equals(theirs[0])
    assert ours[1] == theirs[1]


def test_a_file_of_symbol_time_and_score_gives_the_figures_of_the_run(
    both: Both, tmp_path: Path
) -> None:
    """Of all its samples, so that the shares cut at the same times; CSV keeps every digit."""
    both.scores.select("symbol", "decision_time", "score").write_csv(tmp_path / "scores.csv")
    table = read_scores(tmp_path / "scores.csv", ScoreOptions())
    run = judge(table, both.bars, tmp_path / "judged" / "run", SETTINGS)
    finish(run)
    run, trained = open_run(run.path), both.trained
    assert run.thresholds().equals(trained.thresholds())
    assert without(run.signals()).equals(without(trained.signals()))
    ours, theirs = traded(run), traded(trained)
    assert ours[0].equals(theirs[0])
    assert ours[1] == theirs[1]


def test_it_says_what_is_not_known(both: Both) -> None:
    """And counts the labels that came along."""
    judged = both.judged.record.judged
    assert judged is not None
    assert judged.trained_until is None
    assert judged.splits_from == "column"
    assert judged.labels is not None
    assert (judged.labels.compared, judged.labels.different) == (len(both.scores), 0)
    assert any("nothing says until when" in text for text in both.judged.record.warnings)


def test_the_run_is_whole(both: Both) -> None:
    """Its files against the seal, its samples against the bars; what is lost is made again."""
    assert verify(both.judged.path).faults == ()
    assert verify_samples(both.judged.path / SCORED).samples == len(both.scores)
    names = ("predictions.parquet", THRESHOLDS)
    for name in names:
        (both.judged.path / name).unlink()
    assert repair(both.judged.path) == [f"{name}: made again, as it was." for name in names]
    assert verify(both.judged.path).faults == ()


def test_what_needs_the_model_says_that_it_is_not_there(both: Both) -> None:
    """In three lines."""
    with pytest.raises(DataError, match="a model that is not in it"):
        open_scorer(both.judged)


def test_test_scores_are_locked_until_they_are_opened(both: Both, tmp_path: Path) -> None:
    """No prediction of theirs is written."""
    run = judged_frame(both.scores, both.bars, tmp_path / "run")
    assert set(run.predictions()["split"]) == {"validation", "calibration"}


def test_shares_cut_as_in_training(both: Both, tmp_path: Path) -> None:
    """Without a column split the same functions cut the same rows."""
    run = judged_frame(both.scores.drop("split"), both.bars, tmp_path / "run")
    assert run.record.cut_times == both.trained.record.cut_times
    calibrated = run.predictions().filter(split="calibration")
    theirs = both.trained.predictions().filter(split="calibration")
    assert calibrated["decision_time"].equals(theirs["decision_time"])


def until(scores: pl.DataFrame, back: timedelta) -> pl.DataFrame:
    """Scores as of a model that is trained anew before each decision."""
    known = scores.drop("split", "label")
    return known.with_columns(trained_until=pl.col("decision_time") - back)


def test_walked_scores_are_all_out_of_sample(both: Both, tmp_path: Path) -> None:
    """The early part is calibration, the rest test; labels that reach on are left out."""
    run = judged_frame(until(both.scores, timedelta(days=2)), both.bars, tmp_path / "run")
    judged = run.record.judged
    assert judged is not None
    assert judged.splits_from == "trained_until"
    assert judged.near_training == 0
    assert run.splits.given == ("calibration", "test")
    split = run.samples().assigned(run.splits)
    assert (split == "calibration").sum() == pytest.approx(len(both.scores) / 2, abs=3)
    rows = run.samples().with_splits(run.splits)
    opens = rows.filter(split="test")["decision_time"].min()
    assert (rows.filter(split="calibration")["label_end"] < opens).all()


def test_scores_soon_after_their_training_are_told(both: Both, tmp_path: Path) -> None:
    """If the end is a decision, its label reaches into theirs."""
    run = judged_frame(until(both.scores, timedelta(minutes=1)), both.bars, tmp_path / "run")
    assert run.record.judged is not None
    assert run.record.judged.near_training > 0
    assert any("less than a label's length" in text for text in run.record.warnings)


def test_one_training_leaves_its_own_rows_in_train(both: Both, tmp_path: Path) -> None:
    """Those after it are calibration and test."""
    end = both.scores["decision_time"][len(both.scores) // 2]
    frame = both.scores.drop("split", "label").with_columns(trained_until=pl.lit(end))
    run = judged_frame(frame, both.bars, tmp_path / "run")
    rows = run.samples().with_splits(run.splits)
    learnt = rows.filter(pl.col("decision_time") <= end)["split"].drop_nulls()
    assert learnt.unique().to_list() == ["train"]
    assert run.splits.given == ("train", "calibration", "test")


def test_rows_that_were_learnt_from_are_not_judged(both: Both, tmp_path: Path) -> None:
    """A training that reaches into the calibration rows ends with 4."""
    first = both.scores.filter(split="calibration")["decision_time"][0]
    frame = both.scores.with_columns(trained_until=pl.lit(first))
    with pytest.raises(CheckFailed, match="calibration rows are decided before"):
        judged_frame(frame, both.bars, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_row_of_an_earlier_model_may_not_follow_fresh_ones(both: Both, tmp_path: Path) -> None:
    """Fitted values between forecasts are no forecasts."""
    fresh = until(both.scores, timedelta(days=2))
    learnt = pl.int_range(pl.len()) == 300
    later = pl.when(learnt).then(pl.col("decision_time")).otherwise("trained_until")
    with pytest.raises(CheckFailed, match="1 rows are decided before"):
        judged_frame(fresh.with_columns(trained_until=later), both.bars, tmp_path / "run")


def test_splits_that_cross_are_refused(both: Both, tmp_path: Path) -> None:
    """A shuffled split shares labels with itself."""
    names = pl.Series("split", np.random.default_rng(0).permutation(both.scores["split"].to_list()))
    with pytest.raises(DataError, match="splits follow each other"):
        judged_frame(both.scores.with_columns(names), both.bars, tmp_path / "run")


def test_labels_that_differ_are_told(both: Both, tmp_path: Path) -> None:
    """With the first of them; ours are used."""
    other = both.scores.with_columns(label=1.0 - pl.col("label"))
    run = judged_frame(other, both.bars, tmp_path / "run")
    judged = run.record.judged
    assert judged is not None
    assert judged.labels is not None
    assert judged.labels.different == len(both.scores)
    assert str(judged.labels.first).startswith("row 1, PLANTED")


def test_one_class_is_refused(both: Both, tmp_path: Path) -> None:
    """Where nothing happens there is nothing to calibrate on."""
    quiet = both.scores.filter((pl.col("split") != "calibration") | (pl.col("label") == 0))
    with pytest.raises(DataError, match="the event happens in 0 of"):
        judged_frame(quiet, both.bars, tmp_path / "run")


def test_probabilities_are_kept_without_calibration_rows(both: Both, tmp_path: Path) -> None:
    """Raw scores are none."""
    shown = both.scores.filter(pl.col("split").is_in(["validation", "test"]))
    with pytest.raises(DataError, match="raw scores are no probabilities"):
        judged_frame(shown, both.bars, tmp_path / "run")
    said = shown.with_columns(probability=1.0 / (1.0 + (-pl.col("score")).exp())).drop("score")
    run = judged_frame(said, both.bars, tmp_path / "run")
    kept = run.predictions()["probability"].to_numpy()
    given = said.filter(split="validation")["probability"].to_numpy()
    np.testing.assert_allclose(kept, given, rtol=1e-9)


def test_a_second_model_learns_from_validation_rows(both: Both, tmp_path: Path) -> None:
    """They are out of sample and before the calibration rows; without any it says so."""
    rows = pl.int_range(pl.len()) / pl.len()
    later = pl.when(rows < 0.8).then(pl.lit("calibration")).otherwise(pl.lit("test"))
    split = pl.when(rows < 0.6).then(pl.lit("validation")).otherwise(later)
    known = both.scores.with_columns(split.alias("split"))
    run = judged_frame(known, both.bars, tmp_path / "run")
    choice = choose(run, AskedRule(name="number", value=1e-6), COST_FRACTION)
    meta = second_model(run, choice)
    assert meta.signals > 100
    assert write_signals(run, meta=meta)["take"].any()
    few = judged_frame(known.filter(pl.col("split") != "validation"), both.bars, tmp_path / "few")
    other = choose(few, AskedRule(name="number", value=1e-6), COST_FRACTION)
    with pytest.raises(DataError, match="out-of-sample rows before"):
        second_model(few, other)
