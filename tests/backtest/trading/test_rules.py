"""Price limits, suspended bars and the sale on a later day, on bars written by hand."""

from dataclasses import replace

import numpy as np
import pytest

from quantsig.backtest.execution import Execution
from quantsig.backtest.market import Closes
from quantsig.backtest.trading.rules import rule_bars, session_references
from quantsig.data.barriers import ExitReason
from quantsig.data.calendar.sessions import SessionCalendar
from tests.backtest.conftest import BarsMaker, SignalsMaker, fills

FREE = Execution(fee_bps=0, slippage_bps=0)
LIMITED = replace(FREE, price_limit=0.1)
FLAT = (100, 101, 99, 100)
DAY = 86_400_000_000


def test_without_rules_there_is_nothing_to_look_up(make_bars: BarsMaker) -> None:
    """The arrays are empty, so the walk asks none of them."""
    made = rule_bars(make_bars(FLAT, FLAT), FREE)
    assert (len(made.ceilings), len(made.floors), len(made.first_sales)) == (0, 0, 0)


def test_limits_are_rounded_to_the_tick_from_the_raw_close_before(make_bars: BarsMaker) -> None:
    """10.05 up 10 % is 11.055, half a tick goes up: 11.06; down it is 9.045: 9.05."""
    bars = make_bars((10.05, 10.05, 10.05, 10.05), (10, 10, 10, 10))
    made = rule_bars(bars, LIMITED)
    assert made.ceilings == pytest.approx([np.inf, 11.06], rel=1e-8)
    assert made.floors == pytest.approx([-np.inf, 9.05], rel=1e-8)


def test_limits_follow_the_raw_prices_of_their_own_day(make_bars: BarsMaker) -> None:
    """Adjusted closes of 10.05 are raw 20.10 on the next day: 22.11, in adjusted prices 11.055."""
    bars = replace(
        make_bars((10.05, 10.05, 10.05, 10.05), (10, 10, 10, 10)), factors=np.array([0.25, 0.5])
    )
    assert rule_bars(bars, LIMITED).ceilings[1] == pytest.approx(11.055, rel=1e-8)


def test_the_reference_is_the_last_close_of_an_earlier_session(make_bars: BarsMaker) -> None:
    """Two bars a day, the second to midnight; the day before is known from its closes."""
    rows = [(price, price, price, price) for price in (1, 2, 3, 4)]
    times = [DAY + 1, 2 * DAY, 2 * DAY + 1, 3 * DAY]
    bars = make_bars(*rows, times=times)
    assert session_references(bars).tolist() == pytest.approx([np.nan, np.nan, 2, 2], nan_ok=True)
    known = replace(bars, earlier=Closes(times=np.array([5, DAY]), closes=np.array([8.0, 9.0])))
    assert session_references(known).tolist() == [9, 9, 2, 2]


def test_nothing_is_bought_at_a_limit_up(make_bars: BarsMaker, make_signals: SignalsMaker) -> None:
    """Bar 1 opens at 110; the signal is counted, not kept for the next bar."""
    made = fills(make_bars(FLAT, (110, 110, 105, 106), FLAT, FLAT), make_signals(0), LIMITED)
    assert len(made) == 0
    assert made.ignored["price limit"] == 1


