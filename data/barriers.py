"""The barrier walk: where a trade opened at a bar's open ends.

One function serves the triple-barrier labels and the stops of the backtest, so a label is what
a trade would have earned.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Prices = NDArray[np.float64]

TIME_LIMIT, STOP, TARGET, OPEN_END = 0, 1, 2, 3  # why a trade ended; OPEN_END: the bars ran out


class Exit(NamedTuple):
    """The bar a trade ends on, the price before slippage, and why."""

    bar: int
    price: float
    reason: int


@njit(cache=True, nogil=True)
def walk(
    opens: Prices,
    highs: Prices,
    lows: Prices,
    entry_bar: int,
    holding_bars: int,
    stop_price: float,
    target_price: float,
    direction: int,
) -> Exit:
    """Follow a trade entered at the open of `entry_bar` until it ends.

    The entry bar itself is checked. Within a bar the stop counts before the target; an open
    beyond a barrier fills at that open. If neither is met the trade ends at the open of bar
    `entry_bar + holding_bars`.

    Args:
        opens, highs, lows: (N,) prices of one symbol.
        entry_bar: the bar whose open is the entry.
        holding_bars: bars from the entry's open to the exit's open, >= 1.
        stop_price: NaN for no stop.
        target_price: NaN for no target.
        direction: +1 long, -1 short.

    Returns:
        The exit; reason OPEN_END, with the last bar and a NaN price, where the bars end first.
    """
    last = entry_bar + holding_bars
    for bar in range(entry_bar, min(last, len(opens))):
        worst = lows[bar] if direction > 0 else highs[bar]
        best = highs[bar] if direction > 0 else lows[bar]
        if direction * (worst - stop_price) <= 0:
            gapped = direction * (opens[bar] - stop_price) < 0
            return Exit(bar, opens[bar] if gapped else stop_price, STOP)
        if direction * (best - target_price) >= 0:
            gapped = direction * (opens[bar] - target_price) > 0
            return Exit(bar, opens[bar] if gapped else target_price, TARGET)
    if last < len(opens):
        return Exit(last, opens[last], TIME_LIMIT)
    return Exit(len(opens) - 1, np.nan, OPEN_END)
