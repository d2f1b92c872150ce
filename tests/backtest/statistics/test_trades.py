"""Figures of the trades by hand."""

import numpy as np
import pytest

from quantsig.backtest.statistics.figures import UndefinedFigure
from quantsig.backtest.statistics.trades import cost_share, per_symbol, profit_loss_ratio
from tests.backtest.trade_rows import trades_frame


def test_every_symbol_has_a_row() -> None:
    """A symbol that did not trade has null rates and no fees."""
    rows = per_symbol(trades_frame([0.1, -0.1]), ("A", "B"), np.array([[0.5, 0.5], [0.6, 0.5]]))
    assert rows[0]["total_return"] == pytest.approx(0.2)
    assert rows[0]["win_rate"] == 0.5
    assert rows[1]["trades"] == rows[1]["fees"] == 0
    assert rows[1]["win_rate"] is None


def test_symbols_that_share_an_account_have_no_return_of_their_own() -> None:
    """Their profit is told all the same."""
    rows = per_symbol(trades_frame([0.1, -0.05]), ("A", "B"), np.array([[1.0], [1.1]]))
    assert [row["total_return"] for row in rows] == [None, None]
    assert rows[0]["profit"] == pytest.approx(0.025)
    assert rows[0]["profit_factor"] == pytest.approx(2.0)


def test_profit_loss_ratio_by_hand() -> None:
    """Means of +3 % and -2 %; a trade that earned nothing is neither."""
    assert profit_loss_ratio(np.array([0.02, 0.04, -0.02, 0.0])) == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("returns", "reason"), [([], "no trades"), ([-0.1], "no trade won"), ([0.1], "no trade lost")]
)
def test_profit_loss_ratio_needs_both(returns: list[float], reason: str) -> None:
    """Each reason in its words."""
    with pytest.raises(UndefinedFigure, match=reason):
        profit_loss_ratio(np.array(returns))


def test_costs_of_trades_that_earned_nothing_are_no_share() -> None:
    """A loss of 2 after costs of 1 was a loss of 1 before."""
    with pytest.raises(UndefinedFigure, match="nothing before costs"):
        cost_share(np.array([-2.0]), np.array([1.0]))
