"""What the tutorial and the how-tos tell a user to type works as it stands there.

Over a few years of one real symbol: each how-to begins where the tutorial had come to.
"""

import re
import shlex
import shutil
import sys
from pathlib import Path

import polars as pl
import pytest

from quantsig.cli.app import main
from quantsig.data.bars import write_bars
from quantsig.data.demo import demo_bars
from quantsig.data.demo.planted import planted_bars
from tests.cli.conftest import Quantsig, assert_done

DOCS = Path(__file__).parents[2] / "docs"
BARS = 1200
FRESH, TRAINED, CHOSEN, SIGNALLED = "fresh", "trained", "chosen", "signalled"
REACHED = {  # the last command of the tutorial by which a folder is there
    TRAINED: "quantsig train",
    CHOSEN: "quantsig thresholds",
    SIGNALLED: "quantsig signals",
}
ELSEWHERE = ("python", "cp")  # programs that are not quantsig
LONG = "quantsig backtest runs/first", "quantsig report runs/first --lang zh --force"  # as above


def lines(text: str) -> list[str]:
    """The commands of a page's blocks for the shell."""
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def sections(page: str) -> dict[str, list[str]]:
    """Commands of a page by the heading they stand under."""
    parts = re.split(r"(?m)^## ", (DOCS / page).read_text(encoding="utf-8"))
    return {part.partition("\n")[0]: found for part in parts if (found := lines(part))}


TUTORIAL = lines((DOCS / "tutorial.md").read_text(encoding="utf-8"))
HOW_TO = sections("how-to.md")
BEGINS = {
    "Read a CSV with a clock of its own": FRESH,
    "Build on intraday bars": FRESH,
    "Read Chinese futures with night sessions": FRESH,
    "Trade A-shares by their rules": SIGNALLED,
    "Ask for a promise of precision": TRAINED,
    "Audit a feature of one's own": FRESH,
    "Hand the signals to another backtester": CHOSEN,
    "Run a network without quantsig": CHOSEN,
    "Score the newest bars": CHOSEN,
    "Train longer, or go on after an interruption": TRAINED,
    "Compare runs": TRAINED,
    "Find what a model does not look at": TRAINED,
    "Read everything in Chinese": FRESH,
}
TRAINS = "Train longer, or go on after an interruption"  # a network, twice


@pytest.fixture(scope="module")
def reached(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folder of the tutorial as it was after some of its commands, and at its end."""
    home = tmp_path_factory.mktemp("tutorial")
    folder = home / "here"
    folder.mkdir()
    apple = demo_bars().bars.filter(pl.col("symbol") == "AAPL").head(BARS)
    write_bars(folder / "bars.parquet", apple)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for line in TUTORIAL:
            if line.startswith(ELSEWHERE):
                continue
            patch.setattr(sys, "argv", shlex.split(line))
            assert main() == 0, line
            for name, command in REACHED.items():
                if line.startswith(command):
                    shutil.copytree(folder, home / name)
    return {name: home / name for name in REACHED} | {"end": folder}


def test_the_tutorial_ends_with_a_page(reached: dict[str, Path]) -> None:
    """Every command of it, in order."""
    assert len([line for line in TUTORIAL if line.startswith("quantsig")]) == 7
    page = (reached["end"] / "runs/first/report.html").read_text(encoding="utf-8")
    assert "no evidence of an edge" in page


def test_every_how_to_is_run() -> None:
    """A dozen and one; a new one says where it begins."""
    assert set(HOW_TO) == set(BEGINS)
    assert len(HOW_TO) >= 12


@pytest.mark.parametrize(
    "title",
    [pytest.param(title, marks=pytest.mark.soak if title == TRAINS else ()) for title in BEGINS],
)
def test_a_how_to_runs(
    title: str,
    quantsig: Quantsig,
    reached: dict[str, Path],
    own_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No precision may be promised on so few rows, which is an answer (4), not a failure."""
    stage = BEGINS[title]
    if stage == FRESH:
        bars = planted_bars(400, seed=1).bars.drop("adjustment")
        bars.write_csv("bars.csv")
        bars.write_parquet("bars.parquet")
        monkeypatch.setenv("QUANTSIG_SAMPLES_PRESET", "small")
    else:
        shutil.copytree(reached[stage], own_folder, dirs_exist_ok=True)
    text = (DOCS / "how-to.md").read_text(encoding="utf-8").partition(f"## {title}")[2]
    section = text.partition("\n## ")[0]
    for name, language in (("quantsig.toml", "toml"), ("own.py", "python")):
        for block in re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL):
            (own_folder / name).write_text(block)
    if title == "Compare runs":
        shutil.copytree("runs/first", "runs/longer")
    for line in HOW_TO[title]:
        if line.startswith(ELSEWHERE) or line in LONG:
            continue
        answer = quantsig(*shlex.split(line)[1:])
        if "--precision" in line and answer.code == 4:
            quantsig("thresholds", "runs/first", "--best")
            continue
        assert_done(answer)
