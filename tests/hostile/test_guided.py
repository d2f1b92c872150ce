"""Damage guided by what it reaches; in `make soak` where atheris is installed."""

import subprocess
import sys
from pathlib import Path

import pytest

GUIDED = ("csv", "pickle", "feather", "parquet", "settings", "manifest", "run", "seal", "ledger")
SECONDS = 120  # for each kind


@pytest.mark.soak
@pytest.mark.parametrize("kind", GUIDED)
def test_guided_damage_ends_in_our_errors(tmp_path: Path, kind: str) -> None:
    """Whatever new line of a reader it reaches."""
    pytest.importorskip("atheris", reason="atheris is not installed: uv run --group fuzz pytest")
    words = [sys.executable, "-m", "tests.hostile.guided", str(tmp_path), str(SECONDS), kind]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "stat::number_of_executed_units" in done.stderr
