"""As many trades as the signals made, as long and as large, at random times."""

from typing import NamedTuple

import numpy as np
from numba import njit

from quantsig.backtest.market import Floats, Integers


class RandomEntries(NamedTuple):
    """Random trades of one symbol, (K,) each, in the order of time."""

    trades: Integers  # which of the trades it imitates
    entry_bars: Integers
    exit_bars: Integers  # at its open, or at the last close where it lies past the end


@njit(cache=True, nogil=True)
def random_entries(
    lengths: Integers, bars: int, first: int, random: np.random.Generator
) -> RandomEntries:
    """Trades of the given lengths at random bars of one symbol.

    The order of the trades and the gaps between them are random, and none overlap. Stops and
    targets are not applied: the lengths already are those that they left.

    Args:
        lengths: (K,) bars from the open of each trade's entry to the open of its exit.
        bars: how many the symbol has.
        first: the first bar that can be an entry.
        random: the source of chance.
    """
    count = len(lengths)
    order = np.arange(count)
    for row in range(count - 1, 0, -1):  # Fisher and Yates
        other = int(random.random() * (row + 1))
        order[row], order[other] = order[other], order[row]
    slack = max(bars - first - lengths.sum(), 0)  # bars outside every trade
    gaps = np.empty(count)
    for row in range(count):
        gaps[row] = random.random() * (slack + 1)
    gaps.sort()
    entry_bars, exit_bars = np.empty(count, np.int64), np.empty(count, np.int64)
    taken = first
    for row in range(count):
        length = lengths[order[row]]
        entry_bars[row] = min(taken + int(gaps[row]), bars - 1)
        exit_bars[row] = min(taken + int(gaps[row]) + length, bars)
        taken += length
    return RandomEntries(order, entry_bars, exit_bars)


def p_value(returns: Floats, reached: float) -> float:
    """Share of random draws at least as good, counting the strategy itself as one of them.

    (1 + #{draw >= reached}) / (1 + draws), Phipson and Smyth 2010; never zero.
    """
    return (1.0 + float((returns >= reached).sum())) / (1.0 + len(returns))
