"""One training for all tests of the forward test."""

from pathlib import Path

import pytest

from quantsig.data.bars import CheckedBars
from quantsig.signals.runs import Run
from tests.backtest.forward.replays import copied, trained, two_symbols


@pytest.fixture(scope="package")
def held_bars() -> CheckedBars:
    """What the run was trained on, and what came later."""
    return two_symbols()


@pytest.fixture(scope="package")
def trained_run(held_bars: CheckedBars, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run that nobody writes to."""
    return trained(held_bars, tmp_path_factory.mktemp("forward"))


@pytest.fixture
def run(trained_run: Run, tmp_path: Path) -> Run:
    """A copy of it."""
    return copied(trained_run, tmp_path)
