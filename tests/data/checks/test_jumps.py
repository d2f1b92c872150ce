"""How often a roll is found, and how often one that is none."""

import pytest

from quantsig.data.calendar.sessions import SessionCalendar
from quantsig.data.checks.jumps import find_jumps
from tests.data.markets import futures

DAILY = SessionCalendar(daily=True)


@pytest.mark.parametrize(("tails", "most"), [(30, 0), (4, 4), (3, 8)])
@pytest.mark.parametrize("between", [0.1, 0.35])
def test_random_walks_have_hardly_any(between: float, tails: int, most: int) -> None:
    """At most so many of 10,000 sessions whose volatility clusters, by the tails."""
    market = futures(20, 1000, between=between, tails=tails)
    assert len(find_jumps(market.bars, DAILY)) <= 2 * most


@pytest.mark.parametrize(
    ("between", "tails", "least"), [(0.1, 3, 0.5), (0.1, 30, 0.4), (0.35, 3, 0.2)]
)
def test_of_rolls_enough_are_found_to_be_told(between: float, tails: int, least: float) -> None:
    """Of 2 to 5 %, every two months; at least one for each symbol."""
    market = futures(20, 1000, between=between, tails=tails, roll_sessions=42, seed=2)
    found = find_jumps(market.bars, DAILY)
    rolls = found.join(market.rolls, on=["symbol", "timestamp"])
    assert set(rolls["kind"]) <= {"quiet", "split"}
    assert len(rolls) >= least * len(market.rolls)
    assert rolls["symbol"].n_unique() == 20


def test_bars_after_a_jump_do_not_change_it() -> None:
    """What is usual in the long run may; the prices, the day and the ratio do not."""
    market = futures(1, 600, between=0.1, tails=4, roll_sessions=42)
    early = find_jumps(market.bars.head(400), DAILY).select("timestamp", "value")
    whole = find_jumps(market.bars, DAILY).select("timestamp", "value")
    both = early.join(whole, on="timestamp", suffix=" later")
    assert len(both) > 3
    assert (both["value"] == both["value later"]).all()
