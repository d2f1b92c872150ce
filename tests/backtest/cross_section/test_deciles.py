"""Portfolios by the rank of the probability."""

import json
from datetime import UTC, datetime, timedelta
from functools import partial
from math import prod, sqrt
from statistics import mean, stdev

import numpy as np
import polars as pl
import pytest

from quantsig.backtest.cross_section import deciles as portfolios
from quantsig.backtest.cross_section.deciles import DecileCut
from quantsig.backtest.execution import Execution
from quantsig.data.calendar.sessions import UTC_DAYS
from quantsig.data.errors import ConfigError
from quantsig.data.storage.documents import to_json
from quantsig.data.storage.records import plain

START = datetime(2024, 1, 1, tzinfo=UTC)
TIMES = pl.Datetime("us", "UTC")
FREE = Execution(fee_bps=0, slippage_bps=0)
decile_portfolios = partial(portfolios.decile_portfolios, calendar=UTC_DAYS)
Frames = tuple[pl.DataFrame, pl.DataFrame]


def market(growth: dict[str, list[float]], volumes: dict[str, float] | None = None) -> pl.DataFrame:
    """Bars whose opens grow as told; closes are the opens."""
    parts = []
    for symbol, steps in growth.items():
        opens = 100 * np.cumprod([1.0, *(1 + step for step in steps)])
        days = [START + timedelta(days=day) for day in range(len(opens))]
        parts.append(
            pl.DataFrame(
                {
                    "symbol": symbol,
                    "timestamp": pl.Series(days, dtype=TIMES),
                    "open": opens,
                    "close": 100.0,
                    "volume": (volumes or {}).get(symbol, 1.0),
                }
            )
        )
    return pl.concat(parts)


def scored(likely: dict[str, list[float]], horizon: int = 1) -> pl.DataFrame:
    """A row a symbol and day with its probability."""
    parts = []
    for symbol, values in likely.items():
        days = [START + timedelta(days=day) for day in range(len(values))]
        parts.append(
            pl.DataFrame(
                {
                    "symbol": symbol,
                    "decision_time": pl.Series(days, dtype=TIMES),
                    "probability": values,
                    "direction": 1,
                    "delay_bars": 1,
                    "horizon_bars": horizon,
                }
            )
        )
    return pl.concat(parts)


def four(volumes: dict[str, float] | None = None) -> Frames:
    """Four symbols; on day 1 to 2 they earn 1, 2, 3 and 8 %."""
    growth = {
        name: [0.0, step] for name, step in zip("ABCD", (0.01, 0.02, 0.03, 0.08), strict=True)
    }
    likely = {name: [step] for name, step in zip("ABCD", (0.1, 0.2, 0.3, 0.4), strict=True)}
    return scored(likely), market(growth, volumes)


def noise(symbols: int, days: int, seed: int, skill: float) -> Frames:
    """Returns of noise, and probabilities that know a part of them."""
    random = np.random.default_rng(seed)
    names = [f"S{number:02}" for number in range(symbols)]
    steps = random.normal(0, 0.02, (symbols, days))
    known = skill * steps + (1 - skill) * random.normal(0, 0.02, (symbols, days))
    likely = 1 / (1 + np.exp(-known * 50))
    growth = {name: list(row) for name, row in zip(names, steps, strict=True)}
    # what is decided on day d is bought on day d + 1, and earns that day's step
    rows = {name: list(row[1:]) for name, row in zip(names, likely, strict=True)}
    return scored(rows), market(growth)


def test_equal_weights_by_hand() -> None:
    """Two halves: the mean of 1 and 2 %, and of 3 and 8 %."""
    found = decile_portfolios(*four(), FREE, DecileCut(count=2))
    assert found.table["decile"].to_list() == [1, 2]
    assert found.table["symbols"].to_list() == [2, 2]
    assert found.table["probability"].to_list() == pytest.approx([0.15, 0.35])
    assert found.table["return_equal"].to_list() == pytest.approx([0.015, 0.055])


