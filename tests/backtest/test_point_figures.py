"""The figures of a backtest together."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantsig.backtest import point_figures as statistics
from quantsig.backtest.significance.newey_west import mean_t
from quantsig.backtest.statistics.excursions import Excursions
from quantsig.backtest.statistics.figures import Figures
from tests.backtest.trade_rows import daily_accounts

Found = tuple[Figures, dict[str, str]]

POINTS = {
    *("trades", "win_rate", "profit_loss_ratio", "profit_factor", "expectancy", "expectancy_t"),
    *("total_return", "annual_return", "volatility", "sharpe", "sortino", "calmar", "omega"),
    *("max_drawdown", "max_drawdown_days", "exposure", "time_in_market", "turnover"),
    *("cost_share", "average_holding_bars", "average_mae", "average_mfe", "skew", "kurtosis"),
    *("tail_ratio", "value_at_risk", "conditional_value_at_risk", "fees", "slippage"),
    *("periods_per_year", "probabilistic_sharpe", "minimum_track_record_years"),
}


def all_figures(returns: list[float], values: list[float], *, holding: int = 4) -> Found:
    accounts = daily_accounts(returns, np.array(values, dtype=np.float64), holding=holding)
    lived = Excursions(adverse=np.full(len(returns), -0.02), favourable=np.full(len(returns), 0.03))
    return statistics.point_figures(accounts, lived)


def test_every_figure_is_there() -> None:
    """Each by its name, with a value or a reason."""
    figures, missing = all_figures([0.04, -0.01, 0.01], [1.0, 1.1, 1.2])
    assert set(figures) == POINTS
    assert set(missing) == {name for name, value in figures.items() if value is None}


def test_trade_figures_by_hand() -> None:
    """Of +4 %, -1 % and +1 %: two of three won, 5 to 1, mean 4/3 %."""
    figures, _ = all_figures([0.04, -0.01, 0.01], [1.0, 1.1, 1.2])
    assert figures["trades"] == 3
    assert figures["win_rate"] == pytest.approx(2 / 3)
    assert figures["profit_loss_ratio"] == pytest.approx(2.5)
    assert figures["profit_factor"] == pytest.approx(5.0)
    assert figures["expectancy"] == pytest.approx(0.04 / 3)
    assert figures["average_holding_bars"] == 4
    assert (figures["average_mae"], figures["average_mfe"]) == (-0.02, 0.03)


def test_costs_by_hand() -> None:
    """Profits of .02 after .009 of costs: .009 of .029."""
    figures, _ = all_figures([0.04, -0.01, 0.01], [1.0, 1.1, 1.2])
    assert figures["fees"] == pytest.approx(0.003)
    assert figures["slippage"] == pytest.approx(0.006)
    assert figures["cost_share"] == pytest.approx(0.009 / 0.029)


def test_time_figures_by_hand() -> None:
    """Half invested on two of three days, a hundredth traded a day, over two days."""
    figures, _ = all_figures([], [1.0, 1.1, 1.2])
    assert figures["exposure"] == pytest.approx(1 / 3)
    assert figures["time_in_market"] == pytest.approx(2 / 3)
    assert figures["turnover"] == pytest.approx(0.03 * 365.2425 / 2)


def test_expectancy_t_allows_for_trades_that_overlap() -> None:
    """Trades of four days begun daily: that of Newey and West with three lags."""
    returns = np.random.default_rng(1).normal(0.01, 0.02, 40)
    figures, _ = all_figures(list(returns), [1.0] * 50)
    assert figures["expectancy_t"] == pytest.approx(mean_t(returns, 3), abs=1e-10)


def test_trades_too_long_for_the_period_have_no_t() -> None:
    """Nothing independent is left to estimate the error from."""
    _, missing = all_figures([0.1, 0.2, 0.3], [1.0] * 40, holding=30)
    assert missing["expectancy_t"] == "the longest trade takes more than a quarter of the bars"


def test_without_trades_the_trade_figures_are_null_with_a_reason() -> None:
    """Zero trades: no rates, no factor, no Sharpe, and never NaN."""
    figures, missing = all_figures([], [1.0, 1.0, 1.0, 1.0])
    for name in ("win_rate", "profit_factor", "expectancy", "average_holding_bars", "cost_share"):
        assert figures[name] is None
        assert missing[name] == "no trades"
    assert missing["sharpe"] == missing["probabilistic_sharpe"] == "the returns do not vary"
    assert missing["calmar"] == missing["max_drawdown_days"] == "the equity never fell"
    assert figures["trades"] == figures["total_return"] == figures["fees"] == 0


def test_one_trade_has_no_error() -> None:
    """A mean of one value says nothing about how sure it is."""
    figures, missing = all_figures([0.1], [1.0, 1.1, 1.05])
    assert figures["expectancy"] == pytest.approx(0.1)
    assert missing["expectancy_t"] == "fewer than two trades"
    assert missing["profit_loss_ratio"] == "no trade lost"


def test_without_a_loss_there_is_no_profit_factor() -> None:
    """Nothing to divide by."""
    figures, missing = all_figures([0.1, 0.2], [1.0, 1.1, 1.2])
    assert figures["profit_factor"] is None
    assert missing["profit_factor"] == missing["profit_loss_ratio"] == "no trade lost"
    assert missing["sortino"] == missing["omega"] == "no session lost"


def test_one_bar_has_no_yearly_figures() -> None:
    """A period without length cannot be annualised."""
    _, missing = all_figures([], [1.0])
    assert {"annual_return", "periods_per_year", "sharpe", "turnover"} <= set(missing)


def test_a_bankrupt_account_has_finite_figures() -> None:
    """Everything lost on the third day, and nothing earned after it."""
    figures, missing = all_figures([-1.0], [1.0, 1.1, 0.0, 0.0, 0.0])
    assert (figures["total_return"], figures["annual_return"]) == (-1.0, -1.0)
    assert figures["max_drawdown"] == -1.0
    assert figures["volatility"] is not None
    assert "sharpe" not in missing


@given(st.lists(st.floats(-0.99, 3), max_size=60), st.lists(st.floats(-0.5, 0.5), max_size=60))
def test_no_figure_is_ever_infinite(returns: list[float], growth: list[float]) -> None:
    """Whatever the trades and the equity: a finite number, or a reason."""
    equity = np.cumprod(np.append(1.0, 1 + np.array(growth)))
    figures, missing = all_figures(returns, list(equity))
    assert all(value is None or math.isfinite(value) for value in figures.values())
    assert set(missing) == {name for name, value in figures.items() if value is None}


def test_ten_thousand_trades() -> None:
    """Ten thousand returns of 1 and -1 % in turn, a day apart."""
    equity = np.tile([1.0, 1.01], 5_002)
    figures, _ = all_figures([0.01, -0.01] * 5_000, list(equity))
    assert (figures["trades"], figures["win_rate"]) == (10_000, 0.5)
    assert figures["expectancy"] == pytest.approx(0.0, abs=1e-12)


def test_intervals_are_null_with_a_reason_where_there_are_few_trades() -> None:
    """Three trades and three days."""
    accounts = daily_accounts([0.1, 0.2, -0.1], np.array([1.0, 1.1, 1.2]))
    figures, missing = statistics.intervals(accounts, "open")
    assert set(figures) == {"expectancy_low", "expectancy_high", "sharpe_low", "sharpe_high"}
    assert set(figures.values()) == {None}
    assert missing["expectancy_low"] == "an interval needs at least 10 values"
