"""Drawdowns by hand."""

import numpy as np
import pytest

from quantsig.backtest.drawdowns import drawdowns


def test_drawdown_is_from_the_highest_so_far() -> None:
    """From 1.2 to 0.9 is a quarter; the later high does not count."""
    down = drawdowns(np.array([1.0, 1.2, 0.9, 2.0]))
    assert down == pytest.approx([0.0, 0.0, -0.25, 0.0])