def test_dollar_volume_weights_by_hand() -> None:
    """D trades three times as much as C: a quarter of 3 and three quarters of 8 %."""
    found = decile_portfolios(*four({"C": 2.0, "D": 6.0}), FREE, DecileCut(count=2))
    assert found.table["return_value"].to_list() == pytest.approx([0.015, 0.0675])


def test_without_volume_there_are_no_value_weights() -> None:
    """Null with the reason; equal weights stay."""
    found = decile_portfolios(*four(dict.fromkeys("ABCD", 0.0)), FREE, DecileCut(count=2))
    assert found.table["return_value"].to_list() == [None, None]
    value = [row for row in found.record.portfolios if row.weights == "value"]
    assert value[0].missing["mean_return"] == "no time has such a portfolio"


def test_long_short_is_the_last_less_the_first() -> None:
    """5.5 less 1.5 %."""
    found = decile_portfolios(*four(), FREE, DecileCut(count=2)).record.long_short
    assert found[0].mean_return == pytest.approx(0.04)


@pytest.mark.parametrize(("horizon", "at_once"), [(1, 1), (2, 2)])
def test_the_long_short_sharpe_by_hand(horizon: int, at_once: int) -> None:
    """Mean over deviation of the spreads, by the statistics module, times the root of a year's.

    A decision each day makes 365.25 of them a year; held for two days half as many follow each
    other.
    """
    low, high = [0.01, -0.02, 0.0, 0.03, 0.01], [0.03, 0.01, -0.01, 0.04, 0.05]
    rows = scored({"A": [0.1] * 4, "B": [0.9] * 4}, horizon)
    bars = market({"A": [0.0, *low], "B": [0.0, *high]})
    found = decile_portfolios(rows, bars, FREE, DecileCut(count=2)).record

    def held(steps: list[float], day: int) -> float:
        return prod(1 + step for step in steps[day : day + horizon]) - 1

    spreads = [held(high, day) - held(low, day) for day in range(4)]
    expected = mean(spreads) / stdev(spreads) * sqrt(365.25 / at_once)
    for row in found.long_short:  # with one symbol a part, weights make no difference
        assert row.sharpe == pytest.approx(expected, rel=1e-9)


def test_spreads_that_do_not_vary_have_no_sharpe() -> None:
    """One time, or the same spread every day: null with its reason, not infinite."""
    once = decile_portfolios(*four(), FREE, DecileCut(count=2)).record.long_short[0]
    assert (once.sharpe, once.missing["sharpe"]) == (None, "fewer than two values")
    rows = scored({"A": [0.1] * 3, "B": [0.9] * 3})
    same = market({"A": [0.0] * 4, "B": [0.0, 0.01, 0.01, 0.01]})
    flat = decile_portfolios(rows, same, FREE, DecileCut(count=2)).record.long_short[0]
    assert flat.missing["sharpe"] == "the returns do not vary"


def test_equal_probabilities_stay_together() -> None:
    """All the same: one part in the middle, and the others are empty."""
    rows, bars = four()
    same = rows.with_columns(probability=pl.lit(0.5))
    found = decile_portfolios(same, bars, FREE, DecileCut(count=3))
    assert found.table["decile"].to_list() == [2]
    assert found.table["symbols"].to_list() == [4]


def test_turnover_is_what_changes_hands() -> None:
    """A and B in the low half, then A and C: half of it is replaced, at twice the costs of half."""
    growth = dict.fromkeys("ABCD", [0.0] * 4)
    likely = {"A": [0.1, 0.1], "B": [0.2, 0.3], "C": [0.3, 0.2], "D": [0.4, 0.4]}
    costly = Execution(fee_bps=10, slippage_bps=20)
    found = decile_portfolios(scored(likely), market(growth), costly, DecileCut(count=2))
    assert found.table["turnover_equal"].to_list() == [None, None, 0.5, 0.5]
    low = found.record.portfolios[0]
    assert low.turnover == 0.5
    assert low.mean_after_costs == pytest.approx(-2 * 0.5 * 0.003)


