"""What the README tells a user to type works as it stands there."""

import re
import shlex
import subprocess
from pathlib import Path

import polars as pl
import pytest

from quantsig.data.bars import write_bars
from quantsig.data.demo import demo_bars
from tests.cli.conftest import Quantsig

ROOT = Path(__file__).parents[2]
README, CHINESE = (
    (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh.md")
)
LANGUAGES = pytest.mark.parametrize("text", [README, CHINESE], ids=["en", "zh"])


def commands(text: str) -> list[list[str]]:
    """The lines of each block of commands, without remarks."""
    return [
        [line.split("#")[0].strip() for line in block.strip().splitlines()]
        for block in re.findall(r"```sh\n(.*?)```", text, re.S)
    ]


FIRST, CHAIN = commands(README)
BARS = 900  # 510 of them are the history of the first chart


def test_the_first_two_commands_are_demo_and_test() -> None:
    """And the Makefile knows them."""
    assert FIRST == ["make demo", "make test"]
    for command in FIRST:
        planned = subprocess.run(
            [*command.split(), "--dry-run"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert "sync --locked" in planned.stdout


@pytest.mark.xdist_group("readme")
def test_the_chain_by_hand(
    quantsig: Quantsig, own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every line of the second block, in order, over the first bars of one real symbol.

    The pictures are small, or ResNet-18 would take a minute.
    """
    monkeypatch.setenv("QUANTSIG_SAMPLES_HEIGHT", "32")
    monkeypatch.setenv("QUANTSIG_SAMPLES_WIDTH", "32")
    apple = demo_bars().bars.filter(pl.col("symbol") == "AAPL").head(BARS)
    write_bars(own_folder / "bars.parquet", apple)
    assert len(CHAIN) == 8
    for line in CHAIN:
        answer = quantsig(*shlex.split(line)[1:])
        assert answer.code == 0, f"{line}\n{answer.err}"
    assert (own_folder / "runs/first/report.html").is_file()


def test_the_chinese_one_has_the_same_commands() -> None:
    """So that they are run for both."""
    assert commands(CHINESE) == [FIRST, CHAIN]


@LANGUAGES
def test_every_verb_of_the_table_has_help(quantsig: Quantsig, text: str) -> None:
    """The table names verbs that exist."""
    table = re.split("## (?:Command line|命令行)\n", text)[1].split("##")[0]
    cells = re.findall(r"^\| (`.*?) \|", table, re.M)
    codes = [code for cell in cells for code in re.findall(r"`([^`]+)`", cell)]
    verbs = [re.match(r"(?:quantsig )?((?:samples |runs )?\w+)", code) for code in codes]
    assert len(verbs) >= 10
    for verb in verbs:
        assert verb is not None
        assert quantsig(*verb[1].split(), "--help").code == 0, verb[1]


@LANGUAGES
def test_its_picture_and_links_are_there(text: str) -> None:
    """Relative links lead to files."""
    links = re.findall(r"\]\((?!http)([^)#]+)\)", text)
    assert any(link.startswith("docs/screens/") for link in links)
    assert all((ROOT / link).is_file() for link in links)
