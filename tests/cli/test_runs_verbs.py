"""`quantsig runs`: rank, tag, note, remove and put back."""

import json
from pathlib import Path

import pytest

from quantsig.data.storage.documents import read_json
from quantsig.signals.seal import faults
from tests.cli.conftest import Quantsig, assert_done
from tests.golden.opened import open_workspace
from tests.reports.conftest import Recipe, write_synthetic_run


@pytest.fixture
def two(tmp_path: Path) -> list[Path]:
    """Two runs with a backtest, in runs/."""
    return [
        write_synthetic_run(tmp_path / "runs" / name, Recipe(days=300, edge=edge))
        for name, edge in (("first", True), ("second", False))
    ]


@pytest.fixture
def workspace(own_folder: Path) -> Path:
    """Stored runs."""
    return open_workspace(own_folder)


def test_the_best_run_is_printed_for_another_verb(quantsig: Quantsig, two: list[Path]) -> None:
    """Its path alone on stdout; a figure of the test warns that the test is spent."""
    returns = {
        run.name: read_json(run / "backtest" / "stats.json")["figures"]["total_return"]
        for run in two
    }
    answer = assert_done(quantsig("runs", "best", "--by", "test.total_return"))
    assert answer.out == f"runs/{max(returns, key=lambda name: returns[name])}\n"
    assert "no test any more" in answer.err


def test_a_list_is_sorted_by_a_figure(quantsig: Quantsig, two: list[Path]) -> None:
    """The best first, by validation without a warning."""
    rows = assert_done(quantsig("runs", "list", "--sort", "test.sharpe", "--json")).document["rows"]
    values = [row["sorted_by"] for row in rows]
    assert values == sorted(values, reverse=True)
    answer = assert_done(quantsig("runs", "list", "--sort", "validation.loss"))
    assert "no test any more" not in answer.err
    assert "validation.loss" in answer.out


@pytest.mark.parametrize("words", [("list", "--sort"), ("best", "--by")])
def test_an_unknown_figure_is_refused_with_the_known(
    quantsig: Quantsig, words: tuple[str, str]
) -> None:
    """Three lines and 3."""
    answer = quantsig("runs", *words, "test.sharp")
    assert answer.code == 3
    assert len(answer.complaint) == 3
    assert "Did you mean test.sharpe?" in answer.complaint[2]


def test_without_such_a_figure_there_is_no_best_run(quantsig: Quantsig) -> None:
    """Nor without runs."""
    answer = quantsig("runs", "best", "--by", "validation.loss")
    assert answer.code == 3
    assert len(answer.complaint) == 3


def test_tags_and_a_note_are_kept_and_shown(quantsig: Quantsig, workspace: Path) -> None:
    """Added in order, once each, taken off again; the seal of the run stays whole."""
    run = "runs/first"
    assert assert_done(quantsig("runs", "tag", run, "daily", "base", "daily")).out == "daily base\n"
    assert assert_done(quantsig("runs", "tag", run, "daily", "--remove")).out == "base\n"
    assert_done(quantsig("runs", "note", run, "the first with volume"))
    rows = assert_done(quantsig("runs", "list", "--json")).document["rows"]
    first = next(row for row in rows if row["run"] == "first")
    assert (first["tags"], first["note"]) == (["base"], "the first with volume")
    assert "base" in assert_done(quantsig("runs", "list")).out
    assert "the first with volume" in assert_done(quantsig("runs", "show", run)).out
    assert assert_done(quantsig("runs", "note", run, "")).out == "no note\n"


def test_remarks_of_a_sealed_run_are_sealed(trained: Quantsig) -> None:
    """Written by us they are whole; changed by hand they are refused, as any file is."""
    assert_done(trained("runs", "tag", "runs/one", "base"))
    assert faults(Path("runs/one")) == []
    remarks = Path("runs/one/remarks.json")
    remarks.write_text(json.dumps({**json.loads(remarks.read_text()), "tags": ["other"]}))
    answer = trained("runs", "show", "runs/one")
    assert answer.code == 6
    assert len(answer.complaint) == 3


@pytest.mark.parametrize("word", ["", "two words", "a,b", "\x1b[31m", "x" * 41])
def test_what_is_no_word_is_no_tag(quantsig: Quantsig, workspace: Path, word: str) -> None:
    """Refused with where a sentence goes."""
    answer = quantsig("runs", "tag", "runs/first", word)
    assert answer.code == 2
    assert len(answer.complaint) == 3


def test_a_removed_run_can_be_put_back_and_its_trials_stay(
    quantsig: Quantsig, workspace: Path
) -> None:
    """The ledger is the same to the byte, and so is the run that comes back."""
    ledger = Path("runs/ledger.jsonl").read_bytes()
    before = assert_done(quantsig("runs", "show", "runs/first", "--json")).out
    answer = assert_done(quantsig("runs", "rm", "runs/first"))
    assert Path(answer.out.strip()).parent.name == ".trash"
    assert "go on counting" in answer.err
    rows = assert_done(quantsig("runs", "list", "--json")).document["rows"]
    assert "first" not in [row["run"] for row in rows]
    assert Path("runs/ledger.jsonl").read_bytes() == ledger
    assert_done(quantsig("runs", "restore", "first"))
    assert assert_done(quantsig("runs", "show", "runs/first", "--json")).out == before


def test_two_of_one_name_lie_beside_each_other(quantsig: Quantsig, two: list[Path]) -> None:
    """And a place that is taken is not given away."""
    assert_done(quantsig("runs", "rm", "runs/first"))
    two[1].rename("runs/first")
    answer = quantsig("runs", "restore", "first")
    assert (answer.code, len(answer.complaint)) == (2, 3)
    assert_done(quantsig("runs", "rm", "runs/first"))
    assert sorted(path.name for path in Path("runs/.trash").iterdir()) == ["first", "first-2"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("rm", "runs/absent"), 3),
        (("rm", "runs"), 3),
        (("rm", "."), 3),
        (("restore", "absent"), 3),
        (("restore", "../runs/first"), 3),
        (("tag", "runs/absent", "x"), 3),
        (("note", "runs/absent", "x"), 3),
    ],
)
def test_what_is_no_run_is_refused(
    quantsig: Quantsig, workspace: Path, words: tuple[str, ...], code: int
) -> None:
    """Three lines; nothing is moved."""
    answer = quantsig("runs", *words)
    assert answer.code == code
    assert len(answer.complaint) == 3
    assert Path("runs/first/run.json").is_file()
