"""Reserved names are refused wherever the user names a place to write, on every system."""

import json
from pathlib import Path

import pytest

from tests.platforms.imitated import SYSTEMS, run_as

PLACES = (
    ("samples", "build", "bars.csv", "--out", "con"),
    ("samples", "import", "old", "--out", "nul"),
    ("samples", "draw", "samples", "--sample", "0", "--out", "lpt1.png"),
    ("train", "samples", "--out", "runs/aux"),
    ("search", "samples", "--out", "prn"),
    ("walk", "samples", "--out", "com1"),
    ("signals", "runs/first", "--threshold", "0.5", "--out", "nul.csv"),
    ("report", "runs/first", "--out", "con.html"),
    ("report", "runs/first", "--pdf", "con.pdf"),
    ("runs", "compare", "runs/first", "runs/second", "--out", "both."),
    ("demo", "--out", "demo "),
    ("train", "samples", "--set", "paths.runs=aux"),
)
SCRIPT = f"""
import contextlib, io, json, sys
from quantsig.cli.app import main
for words in {PLACES!r}:
    sys.argv = ["quantsig", *words]
    with contextlib.redirect_stderr(io.StringIO()) as said:
        code = main()
    print(json.dumps([code, said.getvalue().splitlines()]))
"""


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_place_that_windows_cannot_hold_is_refused(system: str, tmp_path: Path) -> None:
    """Exit code 2 and three lines, before anything is read or written."""
    done = run_as(system, SCRIPT, tmp_path)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(PLACES), done.stderr.decode(errors="replace")
    for words, (code, said) in zip(PLACES, answers, strict=True):
        assert (code, len(said)) == (2, 3), (words, said)
        assert "Windows" in said[0]
    assert not list(tmp_path.iterdir())