def test_turnover_is_against_the_portfolio_that_is_replaced() -> None:
    """Held for two days, the portfolio of day 2 replaces that of day 0, not that of day 1."""
    growth = dict.fromkeys("ABCD", [0.0] * 6)
    likely = {"A": [0.1, 0.9] * 2, "B": [0.2, 0.8] * 2, "C": [0.8, 0.2] * 2, "D": [0.9, 0.1] * 2}
    found = decile_portfolios(scored(likely, horizon=2), market(growth), FREE, DecileCut(count=2))
    assert found.record.overlap == 2
    assert found.table["turnover_equal"].to_list() == [None] * 4 + [0.0] * 4


def test_times_left_out_are_not_replaced() -> None:
    """On days with one symbol nothing is cut; the portfolios of the other days replace each other.

    Held for three days, that of day 4 replaces that of day 0: two of the cut ones overlap.
    """
    rows, bars = noise(9, 30, seed=4, skill=0.3)
    alone = (pl.col("decision_time").dt.day() % 2 == 1) | (pl.col("symbol") == "S00")
    found = decile_portfolios(
        rows.filter(alone).with_columns(horizon_bars=pl.lit(3)), bars, FREE, DecileCut(count=3)
    )
    assert found.record.overlap == 2
    assert found.table["turnover_equal"].null_count() == 2 * 3
    assert found.record.times_left_out > 0


def test_the_mean_of_all_parts_is_that_of_all_symbols() -> None:
    """Parts of the same size divide the symbols without remainder."""
    rows, bars = noise(20, 60, seed=1, skill=0.0)
    found = decile_portfolios(rows, bars, FREE, DecileCut(count=5)).table
    whole = decile_portfolios(rows, bars, FREE, DecileCut(count=2)).table
    assert found["return_equal"].mean() == pytest.approx(whole["return_equal"].mean())
    assert (found["symbols"] == 4).all()


def test_skill_is_seen_and_noise_is_not() -> None:
    """The last part beats the first one, with an information coefficient to match."""
    skilled, blind = (
        decile_portfolios(*noise(30, 120, seed=2, skill=skill), FREE, DecileCut(count=10)).record
        for skill in (0.5, 0.0)
    )
    assert (skilled.long_short[0].t or 0.0) > 10
    assert blind.long_short[0].t == pytest.approx(0.0, abs=3)
    assert (skilled.information_coefficient.mean or 0.0) > 0.5
    assert blind.information_coefficient.mean == pytest.approx(0.0, abs=0.1)


def test_too_few_symbols_are_said() -> None:
    """Four symbols have no deciles, and the document is strict JSON all the same."""
    found = decile_portfolios(*four(), FREE, DecileCut())
    assert found.table.height == 0
    assert found.record.times_left_out == 1
    assert found.record.missing is not None
    assert found.record.missing.startswith("4 symbols cannot be cut into 10 parts")
    json.loads(to_json(plain(found.record)), parse_constant=pytest.fail)
    json.dumps(plain(found.record), allow_nan=False)


def test_one_part_is_refused() -> None:
    """There is nothing to compare it with."""
    with pytest.raises(ConfigError, match="deciles cannot be 1"):
        decile_portfolios(*four(), FREE, DecileCut(count=1))


def test_later_bars_change_no_weight() -> None:
    """With other volumes after the decisions every figure but the returns is the same."""
    rows, bars = noise(12, 40, seed=3, skill=0.3)
    early = rows.filter(pl.col("decision_time") < START + timedelta(days=20))
    late = pl.col("timestamp") > START + timedelta(days=25)
    changed = bars.with_columns(pl.when(late).then(1e6).otherwise("volume").alias("volume"))
    assert decile_portfolios(early, bars, FREE, DecileCut(count=3)).table.equals(
        decile_portfolios(early, changed, FREE, DecileCut(count=3)).table
    )
