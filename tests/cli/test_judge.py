"""`quantsig judge`, and the verbs that follow it."""

import pickle
from pathlib import Path

import polars as pl
import pytest

from quantsig.data.demo.planted import CELL_BARS, RISE_FRACTION, planted_bars
from tests.cli.conftest import Quantsig, assert_done

WORDS = ("--bars", "bars.csv", "--bar-label", "close", "--rise-fraction", RISE_FRACTION)


@pytest.fixture
def scores(own_folder: Path) -> pl.DataFrame:
    """Bars, and what the oracle of the pattern says at each decision, a little blurred."""
    planted = planted_bars(700, seed=3)
    planted.bars.drop("adjustment").write_csv(own_folder / "bars.csv")
    frame = planted.decisions.select(
        pl.lit("PLANTED").alias("symbol"),
        "decision_time",
        score=pl.col("oracle_score") + (pl.int_range(pl.len()) * 7919 % 97) / 500,
    )
    frame.write_csv(own_folder / "scores.csv")
    return frame


def test_scores_become_a_page(quantsig: Quantsig, scores: pl.DataFrame, own_folder: Path) -> None:
    """One chain of verbs, none of which knows the model."""
    answer = assert_done(quantsig("judge", "scores.csv", *WORDS, "--out", "runs/judged"))
    assert "nothing says until when" in answer.err
    assert answer.out.splitlines()[-1] == "runs/judged"
    assert_done(quantsig("thresholds", "runs/judged", "--recall", "0.8"))
    assert_done(quantsig("signals", "runs/judged"))
    assert_done(quantsig("sweep", "runs/judged", "--thresholds", 4, "--stops", 2, "--targets", 2))
    assert_done(quantsig("backtest", "runs/judged"))
    audit = quantsig("audit", "runs/judged")  # planted prices do not move like real ones
    assert audit.code == 4
    for check in ("purge", "calibrator", "threshold", "fills"):
        assert f"{check} " in audit.out.replace("  ", " ")
    assert_done(quantsig("verify", "runs/judged"))
    assert_done(quantsig("runs", "show", "runs/judged"))
    assert "judged" in assert_done(quantsig("runs", "list")).out
    for lang, said in (("en", "cannot be known here"), ("zh", "无从知道")):
        assert_done(quantsig("report", "runs/judged", "--lang", lang))
        assert said in (own_folder / "runs/judged/report.html").read_text(encoding="utf-8")


def test_what_needs_the_model_ends_with_three_lines(
    quantsig: Quantsig, scores: pl.DataFrame
) -> None:
    """Exit code 3, and what to do."""
    assert_done(quantsig("judge", "scores.csv", *WORDS, "--out", "runs/judged"))
    assert_done(quantsig("thresholds", "runs/judged", "--recall", "0.5"))
    for words in (
        ("signals", "runs/judged", "bars.csv"),
        ("signals", "runs/judged", "bars.csv", "--latest"),
        ("backtest", "runs/judged", "bars.csv"),
        ("thresholds", "runs/judged", "--recall", "0.5", "--on", "walk"),
        ("train", "runs/judged/scored", "--out", "runs/other"),
        ("walk", "runs/judged/scored", "--model", "logistic"),
    ):
        answer = quantsig(*words)
        assert answer.code == 3, (words, answer.err)
        what, _, remedy = answer.complaint[-3:]
        assert "model" in what, words
        assert "quantsig" in remedy, words


def test_json_is_one_document(quantsig: Quantsig, scores: pl.DataFrame) -> None:
    """With the record of the run."""
    frame = scores.with_columns(trained_until=pl.lit("2020-01-02"))
    frame.write_parquet("scores.parquet")
    answer = quantsig("judge", "scores.parquet", *WORDS, "--out", "runs/judged", "--json")
    document = assert_done(answer).document
    assert document["schema"] == "quantsig.judge/1"
    assert document["record"]["judged"]["splits_from"] == "trained_until"
    decided = 2 * 24 * 4 // CELL_BARS
    assert document["figures"]["train"] == decided - 1  # the label of the last reaches on
    again = quantsig("judge", "scores.parquet", *WORDS, "--out", "runs/judged")
    assert again.code == 2


BAD = {
    "training had ended": ({"--trained-until": "2020-03-01"}, 4),
    "97 test rows are decided before their model's training": ({"scores": "learnt.csv"}, 4),
    "pickle": ({"scores": "pred.pkl"}, 2),
    "no column absent": ({"--column": "absent"}, 3),
    "outside 0..1": ({"--kind": "probability"}, 3),
    "there is no file": ({"scores": "gone.csv"}, 3),
}


@pytest.mark.parametrize("said", BAD)
def test_what_is_refused(
    quantsig: Quantsig, scores: pl.DataFrame, own_folder: Path, said: str
) -> None:
    """Three lines and the right exit code; no run is left."""
    (own_folder / "pred.pkl").write_bytes(pickle.dumps([1]))
    row, rows = pl.int_range(pl.len()), len(scores)
    until = pl.when(row > 600).then(pl.lit("2020-02-28")).otherwise(pl.lit("2019-12-01"))
    half = pl.when(row < rows // 2).then(pl.lit("calibration")).otherwise(pl.lit("test"))
    scores.with_columns(trained_until=until, split=half).write_csv("learnt.csv")
    given, code = BAD[said]
    words = [word for pair in given.items() if pair[0] != "scores" for word in pair]
    table = given.get("scores", "scores.csv")
    answer = quantsig("judge", table, *WORDS, *words, "--out", "runs/judged")
    assert answer.code == code, answer.err
    assert said in " ".join(answer.complaint[-3:])
    assert not (own_folder / "runs/judged").exists()


def test_a_judged_run_goes_on_into_the_future(
    quantsig: Quantsig, scores: pl.DataFrame, own_folder: Path
) -> None:
    """Bars and scores grow; the journal is verified by them, and the page written."""
    bars = pl.read_csv("bars.csv")
    held = scores["decision_time"].sort()[-12]
    old = scores.filter(pl.col("decision_time") < held)
    old.write_csv("old.csv")
    until = bars.filter(pl.Series(bars["timestamp"].str.to_datetime(time_zone="UTC")) < held)
    until.write_csv("bars.csv")
    assert_done(quantsig("judge", "old.csv", *WORDS, "--out", "runs/judged"))
    assert_done(quantsig("thresholds", "runs/judged", "--recall", "0.8"))
    forward = ("forward", "runs/judged", "bars.csv", "--bar-label", "close")
    answer = quantsig(*forward)
    assert answer.code == 3
    assert answer.complaint[-3].startswith("this run was made of scores")
    assert answer.complaint[-1].endswith("--scores FILE")
    assert_done(quantsig(*forward, "--scores", "old.csv"))
    bars.write_csv("bars.csv")
    document = assert_done(quantsig(*forward, "--scores", "scores.csv", "--json")).document
    assert document["figures"]["decisions"] == 12
    assert all("score" in line for line in document["decisions"])
    words = ("verify", "runs/judged", "bars.csv", "--bar-label", "close", "--scores", "scores.csv")
    found = assert_done(quantsig("forward", *words, "--json")).document["figures"]
    assert (found["without_bars"], found["differences"]) == (0, 0)
    page = own_folder / "runs/judged/forward/forward.html"
    assert "Today" in page.read_text(encoding="utf-8")
