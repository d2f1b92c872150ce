"""The barrier walk, against trades worked out by hand."""

import numpy as np
import pytest

from quantsig.data.barriers import (
    AT_CLOSE,
    AT_OPEN,
    TYPICAL,
    Barriers,
    Bars,
    Exit,
    ExitReason,
    walk,
)
from quantsig.data.labels import Prices, free_bars

PRICES = Prices(
    open=np.array([100.0, 100.0, 104.0, 90.0]),
    high=np.array([101.0, 106.0, 105.0, 95.0]),
    low=np.array([99.0, 98.0, 103.0, 80.0]),
    close=np.array([100.0, 104.0, 104.0, 92.0]),
)
FREE = free_bars(PRICES)
NONE = float("nan")


def leave(
    entry: int,
    holding: int,
    stop: float = NONE,
    target: float = NONE,
    direction: int = 1,
    *,
    trailing: float = NONE,
    margin: float = NONE,
    fill: int = AT_OPEN,
    bars: Bars = FREE,
) -> Exit:
    """The exit of a trade entered at bar `entry`."""
    return walk(bars, entry, Barriers(direction, fill, holding, stop, target, trailing, margin))


@pytest.mark.parametrize(
    ("entry", "holding", "stop", "target", "direction", "expected"),
    [
        (0, 2, NONE, NONE, 1, (2, 104.0, ExitReason.TIME)),
        (0, 3, 99.0, NONE, 1, (0, 99.0, ExitReason.STOP)),
        (1, 2, NONE, 105.0, 1, (1, 105.0, ExitReason.TARGET)),
        (1, 2, 98.5, 105.0, 1, (1, 98.5, ExitReason.STOP)),
        (2, 1, 95.0, NONE, 1, (3, 90.0, ExitReason.TIME)),
        (2, 2, 95.0, NONE, 1, (3, 90.0, ExitReason.STOP)),
        (0, 2, 105.5, NONE, -1, (1, 105.5, ExitReason.STOP)),
        (2, 2, NONE, 95.0, -1, (3, 90.0, ExitReason.TARGET)),
    ],
    ids=[
        "time",
        "stop on the entry bar",
        "target",
        "both met: stop",
        "time before gap",
        "gap through the stop",
        "short stop",
        "short gap through the target",
    ],
)
def test_exit(
    entry: int,
    holding: int,
    stop: float,
    target: float,
    direction: int,
    expected: tuple[int, float, int],
) -> None:
    """The bar, price and reason of the exit."""
    assert tuple(leave(entry, holding, stop, target, direction)) == expected


def test_bars_that_run_out_give_no_price() -> None:
    """A trade that outlives the bars is open, not closed at the last price."""
    end = leave(2, 5)
    assert end.reason == ExitReason.END
    assert np.isnan(end.price)


@pytest.mark.parametrize(
    ("entry", "trailing", "direction", "expected"),
    [
        (0, 0.005, 1, (0, 99.5, ExitReason.TRAILING_STOP)),
        (0, 0.02, 1, (1, 98.98, ExitReason.TRAILING_STOP)),
        (1, 0.05, 1, (3, 90.0, ExitReason.TRAILING_STOP)),
        (0, 0.02, -1, (1, 100.98, ExitReason.TRAILING_STOP)),
    ],
    ids=["below the entry price", "below the last high", "gap", "short: above the last low"],
)
def test_a_trailing_stop_follows_the_bars_before(
    entry: int, trailing: float, direction: int, expected: tuple[int, float, int]
) -> None:
    """The high of a bar moves the stop from the next bar on."""
    end = leave(entry, 9, trailing=trailing, direction=direction)
    assert (end.bar, end.reason) == (expected[0], expected[2])
    assert end.price == pytest.approx(expected[1], rel=1e-15)


def test_the_nearest_stop_counts() -> None:
    """Of a stop at 99.2, one that trails to 98 and a call at 101.5, the price meets one first."""
    assert leave(0, 3, stop=99.2, trailing=0.02) == (0, 99.2, ExitReason.STOP)
    assert leave(0, 3, direction=-1, trailing=0.02, margin=101.5) == (
        1,
        100.98,
        ExitReason.TRAILING_STOP,
    )
    assert leave(0, 3, direction=-1, stop=106.0, margin=101.5) == (1, 101.5, ExitReason.MARGIN_CALL)


def test_a_trade_from_close_to_close_is_checked_from_the_next_bar_on() -> None:
    """The low of 98 in the entry bar is passed, the low of 103 in the last one is not."""
    assert leave(1, 1, stop=98.0, fill=AT_CLOSE) == (2, 104.0, ExitReason.TIME)
    assert leave(1, 1, stop=103.0, fill=AT_CLOSE) == (2, 103.0, ExitReason.STOP)


def test_a_typical_price_is_checked_in_neither_of_its_bars() -> None:
    """In at bar 0, out at (105 + 103 + 104) / 3 of bar 2; only bar 1 is lived through."""
    assert leave(0, 2, stop=97.0, target=107.0, fill=TYPICAL) == (2, 104.0, ExitReason.TIME)
    assert leave(0, 2, stop=98.0, fill=TYPICAL) == (1, 98.0, ExitReason.STOP)
    assert leave(0, 1, stop=98.0, fill=TYPICAL).reason == ExitReason.TIME


def test_a_timed_exit_waits_for_a_bar_that_fills_it() -> None:
    """Bar 1 opens at its floor, bar 2 above it."""
    limited = FREE._replace(floors=np.array([0.0, 100.0, 90.0, 0.0]))
    assert leave(0, 1, bars=limited) == (2, 104.0, ExitReason.TIME)


def test_a_stop_waits_for_a_bar_that_fills_it() -> None:
    """The stop of bar 0 is met where nothing can be sold; the next that is met is in bar 3."""
    limited = FREE._replace(floors=np.array([np.inf, 99.0, 0.0, 0.0]))
    assert leave(0, 9, stop=99.0, bars=limited) == (3, 90.0, ExitReason.STOP)


def test_what_was_bought_may_have_to_be_kept() -> None:
    """A purchase of bar 0 may be sold from bar 1 on; a short may be covered at once."""
    kept = FREE._replace(first_sales=np.array([1, 2, 3, 4]))
    assert leave(0, 9, stop=99.0, bars=kept) == (1, 99.0, ExitReason.STOP)
    assert leave(0, 9, stop=100.5, direction=-1, bars=kept) == (0, 100.5, ExitReason.STOP)
