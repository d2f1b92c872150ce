"""What verbs say in Chinese is Chinese: progress, remarks, headings and names of figures."""

import re
from pathlib import Path

import pytest
from rich.cells import cell_len

from quantsig.cli import output
from tests.cli.conftest import Answer, Quantsig, assert_done
from tests.golden.opened import open_workspace

pytestmark = pytest.mark.xdist_group("golden")
CHINESE = re.compile(r"[一-鿿]")
SENTENCE = re.compile(r"(?:[a-z]+,? ){3}")  # English words in a row
INTERNATIONAL = {"F1", "MCC", "ROC AUC", "F-beta", "GFLOPs"}
VERBS = (
    "runs list",
    "runs show runs/first",
    "runs compare runs/first runs/pair",
    "thresholds runs/first",
    "signals runs/first --force",
    "samples info samples",
    "samples verify samples",
    "models samples",
    "train samples --dry-run",
    "forward runs/first newer.csv",
    "forward verify runs/first newer.csv",
    "samples draw samples",
)
OF_FIGURES = ("runs show", "samples", "train", "signals", "forward")
OF_TABLES = ("runs list", "runs compare runs/first runs/pair", "thresholds runs/first")
WIDTH = 60


def told(quantsig: Quantsig) -> dict[str, Answer]:
    return {verb: assert_done(quantsig(*verb.split())) for verb in VERBS}


def english(answer: Answer) -> list[str]:
    """Lines with an English sentence; commands and paths are none."""
    lines = (answer.out + answer.err).splitlines()
    said = {line: re.sub(r"quantsig [a-z]+[^，。；]*|\S*[/_]\S*", "", line) for line in lines}
    return [line for line, left in said.items() if SENTENCE.search(left)]


def unnamed(answer: Answer) -> set[str]:
    """Names of figures, and first headings, without a Chinese character."""
    found = [re.match(r"(\S.*?)  +\S", line) for line in answer.out.splitlines()]
    names = {one[1] for one in found if one and not one[1][0].isdigit()}
    return {name for name in names if not CHINESE.search(name)} - INTERNATIONAL


def test_verbs_speak_chinese(
    quantsig: Quantsig, own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over a stored folder of runs, on a terminal of sixty columns."""
    open_workspace(own_folder)
    monkeypatch.setenv("QUANTSIG_LANG", "zh")
    monkeypatch.setattr(output, "PIPED_WIDTH", WIDTH)
    said = told(quantsig)
    assert {verb: english(answer) for verb, answer in said.items() if english(answer)} == {}
    figures = {verb: said[verb] for verb in VERBS if verb.startswith(OF_FIGURES)}
    assert {verb: unnamed(answer) for verb, answer in figures.items() if unnamed(answer)} == {}
    for verb in OF_TABLES:
        table = [line for line in said[verb].out.splitlines() if re.match(r" |\d\.\d", line)]
        assert table, verb
        assert max(map(cell_len, table)) <= WIDTH, verb


def test_a_program_is_no_take_profit(
    quantsig: Quantsig, own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A word of an error is not that of another thing that English calls alike."""
    open_workspace(own_folder)
    monkeypatch.setenv("QUANTSIG_LANG", "zh")
    answer = quantsig("export", "runs/first", "--signals-for", "zipline")
    assert answer.code == 3
    assert "未知的程序" in answer.err
