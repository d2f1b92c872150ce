"""The trade-off of symbols, months and volatility regimes apart."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from quantsig.signals.significance.label_days import DAY
from quantsig.signals.thresholds.groups import grouped_trade_off
from quantsig.signals.thresholds.scored_rows import ScoredRows
from quantsig.signals.thresholds.trade_off import trade_off
from quantsig.signals.thresholds.volatility import regimes


def scored(count: int = 600) -> ScoredRows:
    """Three symbols by turns, a day each."""
    random = np.random.default_rng(2)
    probability = random.random(count)
    decided = np.arange(count) * DAY
    return ScoredRows(
        probability=probability,
        happened=random.random(count) < probability,
        forward_return=random.normal(0, 0.02, count),
        decided=decided,
        ended=decided + DAY,
        symbol=pl.Series("symbol", ["A", "B", "C"] * (count // 3)),
    )


def test_groups_add_up_to_the_whole() -> None:
    """Signals and hits at every threshold."""
    rows = scored()
    table = trade_off(rows, np.linspace(0, 0.9, 10), 1e-3)
    parts = grouped_trade_off(rows, rows.symbol, table, 1e-3)
    assert parts["name"].unique().sort().to_list() == ["A", "B", "C"]
    sums = parts.group_by("threshold", maintain_order=True).agg(
        pl.col("signals", "true_positives").sum()
    )
    assert sums["signals"].to_list() == table["signals"].to_list()
    assert sums["true_positives"].to_list() == table["true_positives"].to_list()


def test_a_group_is_tabulated_as_if_it_were_alone() -> None:
    """Point figures of symbol B."""
    rows = scored()
    table = trade_off(rows, np.linspace(0, 0.9, 10), 1e-3)
    group = grouped_trade_off(rows, rows.symbol, table, 1e-3).filter(name="B")
    own = (rows.symbol == "B").to_numpy()
    alone = ScoredRows(
        probability=rows.probability[own],
        happened=rows.happened[own],
        forward_return=rows.forward_return[own],
    )
    names = ["threshold", "signals", "precision", "recall", "f_beta", "lift", "expectancy"]
    expected = trade_off(alone, np.linspace(0, 0.9, 10), 1e-3)
    np.testing.assert_allclose(group.select(names).to_numpy(), expected.select(names).to_numpy())


def test_rows_of_no_group_are_left_out() -> None:
    """A null is no group."""
    rows = scored()
    names = pl.Series("volatility", [None, "calm", None] * 200)
    table = trade_off(rows, np.array([0.0]), 0.0)
    parts = grouped_trade_off(rows, names, table, 0.0)
    assert parts.select("name", "rows").rows() == [("calm", 200)]


def bars(count: int = 300) -> pl.DataFrame:
    """Prices that swing ten times as much from bar 200 on."""
    random = np.random.default_rng(0)
    swing = np.where(np.arange(count) < 200, 0.01, 0.1)
    start = datetime(2024, 1, 1, tzinfo=UTC)
    return pl.DataFrame(
        {
            "symbol": ["A"] * count,
            "timestamp": [start + timedelta(days=day) for day in range(count)],
            "close": np.exp(np.cumsum(random.normal(0, swing))),
            "adjustment": np.ones(count),
        }
    )


def test_a_swinging_market_is_restless() -> None:
    """Twenty bars after the swings began, and no regime before twenty returns are known."""
    frame = bars()
    decisions = frame.select("symbol", decision_time="timestamp")
    found = regimes(frame, decisions, frame["timestamp"][200])
    assert set(found[220:]) == {"restless"}
    assert set(found[:20]) == {None}
    assert set(found[20:200]) == {"calm", "usual", "restless"}


def test_later_bars_change_no_regime() -> None:
    """The bars after a decision are not looked at."""
    frame = bars()
    decisions = frame.select("symbol", decision_time="timestamp").head(250)
    before = frame["timestamp"][150]
    assert regimes(frame, decisions, before).equals(regimes(frame.head(250), decisions, before))
