"""A run that kept no rows for calibration says so, and promises nothing."""

import json
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit

from quantsig.cli.app import main
from quantsig.signals.runs import open_run
from tests.cli.conftest import Quantsig, assert_done

pytestmark = pytest.mark.xdist_group("uncalibrated")
NONE_KEPT = "no rows are kept for calibration"


@pytest.fixture(scope="module")
def bare_folder(trained_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That of `trained`, and a run `runs/bare` whose validation is followed by its test."""
    folder = tmp_path_factory.mktemp("bare") / "folder"
    shutil.copytree(trained_folder, folder)
    with (folder / "quantsig.toml").open("a", encoding="utf-8") as settings:
        settings.write("[splits]\nvalidation = 0.25\ncalibration = 0\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        words = ["train", "--out", "runs/bare", "--no-baselines"]
        patch.setattr(sys, "argv", ["quantsig", *words])
        assert main() == 0
    return folder


@pytest.fixture
def uncalibrated(quantsig: Quantsig, bare_folder: Path, own_folder: Path) -> Quantsig:
    """A folder of the test's own with that run."""
    shutil.copytree(bare_folder, own_folder, dirs_exist_ok=True)
    return quantsig


def test_probabilities_are_the_scores_as_they_come(uncalibrated: Quantsig) -> None:
    """Score as log-odds, the prior shift taken off before; the run keeps that it is so."""
    run = open_run(Path("runs/bare"))
    rows = run.predictions()
    assert rows["split"].unique().to_list() == ["validation"]
    np.testing.assert_allclose(rows["probability"], expit(rows["score"].to_numpy()), rtol=1e-15)
    assert run.calibration().method == "none"
    assert any(NONE_KEPT in text for text in run.record.warnings)
    assert run.record.splits.calibration == 0.0


def test_thresholds_and_promises_are_refused(uncalibrated: Quantsig) -> None:
    """In three lines, with the ways that are left; nothing is frozen."""
    for words in ((), ("--precision", "0.6"), ("--recall", "0.5"), ("--best",)):
        answer = uncalibrated("thresholds", "runs/bare", *words)
        assert answer.code == 3
        assert "kept no rows for calibration" in answer.err
        assert "signals --threshold 0.5" in answer.err
    assert open_run(Path("runs/bare")).choices() == []


def test_a_number_works_and_is_said_to_be_unjudged(uncalibrated: Quantsig) -> None:
    """Signals, backtest and the report follow; the report claims no calibration."""
    answer = assert_done(uncalibrated("signals", "runs/bare", "--threshold", "0.3", "--json"))
    choice = json.loads(answer.out)["choice"]
    assert choice["calibration"] == {"samples": 0, "signals": 0, "true_positives": 0}
    assert choice["test"]["samples"] > 0
    told = assert_done(uncalibrated("signals", "runs/bare", "--threshold", "0.3", "--force"))
    assert "none judged this threshold" in told.err
    assert_done(uncalibrated("signals", "runs/bare", "bars.csv", "--latest", "--out", "now.csv"))
    assert_done(uncalibrated("backtest", "runs/bare"))
    assert_done(uncalibrated("report", "runs/bare"))
    page = Path("runs/bare/report.html").read_text(encoding="utf-8")
    assert "No rows were kept for calibration" in page
    assert "so none judged it" in page
    assert not re.search(r"Promised precision|Precision on calibration rows", page)


def test_what_goes_by_calibration_rows_says_that_there_are_none(uncalibrated: Quantsig) -> None:
    """Samples, sweeps and tables of runs neither crash nor pretend."""
    assert_done(uncalibrated("samples", "info"))
    assert_done(uncalibrated("runs", "show", "runs/bare"))
    assert_done(uncalibrated("runs", "compare", "runs/one", "runs/bare"))
    answer = uncalibrated("sweep", "runs/bare")
    assert answer.code == 3
    assert "calibration" in answer.err


def test_splits_at_dates_leave_a_run_that_keeps_them(trained: Quantsig) -> None:
    """Given in quantsig.toml; the run, its settings and its signals go by them."""
    decided = open_run(Path("runs/one")).samples().index["decision_time"].dt.date().unique().sort()
    days = [str(decided[round(share * len(decided))]) for share in (0.6, 0.8)]
    with Path("quantsig.toml").open("a", encoding="utf-8") as settings:
        settings.write(f"[splits]\nat = {json.dumps(days)}\n")
    assert_done(trained("train", "--out", "runs/dated", "--no-baselines"))
    run = open_run(Path("runs/dated"))
    assert run.record.splits.as_dict() == {"at": days}
    assert run.config()["splits"] == {"at": days}
    assert_done(trained("signals", "runs/dated", "--threshold", "0.3"))
    rows = open_run(Path("runs/dated")).predictions()
    test = rows.filter(split="test")
    assert str(test["decision_time"].dt.date().max()) >= days[1]
    assert str(rows.filter(split="validation")["label_end"].dt.date().max()) < days[1]
    assert_done(trained("report", "runs/dated"))
