"""The barrier walk, against trades worked out by hand."""

import numpy as np
import pytest

from quantsig.data.barriers import OPEN_END, STOP, TARGET, TIME_LIMIT, walk

OPEN = np.array([100.0, 100.0, 104.0, 90.0])
HIGH = np.array([101.0, 106.0, 105.0, 95.0])
LOW = np.array([99.0, 98.0, 103.0, 80.0])
NONE = float("nan")


@pytest.mark.parametrize(
    ("entry", "holding", "stop", "target", "direction", "expected"),
    [
        (0, 2, NONE, NONE, 1, (2, 104.0, TIME_LIMIT)),
        (0, 3, 99.0, NONE, 1, (0, 99.0, STOP)),
        (1, 2, NONE, 105.0, 1, (1, 105.0, TARGET)),
        (1, 2, 98.5, 105.0, 1, (1, 98.5, STOP)),
        (2, 1, 95.0, NONE, 1, (3, 90.0, TIME_LIMIT)),
        (2, 2, 95.0, NONE, 1, (3, 90.0, STOP)),
        (0, 2, 105.5, NONE, -1, (1, 105.5, STOP)),
        (2, 2, NONE, 95.0, -1, (3, 90.0, TARGET)),
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
    assert tuple(walk(OPEN, HIGH, LOW, entry, holding, stop, target, direction)) == expected


def test_bars_that_run_out_give_no_price() -> None:
    """A trade that outlives the bars is open, not closed at the last price."""
    end = walk(OPEN, HIGH, LOW, 2, 5, NONE, NONE, 1)
    assert end.reason == OPEN_END
    assert np.isnan(end.price)
