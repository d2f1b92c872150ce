"""The whole chain on an imitated Windows and macOS: nothing needs what only Linux has.

The real systems run in the workflow of continuous integration; here, what made quantsig fail
there is taken away: modules, calls, renaming of open files, folders that can be opened.
"""

import json
import re
from pathlib import Path

import polars as pl
import pytest

from quantsig.data.demo.planted import RISE_FRACTION, planted_bars
from tests.platforms.imitated import SYSTEMS, run_as

SYMBOLS = ("AAPL", "aapl", "CON")
SETTINGS = f"""
[bars]
source = "bars.csv"
bar_label = "close"
[samples]
preset = "small"
stride_bars = 5
height = 16
width = 32
timeframes = [1, 2]
[label]
rise_fraction = {RISE_FRACTION}
[train]
model = "logistic"
"""
CHAIN = """
import sys
from quantsig.cli.app import main
for words in (
    ["init"],
    ["samples", "build", "--config", "own.toml"],
    ["train", "--no-baselines", "--out", "runs/first", "--config", "own.toml"],
    ["signals", "runs/first", "--threshold", "0.2", "--config", "own.toml"],
    ["backtest", "runs/first", "--config", "own.toml"],
    ["report", "runs/first", "--config", "own.toml"],
    ["samples", "build", "--config", "own.toml", "--force"],
    ["samples", "verify", "--config", "own.toml"],
    ["doctor", "--json"],
):
    sys.argv = ["quantsig", *words]
    code = main()
    print(words[0], code, file=sys.stderr)
    if code:
        sys.exit(code)
"""
NOT_ON_WINDOWS = re.compile(r'[<>:"|?*\\\\\x00-\x1f]|[. ]$')
RESERVED = {"con", "prn", "aux", "nul"} | {
    f"{port}{n}" for port in ("com", "lpt") for n in range(10)
}


def check_names(folder: Path) -> None:
    """Every name that was written can be written on Windows, beside all others."""
    for path in folder.rglob("*"):
        assert not NOT_ON_WINDOWS.search(path.name), path
        assert path.stem.casefold() not in RESERVED, path
        twins = [
            one.name for one in path.parent.iterdir() if one.name.casefold() == path.name.casefold()
        ]
        assert twins == [path.name]


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_chain_runs(system: str, tmp_path: Path) -> None:
    """Exit code 0 from `init` to `report`, on files with CRLF and symbols that differ by case."""
    bars = planted_bars(400, seed=1).bars.drop("adjustment")
    several = pl.concat(bars.with_columns(symbol=pl.lit(name)) for name in SYMBOLS)
    text = several.write_csv()
    (tmp_path / "bars.csv").write_bytes(text.replace("\n", "\r\n").encode())
    (tmp_path / "own.toml").write_bytes(SETTINGS.replace("\n", "\r\n").encode())
    done = run_as(system, CHAIN, tmp_path)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    document = json.loads(done.stdout[done.stdout.index(b'{\n  "schema": "quantsig.doctor') :])
    assert document["figures"]["cpus"] >= 1
    environment = json.loads((tmp_path / "runs/first/environment.json").read_bytes())
    known = "peak_memory_unknown" if system == "windows" else "peak_memory_bytes"
    assert environment[known]
    check_names(tmp_path)
