"""Values that the shell completes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"torch", "polars", "numpy", "sklearn", "vectorbt"}


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("quantsig train --model resnet18", {"resnet18", "resnet18_deep"}),
        ("quantsig train --loss soft", {"soft_f1"}),
        ("quantsig samples build --preset jkx2", {"jkx20"}),
        ("quantsig samples build --label three", {"three_way"}),
        ("quantsig runs show runs/f", {"runs/first"}),
    ],
)
def test_the_shell_is_offered_names(line: str, offered: set[str], tmp_path: Path) -> None:
    """Those that begin so, and nothing heavy is imported to find them."""
    for name in ("first", "second"):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "run.json").write_text("{}")
    words = {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split()) - 1)}
    script = (
        "import sys, atexit; from quantsig.cli.app import main; "
        "atexit.register(lambda: print(*sys.modules, file=sys.stderr)); sys.exit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, **words, "_QUANTSIG_COMPLETE": "complete_bash"},
        capture_output=True,
        check=True,
        cwd=tmp_path,
        text=True,
    )
    assert set(done.stdout.split()) == offered
    assert not HEAVY & set(done.stderr.split())
