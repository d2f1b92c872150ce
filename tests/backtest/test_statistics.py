"""The figures of a backtest together."""

import math

import numpy as np
import pytest

from quantsig.backtest import statistics
from quantsig.backtest.figures import Figures
from quantsig.backtest.sessions import DAY
from tests.backtest.trade_rows import trades_frame


def all_figures(returns: list[float], values: list[float]) -> tuple[Figures, dict[str, str]]:
    equity = np.array(values, dtype=np.float64)
    times = np.arange(len(equity)) * DAY
    exposure = np.zeros(len(equity))
    return statistics.figures(trades_frame(returns), times, equity, exposure, seed=37)


def test_trade_figures_by_hand() -> None:
    """Of +4 %, -1 % and +1 %: two of three won, 5 to 1, mean 4/3 %."""
    figures, _ = all_figures([0.04, -0.01, 0.01], [1.0, 1.1, 1.2])
    assert figures["trades"] == 3
    assert figures["win_rate"] == pytest.approx(2 / 3)
    assert figures["profit_factor"] == pytest.approx(5.0)
    assert figures["expectancy"] == pytest.approx(0.04 / 3)
    assert figures["fees"] == pytest.approx(0.003)
    assert figures["average_holding_bars"] == 4


def test_without_trades_the_trade_figures_are_null_with_a_reason() -> None:
    """Zero trades: no rates, no factor, no Sharpe, and never NaN."""
    figures, missing = all_figures([], [1.0, 1.0, 1.0, 1.0])
    for name in ("win_rate", "profit_factor", "expectancy", "average_holding_bars"):
        assert figures[name] is None
        assert missing[name] == "no trades"
    assert missing["sharpe"] == "the returns do not vary"
    assert figures["trades"] == figures["total_return"] == figures["fees"] == 0
    assert all(value is None or math.isfinite(value) for value in figures.values())
    assert set(missing) == {name for name, value in figures.items() if value is None}


def test_without_a_loss_there_is_no_profit_factor() -> None:
    """Nothing to divide by."""
    figures, missing = all_figures([0.1, 0.2], [1.0, 1.1, 1.2])
    assert figures["profit_factor"] is None
    assert missing["profit_factor"] == "no trade lost"
    assert missing["sortino"] == "no session lost"


def test_one_bar_has_no_yearly_figures() -> None:
    """A period without length cannot be annualised."""
    _, missing = all_figures([], [1.0])
    assert {"annual_return", "periods_per_year", "sharpe"} <= set(missing)
