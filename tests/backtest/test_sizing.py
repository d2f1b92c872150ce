"""What a signal stakes."""

from dataclasses import replace

import numpy as np
import pytest

from quantsig.backtest.execution import Execution
from quantsig.backtest.sizing import kelly_fraction, stakes
from tests.backtest.conftest import BarsMaker, SignalsMaker

FLAT = (100.0, 101.0, 99.0, 100.0)


def test_a_size_of_its_own_is_part_of_the_full_stake(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """Of a full stake of .8 a quarter is .2; a second model says so."""
    signals = replace(make_signals(0, 1), sizes=np.array([1.0, 0.25]))
    found = stakes(make_bars(*[FLAT] * 4), signals, Execution(size_fraction=0.8))
    assert found.tolist() == pytest.approx([0.8, 0.2])


@pytest.mark.parametrize(
    ("probability", "win", "loss", "expected"),
    [(0.6, 1.0, 1.0, 0.2), (0.5, 0.02, 0.01, 25.0), (0.3, 0.01, 0.01, 0.0), (0.9, -0.1, 0.1, 0.0)],
)
def test_kelly_by_hand(probability: float, win: float, loss: float, expected: float) -> None:
    """p / loss - (1 - p) / win, never below nothing."""
    found = kelly_fraction(np.array([probability]), np.array([win]), np.array([loss]))
    assert found[0] == pytest.approx(expected)
