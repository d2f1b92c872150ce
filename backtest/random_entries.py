"""As many trades as the signals made, as long and as large, at random times."""

from dataclasses import dataclass

import numpy as np

from quantsig.backtest.market import Floats, Integers


@dataclass(frozen=True, kw_only=True, slots=True)
class RandomEntries:
    """Random trades of one symbol: (draws, trades) each, in the order of time."""

    trades: Integers  # which of the trades it imitates
    entry_bars: Integers
    exit_bars: Integers  # at its open, or at the last close where it lies past the end


def random_entries(
    lengths: Integers, bars: int, first: int, draws: int, random: np.random.Generator
) -> RandomEntries:
    """Trades of the given lengths at random bars of one symbol.

    The order of the trades and the gaps between them are random, and none overlap. Stops and
    targets are not applied: the lengths already are those that they left.

    Args:
        lengths: (K,) bars from the open of each trade's entry to the open of its exit.
        bars: how many the symbol has.
        first: the first bar that can be an entry.
        draws: how many times.
        random: the source of chance.
    """
    order = random.permuted(np.tile(np.arange(len(lengths)), (draws, 1)), axis=1)
    drawn = lengths[order]
    slack = max(bars - first - int(lengths.sum()), 0)  # bars outside every trade
    gaps = np.sort(random.integers(0, slack + 1, drawn.shape), axis=1)
    ends = first + gaps + np.cumsum(drawn, axis=1)
    return RandomEntries(
        trades=order,
        entry_bars=np.minimum(ends - drawn, bars - 1),
        exit_bars=np.minimum(ends, bars),
    )


def p_value(returns: Floats, reached: float) -> float:
    """Share of random draws at least as good, counting the strategy itself as one of them.

    (1 + #{draw >= reached}) / (1 + draws), Phipson and Smyth 2010; never zero.
    """
    return (1.0 + float((returns >= reached).sum())) / (1.0 + len(returns))
