"""Statistics against closed forms and numbers worked out by hand."""

import math
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from quantsig.backtest import statistics
from quantsig.backtest.statistics import Figures, Undefined

DAY = 86_400_000_000
HOUR = DAY // 24


def trades_frame(returns: list[float]) -> pl.DataFrame:
    """Trades with the given returns on an entry value of one half."""
    count = len(returns)
    times = [datetime(2024, 1, 1, tzinfo=UTC)] * count
    return pl.DataFrame(
        {
            "symbol": pl.Series(["A"] * count, dtype=pl.String),
            "entry_time": pl.Series(times, dtype=pl.Datetime("us", "UTC")),
            "return": pl.Series(returns, dtype=pl.Float64),
            "profit": pl.Series(returns, dtype=pl.Float64) / 2,
            "fees": pl.Series([0.001] * count, dtype=pl.Float64),
            "holding_bars": pl.Series([4] * count, dtype=pl.Int64),
        }
    )


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


def test_sessions_end_with_the_last_bar_of_each_day() -> None:
    """Six-hour bars over two days: from the first bar to the day's end, then day to day."""
    times = np.array([6, 12, 18, 30, 36]) * HOUR
    days = statistics.sessions(times, np.array([1.0, 1.5, 2.0, 3.0, 4.0]))
    assert days.returns.tolist() == [1.0, 1.0]
    assert days.years == pytest.approx(30 / 24 / 365.2425)


def test_daily_bars_have_one_return_less_than_bars() -> None:
    """The first daily bar is where the capital starts."""
    days = statistics.sessions(np.arange(3) * DAY, np.array([1.0, 1.1, 1.21]))
    assert days.returns == pytest.approx([0.1, 0.1])


def test_sessions_a_year_are_those_of_the_data() -> None:
    """Five sessions a week for a hundred weeks are 5 / 7 of the days of a year."""
    days = np.array([7 * week + day for week in range(100) for day in range(5)])
    shown = statistics.sessions(days * DAY, np.ones(500))
    assert shown.per_year == pytest.approx(365.2425 * 499 / 697)
    assert shown.per_year == pytest.approx(365.2425 * 5 / 7, rel=0.01)


def test_hourly_bars_around_the_clock_have_a_session_a_day() -> None:
    """The first and last day are partial; still a year has 365.2425 sessions."""
    shown = statistics.sessions(np.arange(13, 200) * HOUR, np.ones(187))
    assert shown.per_year == pytest.approx(365.2425)


def test_sharpe_and_volatility_closed_form() -> None:
    """Returns of 3 % and -1 % in turn: mean 1 %, deviation 2 % * sqrt(n / (n - 1))."""
    returns = np.tile([0.03, -0.01], 50)
    deviation = 0.02 * math.sqrt(100 / 99)
    assert statistics.volatility(returns, 252) == pytest.approx(deviation * math.sqrt(252))
    assert statistics.sharpe(returns, 252) == pytest.approx(0.01 / deviation * math.sqrt(252))


def test_sortino_closed_form() -> None:
    """The downside of 3 % and -1 % in turn is the root of half of one ten-thousandth."""
    returns = np.tile([0.03, -0.01], 50)
    assert statistics.sortino(returns, 252) == pytest.approx(
        0.01 / math.sqrt(0.0001 / 2) * math.sqrt(252)
    )


def test_annual_return_compounds() -> None:
    """21 % in two years are 10 % a year."""
    assert statistics.annual_return(np.array([1.0, 1.21]), 2.0) == pytest.approx(0.1)


def test_drawdown_is_from_the_highest_so_far() -> None:
    """From 1.2 to 0.9 is a quarter; the later high does not count."""
    down = statistics.drawdowns(np.array([1.0, 1.2, 0.9, 2.0]))
    assert down == pytest.approx([0.0, 0.0, -0.25, 0.0])


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


def test_growth_too_fast_to_annualise_is_null() -> None:
    """Doubling within an hour has no finite annual return."""
    figures, missing = statistics.collect(
        {"annual": lambda: statistics.annual_return(np.array([1.0, 2.0]), 1e-4)}
    )
    assert figures == {"annual": None}
    assert missing == {"annual": "too large to be a number"}


def test_few_values_have_no_interval() -> None:
    """Nine values only resample into themselves."""
    with pytest.raises(Undefined, match="at least 10"):
        statistics.bootstrap_interval(np.arange(9.0), statistics.mean, seed=37)


def test_interval_of_independent_values_has_the_width_of_theory() -> None:
    """The mean of 1,000 unit normals: about 1.96 standard errors to each side."""
    values = np.random.default_rng(37).normal(size=1000)
    low, high = statistics.bootstrap_interval(values, statistics.mean, seed=37)
    assert low < values.mean() < high
    assert high - low == pytest.approx(2 * 1.96 / math.sqrt(1000), rel=0.15)


def test_interval_of_dependent_values_is_wider() -> None:
    """Runs of five equal values carry a fifth of the information; blocks notice."""
    values = np.random.default_rng(37).normal(size=200)
    alone = statistics.bootstrap_interval(values, statistics.mean, seed=37)
    runs = statistics.bootstrap_interval(np.repeat(values, 5), statistics.mean, seed=37)
    naive = (alone[1] - alone[0]) / math.sqrt(5)  # as if all 1,000 were independent
    assert runs[1] - runs[0] > 1.5 * naive


def test_same_seed_same_interval() -> None:
    """The bootstrap is reproducible."""
    values = np.arange(20.0)
    first, second = (
        statistics.bootstrap_interval(values, statistics.mean, seed=seed) for seed in (1, 1)
    )
    assert first == second


def test_years_chain_to_the_total() -> None:
    """The first day of a year counts from the last of the year before."""
    ends = [datetime(2023, 12, 29), datetime(2023, 12, 30), datetime(2024, 1, 2)]
    times = np.array(ends, dtype="datetime64[us]").astype(np.int64)
    rows = statistics.yearly(trades_frame([0.1]), times, np.array([1.0, 1.5, 1.2]))
    assert [row["year"] for row in rows] == [2023, 2024]
    assert [row["return"] for row in rows] == pytest.approx([0.5, -0.2])
    assert [row["max_drawdown"] for row in rows] == pytest.approx([0.0, -0.2])
    assert [row["trades"] for row in rows] == [0, 1]


def test_every_symbol_has_a_row() -> None:
    """A symbol that did not trade has null rates and no fees."""
    rows = statistics.per_symbol(
        trades_frame([0.1, -0.1]), ("A", "B"), np.array([[0.5, 0.5], [0.6, 0.5]])
    )
    assert rows[0]["total_return"] == pytest.approx(0.2)
    assert rows[0]["win_rate"] == 0.5
    assert rows[1]["trades"] == rows[1]["fees"] == 0
    assert rows[1]["win_rate"] is None
