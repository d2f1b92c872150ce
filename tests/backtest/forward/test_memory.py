"""A watch goes on for days: what it holds may not grow with its rounds."""

import json
import subprocess
import sys

import pytest

MOST_MB = 1.0


@pytest.mark.soak
def test_a_thousand_rounds_hold_no_more_than_a_few() -> None:
    """The slope over the last half, in megabytes a thousand rounds."""
    words = [sys.executable, "-m", "tests.backtest.forward.measure", "memory", "1000"]
    found = subprocess.run(words, capture_output=True, text=True, check=True)
    assert json.loads(found.stdout)["growth_of_1000_rounds_mb"] < MOST_MB
