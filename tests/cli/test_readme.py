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
README = (ROOT / "README.md").read_text(encoding="utf-8")
FIRST, CHAIN = (
    [line.split("#")[0].strip() for line in block.strip().splitlines()]
    for block in re.findall(r"```sh\n(.*?)```", README, re.S)
)
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


def test_every_verb_of_the_table_has_help(quantsig: Quantsig) -> None:
    """The table names verbs that exist."""
    table = README.split("## Command line")[1].split("##")[0]
    cells = re.findall(r"^\| (`.*?) \|", table, re.M)
    codes = [code for cell in cells for code in re.findall(r"`([^`]+)`", cell)]
    verbs = [re.match(r"(?:quantsig )?((?:samples |runs )?\w+)", code) for code in codes]
    assert len(verbs) >= 10
    for verb in verbs:
        assert verb is not None
        assert quantsig(*verb[1].split(), "--help").code == 0, verb[1]


def test_its_picture_and_links_are_there() -> None:
    """Relative links lead to files."""
    links = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    assert "docs/report.png" in links
    assert all((ROOT / link).is_file() for link in links)
