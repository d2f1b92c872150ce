"""Figures of the trades by hand."""

import numpy as np
import pytest

from quantsig.backtest.trade_statistics import per_symbol
from tests.backtest.trade_rows import trades_frame


def test_every_symbol_has_a_row() -> None:
    """A symbol that did not trade has null rates and no fees."""
    rows = per_symbol(trades_frame([0.1, -0.1]), ("A", "B"), np.array([[0.5, 0.5], [0.6, 0.5]]))
    assert rows[0]["total_return"] == pytest.approx(0.2)
    assert rows[0]["win_rate"] == 0.5
    assert rows[1]["trades"] == rows[1]["fees"] == 0
    assert rows[1]["win_rate"] is None
