"""What docs/judge.md tells a user to type works as it stands there."""

import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import polars as pl

from quantsig.data.demo import demo_path
from quantsig.signals.runs import open_run
from tests.cli.conftest import Quantsig, assert_done

PAGE = (Path(__file__).parents[2] / "docs" / "judge.md").read_text(encoding="utf-8")
(PYTHON,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
(SHELL,) = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
NO_EDGE = "There is no evidence of an edge after costs."


def walk(bars: pl.DataFrame) -> pl.DataFrame:
    """The scores that the block of the page writes of bars, in the current folder."""
    Path("data/demo").mkdir(parents=True, exist_ok=True)
    bars.write_parquet("data/demo/bars.parquet")
    names: dict[str, Any] = {}
    exec(compile(PYTHON, "judge.md", "exec"), names)
    return pl.read_csv("scores.csv", try_parse_dates=True)


def test_a_walk_of_lightgbm_ends_with_verdict_and_page(
    quantsig: Quantsig, own_folder: Path
) -> None:
    """Twelve lines of Python and one of the shell, over the bars that ship here."""
    assert len([line for line in PYTHON.splitlines() if line]) <= 12
    assert len(SHELL.splitlines()) == 1
    walk(pl.read_parquet(demo_path()))
    shutil.copy(demo_path(), "data/demo/bars.parquet")
    answers = [assert_done(quantsig(*shlex.split(verb)[1:])) for verb in SHELL.split("&&")]
    assert NO_EDGE in answers[-1].out
    assert NO_EDGE in PAGE
    assert "runs/walked/report.html" in PAGE
    assert (own_folder / "runs/walked/report.html").stat().st_size > 1e6
    judged = open_run(own_folder / "runs/walked").record.judged
    assert judged is not None
    assert judged.splits_from == "trained_until"


def test_later_bars_change_no_score_of_the_walk(own_folder: Path) -> None:
    """Its features see the past alone, and its trees labels that had ended."""
    bars = pl.read_parquet(demo_path())
    whole, cut = walk(bars), walk(bars.filter(pl.col("timestamp").dt.year() <= 2010))
    assert cut.height > 1000
    assert cut.equals(whole.filter(pl.col("decision_time").dt.year() <= 2010))
    assert (whole["trained_until"] < whole["decision_time"]).all()