def test_a_short_is_opened_at_a_limit_up_and_not_closed_there(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """Its timed exit of bar 3 finds 121 at the limit and waits for bar 4."""
    bars = make_bars(
        FLAT, (110, 110, 110, 110), (110, 110, 110, 110), (121, 121, 121, 121), FLAT, FLAT
    )
    made = fills(bars, make_signals(0, direction=-1), LIMITED)
    assert (made.exit_bars.tolist(), made.exit_prices.tolist()) == ([4], [100.0])


def test_nothing_is_sold_at_a_limit_down(make_bars: BarsMaker, make_signals: SignalsMaker) -> None:
    """Bar 2 opens at 90 through the stop of 95 and stays there; bar 3 opens at 85."""
    bars = make_bars(FLAT, FLAT, (90, 90, 90, 90), (85, 86, 84, 85), FLAT)
    made = fills(bars, make_signals(0, stop=0.05, horizon=9), LIMITED)
    assert (made.exit_bars.tolist(), made.exit_prices.tolist()) == ([3], [85.0])


def test_a_suspended_bar_fills_nothing(make_bars: BarsMaker, make_signals: SignalsMaker) -> None:
    """The entry at bar 1 is counted; the exit due at bar 4 waits for bar 5."""
    volumes = np.array([1.0, 0.0, 1.0, 1.0, 0.0, 1.0])
    bars = replace(make_bars(*[FLAT] * 6), volumes=volumes)
    made = fills(bars, make_signals(0, 1), replace(FREE, trade_without_volume=False))
    assert made.ignored["suspended"] == 1
    assert (made.entry_bars.tolist(), made.exit_bars.tolist()) == ([2], [5])


@pytest.mark.parametrize(("direction", "exit_bar"), [(1, 3), (-1, 1)])
def test_what_was_bought_is_sold_on_a_later_day(
    make_bars: BarsMaker, make_signals: SignalsMaker, direction: int, exit_bar: int
) -> None:
    """Bars 1 and 2 are of one day: the long waits for bar 3, a short is covered at once."""
    bars = make_bars(*[FLAT] * 5, times=[DAY, DAY + 1, 2 * DAY, 2 * DAY + 1, 3 * DAY])
    signals = make_signals(0, direction=direction, stop=0.01, horizon=9)
    made = fills(bars, signals, replace(FREE, same_session_sale=False))
    assert made.exit_bars.tolist() == [exit_bar]
    assert ExitReason(made.reasons[0]).text == "stop"


def test_the_reference_of_an_ex_date_is_rounded_to_the_tick_first(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """6.66 at 10 for 3 is 5.12, so the limit up is 5.63; a day locked there sells nothing.

    6.66 / 1.3 * 1.1 = 5.635 would be 5.64, and the purchase filled.
    """
    factors = np.array([1, 1, 1.3, 1.3, 1.3])
    raw = np.array(
        [
            (6.50, 6.70, 6.40, 6.60),
            (6.60, 6.70, 6.50, 6.66),
            (5.63, 5.63, 5.63, 5.63),
            (5.70, 5.85, 5.60, 5.80),
            (5.80, 5.90, 5.70, 5.85),
        ]
    )
    bars = replace(make_bars(*(raw * factors[:, None])), factors=factors)
    assert rule_bars(bars, LIMITED).ceilings[2] / 1.3 == pytest.approx(5.63, rel=1e-8)
    made = fills(bars, make_signals(1, horizon=1), LIMITED)
    assert (len(made), made.ignored["price limit"]) == (0, 1)


@pytest.mark.parametrize(
    ("close", "before", "after", "up", "down"),
    [
        (24.71, 1.31, 1.724, 20.66, 16.90),  # 603506.SH: reference 18.78
        (37.93, 1.004, 1.508, 27.78, 22.73),  # 002902.SZ: 25.25
        (10.05, 1.0, 1.0, 11.06, 9.05),
        (8.45, 1.37, 1.37, 9.30, 7.61),
    ],
)
def test_limits_on_ex_dates_are_those_the_exchange_printed(
    make_bars: BarsMaker, close: float, before: float, after: float, up: float, down: float
) -> None:
    """Two real ex-dates with the reference that was published, and two days without an event."""
    bars = replace(
        make_bars((close * before,) * 4, (close * before,) * 4), factors=np.array([before, after])
    )
    made = rule_bars(bars, LIMITED)
    assert made.ceilings[1] / after == pytest.approx(up, rel=1e-8)
    assert made.floors[1] / after == pytest.approx(down, rel=1e-8)


def test_a_night_sold_on_its_own_day_is_the_same_session(make_bars: BarsMaker) -> None:
    """Bars that close at 22:00, the next 10:00 and 22:00 in Shanghai: the first two are one day."""
    hour = DAY // 24
    times = [19_002 * DAY + hours * hour for hours in (14, 26, 38)]  # from a Monday, UTC
    rows = [(price, price, price, price) for price in (1, 2, 3)]
    futures = SessionCalendar(timezone="Asia/Shanghai", session_start="21:00")
    bars = replace(make_bars(*rows, times=times), calendar=futures)
    assert session_references(bars).tolist() == pytest.approx([np.nan, np.nan, 2], nan_ok=True)
    kept = rule_bars(bars, replace(FREE, same_session_sale=False))
    assert kept.first_sales.tolist() == [2, 2, 3]
