"""A watch goes on for days: what it holds may not grow with its rounds."""

from pathlib import Path

import pytest

from tests.backtest.forward.measure import memory


@pytest.mark.soak
def test_a_thousand_rounds_hold_no_more_than_a_few(tmp_path: Path) -> None:
    """The slope over the last half, in megabytes a thousand rounds."""
    assert memory(1000, tmp_path)["growth_of_1000_rounds_mb"] < MOST_MB


MOST_MB = 1.0
