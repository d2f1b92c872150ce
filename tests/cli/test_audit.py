"""`quantsig audit`: what passes ends with 0, a leak with 4; nothing is lost."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from quantsig.data.storage import parquet
from quantsig.signals.audit.record import read_audit
from quantsig.signals.seal import seal_again
from tests.cli.conftest import Quantsig, assert_done

FEATURES = """
def momentum(bars):
    return bars["close"].pct_change(3)

def peek(bars):
    return bars["close"].shift(-1)

def broken(bars):
    raise KeyError("vwap")

def past(windows, geometry, out):
    out[:, 0, 1] = 3
"""


@pytest.fixture
def own_features(own_folder: Path) -> Path:
    path = own_folder / "own.py"
    path.write_text(FEATURES)
    return path


def test_a_causal_function_passes(quantsig: Quantsig, own_features: Path) -> None:
    """On the bars of the demo where none are named, as a panel too."""
    assert "truncation    passed" in assert_done(quantsig("audit", "own.py:momentum")).out
    assert "batch  passed" in assert_done(quantsig("audit", "own.py:past")).out


def test_a_leak_ends_with_4(quantsig: Quantsig, own_features: Path) -> None:
    """Three lines name the feature and its first bar; JSON is one document all the same."""
    answer = quantsig("audit", "own.py:peek", "--json")
    assert answer.code == 4
    assert len(answer.complaint) == 4  # one of them names the symbol
    assert "own.py:peek: peek, first at 20" in answer.err
    checks = {check["name"]: check for check in answer.document["checks"]}
    assert checks["truncation"]["answer"] == "failed"
    assert answer.document["figures"]["findings"] == 2


def test_a_function_that_raises_ends_with_4(quantsig: Quantsig, own_features: Path) -> None:
    """And says what it raised; a file that is not there is a wrong argument."""
    broken = quantsig("audit", "own.py:broken")
    assert (broken.code, "raised KeyError" in broken.err) == (4, True)
    assert quantsig("audit", "absent.py:f").code == 2


def test_a_set_and_a_run_are_audited(trained: Quantsig) -> None:
    """The planted pattern is too good to be true, and its column of closes foresees."""
    for target in ("samples", "runs/one"):
        answer = trained("audit", target, "--drawn", "60", "--json")
        assert answer.code == 4
        failed = {one["name"] for one in answer.document["checks"] if one["answer"] == "failed"}
        assert failed <= {"columns", "too_good"}
    kept = read_audit(Path("runs/one"))
    assert kept is not None
    assert {"scores", "calibrator", "purge"} <= {check.name for check in kept.checks}


def test_a_probability_that_was_changed_is_found(trained: Quantsig) -> None:
    """By hand, in the rows that the calibrator was fitted on."""
    source = Path("runs/one/predictions.parquet")
    rows = parquet.read_parquet(source)
    moved = pl.when(pl.int_range(pl.len()) == len(rows) - 1).then(0.99).otherwise("probability")
    parquet.write_parquet(source, rows.with_columns(probability=moved))
    assert trained("audit", "runs/one", "--json").code == 6
    seal_again(Path("runs/one"), "one")
    checks = trained("audit", "runs/one", "--drawn", "5", "--json").document["checks"]
    (calibrator,) = (check for check in checks if check["name"] == "calibrator")
    assert [one["feature"] for one in calibrator["findings"]] == ["probability"]


def test_a_second_model_of_other_rows_is_found(trained: Quantsig) -> None:
    """It learns again; numbers that were put in by hand come of no rows out of fold."""

    def asked() -> dict[str, Any]:
        document = trained("audit", "runs/one", "--drawn", "5", "--json").document
        return next(one for one in document["checks"] if one["name"] == "second_model")

    assert asked()["answer"] == "not asked"
    assert_done(trained("signals", "runs/one", "--threshold", "0.15", "--meta"))
    assert (asked()["answer"], asked()["examined"] > 100) == ("passed", True)
    (source,) = Path("runs/one/meta").glob("*.json")
    record = json.loads(source.read_text())
    source.write_text(json.dumps(record | {"take_at": record["take_at"] / 2}))
    seal_again(Path("runs/one"), "one")
    (finding,) = asked()["findings"]
    assert finding["size"] == pytest.approx(record["take_at"] / 2)


def test_a_run_that_failed_claims_no_edge(trained: Quantsig) -> None:
    """Its backtest, and its page, say that a leak is suspected."""
    assert trained("audit", "runs/one", "--drawn", "20").code == 4
    assert_done(trained("signals", "runs/one", "--threshold", "0.5"))
    assert_done(trained("backtest", "runs/one"))
    stats = json.loads(Path("runs/one/backtest/stats.json").read_text())
    assert stats["verdict"]["edge"] is False
    assert any("foresee" in one or "rank correlation" in one for one in stats["leaks"])
    page = Path("runs/one/report.html").read_text()
    assert "The audit of this run found bars" in page
