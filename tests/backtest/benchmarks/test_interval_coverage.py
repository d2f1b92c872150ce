"""How often the intervals of made markets hold the truth, counted again on other markets."""

from dataclasses import replace

import numpy as np
import pytest

from quantsig.backtest import point_figures as statistics
from quantsig.backtest.benchmarks.interval_coverage import COVERED, IntervalHit, cover, coverage
from quantsig.backtest.benchmarks.verdict_worlds import MarketWorld
from quantsig.backtest.statistics.figures import UndefinedFigure

NONE = (None, None)
ERROR = 0.0069  # of a share of 1,000 where .95 is true
BY_NAME = {world.name: world for world in COVERED}


def test_the_truth_is_the_mean_of_all_trades_and_of_all_ratios() -> None:
    """By hand: 10 trades of 1 % and 30 of 3 % are 2.5 % a trade, ratios of 1 and 2 are 1.5."""
    rows = [
        IntervalHit(trades=10, gained=0.1, expectancy=(0.0, 0.02), sharpe=(0.5, 1.4), ratio=1.0),
        IntervalHit(trades=30, gained=0.9, expectancy=(0.024, 0.036), sharpe=(1.4, 2.5), ratio=2.0),
    ]
    found = coverage(rows)
    assert (found.expectancy, found.sharpe) == (0.5, 0.5)


def test_markets_without_an_interval_count_for_the_truth_alone() -> None:
    """One of one is held where the other market has too few days of signals."""
    rows = [
        IntervalHit(trades=20, gained=0.2, expectancy=(0.015, 0.03), sharpe=(0.5, 1.5), ratio=1.0),
        IntervalHit(trades=20, gained=0.6, expectancy=NONE, sharpe=NONE, ratio=None),
    ]
    found = coverage(rows)
    assert (found.expectancy, found.sharpe) == (1.0, 1.0)


def test_a_world_without_intervals_is_refused() -> None:
    """Trades of a third of the period leave too few stretches of time."""
    with pytest.raises(UndefinedFigure, match="none of 40 markets"):
        cover(MarketWorld(name="long", sessions=60, holding=20, exposure=0.3), 2)


def test_intervals_hold_where_few_trades_come_together() -> None:
    """Of 100 each, error .022: within three of them of 95 %."""
    found = cover(BY_NAME["100 trades together"], 100, seed=38)
    assert found.expectancy >= 0.88
    assert found.sharpe >= 0.88


def test_the_count_finds_intervals_that_tear_days_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every trade for itself, where those of a day share a factor: far below 95 %."""
    monkeypatch.setattr(statistics, "entry_blocks", lambda held: np.arange(len(held.entries)))
    world = replace(BY_NAME["100 trades together"], factor=0.8)
    assert cover(world, 60, seed=38).expectancy <= 0.8


@pytest.mark.soak
@pytest.mark.parametrize("world", COVERED, ids=lambda world: world.name)
def test_a_thousand_intervals_of_each_world(world: MarketWorld) -> None:
    """Between 93 and 97 %, plus two errors of counting; on other markets than the benchmark's."""
    found = cover(world, 1_000, seed=38)
    for share in (found.expectancy, found.sharpe):
        assert 0.93 - 2 * ERROR <= share <= 0.97 + 2 * ERROR
