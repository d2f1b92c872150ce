"""Drawdowns by hand and by a plain loop."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantsig.backtest.statistics.drawdowns import deepest_drawdowns, drawdowns, max_drawdown_days
from quantsig.backtest.statistics.figures import UndefinedFigure
from quantsig.data.calendar.sessions import DAY_US as DAY

EQUITY = np.array([1.0, 1.2, 0.9, 1.2, 1.1, 1.3, 0.65])


def test_drawdown_is_from_the_highest_so_far() -> None:
    """From 1.2 to 0.9 is a quarter; the later high does not count."""
    down = drawdowns(np.array([1.0, 1.2, 0.9, 2.0]))
    assert down == pytest.approx([0.0, 0.0, -0.25, 0.0])


def test_each_drawdown_begins_at_its_high_and_ends_at_it_again() -> None:
    """The deepest first; the last one has not ended."""
    rows = deepest_drawdowns(np.arange(7) * DAY, EQUITY)
    assert [row.depth for row in rows] == pytest.approx([-0.5, -0.25, -1 / 12])
    assert [row.start[:10] for row in rows] == ["1970-01-06", "1970-01-02", "1970-01-04"]
    assert [row.bottom[:10] for row in rows] == ["1970-01-07", "1970-01-03", "1970-01-05"]
    assert rows[0].end is None
    assert [str(row.end)[:10] for row in rows[1:]] == ["1970-01-04", "1970-01-06"]
    assert [row.days for row in rows] == [1.0, 2.0, 2.0]


def test_length_is_that_of_the_deepest() -> None:
    """Not of the longest."""
    assert max_drawdown_days(np.arange(7) * DAY, EQUITY) == 1.0
    assert max_drawdown_days(np.arange(6) * DAY, EQUITY[:6]) == 2.0


def test_an_equity_that_never_fell_has_none() -> None:
    """None to list, and no length."""
    assert deepest_drawdowns(np.arange(3) * DAY, np.ones(3)) == ()
    with pytest.raises(UndefinedFigure):
        max_drawdown_days(np.arange(3) * DAY, np.ones(3))


@given(st.lists(st.floats(-0.3, 0.3), min_size=1, max_size=40))
def test_every_drawdown_is_found(growth: list[float]) -> None:
    """As many as a plain walk counts, each within the deepest."""
    equity = np.cumprod(1 + np.array([0.0, *growth]))
    rows = deepest_drawdowns(np.arange(len(equity)) * DAY, equity, most=100)
    high, under, spells = equity[0], False, 0
    for value in equity:
        high = max(high, value)
        below = value / high - 1.0 < 0
        spells += below and not under
        under = below
    assert len(rows) == spells
    assert [row.depth for row in rows] == sorted(row.depth for row in rows)
    assert min([row.depth for row in rows], default=0.0) == drawdowns(equity).min()
