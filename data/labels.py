"""What a sample is asked to foresee: the return of the trade that its decision would open.

The trade enters at the open of bar t + `delay_bars` and exits at the open `horizon_bars` later
(or at a barrier before); labels named so, for published benchmarks, go from close to close and
are no trade's return. Labels alone look past t; a label whose trade does not end within the
bars is unknown, never a class.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantsig.data import barriers
from quantsig.data.kernels import njit
from quantsig.data.label_spec import LABELS, LabelSpec

Floats = NDArray[np.float64]

BLOCK_ROWS = 4096  # bars whose volatility is computed at a time


@dataclass(frozen=True, kw_only=True, slots=True)
class Prices:
    """Adjusted prices of one symbol, (N,) each."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats


@dataclass(frozen=True, kw_only=True, slots=True)
class BarLabels:
    """Labels of every bar of one symbol, (N,) each; NaN and -1 mean unknown or not used."""

    forward_return: Floats  # signed by the direction of the trade, before costs
    label: Floats  # class number, or the return itself for regression
    end_bar: NDArray[np.int64]  # the bar in which the trade ends
    stop: Floats  # distance from the entry as a fraction of its price
    target: Floats


def make_labels(prices: Prices, spec: LabelSpec) -> BarLabels:
    """Label every bar of one symbol by the definition that `spec` names."""
    labelled: BarLabels = LABELS[spec.name].rule(prices, spec)
    return labelled


def rise(prices: Prices, spec: LabelSpec) -> BarLabels:
    """1 where the return is above zero and at least `rise`, else 0; no known row is dropped."""
    least = least_moves(prices, spec)
    risen = _by_return(prices, spec, lambda returns: _reached(returns, least))
    return _known_where(least, risen)


def direction(prices: Prices, spec: LabelSpec) -> BarLabels:
    """1 where the return is positive, else 0."""
    return _by_return(prices, spec, lambda returns: np.where(returns > 0, 1.0, 0.0))


def close_direction(prices: Prices, spec: LabelSpec) -> BarLabels:
    """1 where the close `horizon_bars` later is higher, 0 where lower; small moves are left out.

    The label of published benchmarks (Xu and Cohen 2018, ACL: moves of the adjusted close to
    -0.5 % and from 0.55 % on). Its return is that move, signed by the direction, from the close
    of the decision itself: nobody earns it, for a trade enters after its decision. Rows between
    are unknown, like the last; where both moves are the same there are none, and the move itself
    is down.
    """
    bars = len(prices.close)
    known = max(bars - spec.horizon_bars, 0)
    moves = np.full(bars, np.nan)
    moves[:known] = prices.close[spec.horizon_bars :] / prices.close[:known] - 1.0
    low, high = spec.middle
    label = np.select([moves <= low, moves >= high], [0.0, 1.0], np.nan)
    if spec.direction == -1:
        label = 1.0 - label
    chosen = ~np.isnan(label)
    absent = np.full(bars, np.nan)
    return BarLabels(
        forward_return=np.where(chosen, spec.direction * moves, np.nan),
        label=label,
        end_bar=np.where(chosen, np.arange(bars) + spec.horizon_bars, -1),
        stop=absent,
        target=absent,
    )


def three_way(prices: Prices, spec: LabelSpec) -> BarLabels:
    """0 down, 1 flat, 2 up, split at -`flat` and +`flat` (both moves count)."""
    least = least_moves(prices, spec)
    moved = _by_return(
        prices,
        spec,
        lambda returns: 1.0 + _reached(returns, least) - 1.0 * _reached(-returns, least),
    )
    return _known_where(least, moved)


def forward_return(prices: Prices, spec: LabelSpec) -> BarLabels:
    """The return itself, for regression."""
    return _by_return(prices, spec, lambda returns: returns)


def triple_barrier(prices: Prices, spec: LabelSpec) -> BarLabels:
    """0 stop first, 1 time limit, 2 target first (López de Prado 2018, chapter 3).

    With `barrier_unit` "volatility" a distance of 1 is that of `unit_of`.
    """
    unit = unit_of(prices, spec, spec.barrier_unit)
    stop, target = spec.stop * unit, spec.target * unit
    returns, labels, ends = _walk_all(
        free_bars(prices), stop, target, spec.delay_bars, spec.horizon_bars, spec.direction
    )
    return BarLabels(forward_return=returns, label=labels, end_bar=ends, stop=stop, target=target)


def free_bars(prices: Prices) -> barriers.Bars:
    """What a barrier walk reads where no rule of a market keeps an order from filling."""
    none = np.empty(0)
    return barriers.Bars(
        open=prices.open,
        high=prices.high,
        low=prices.low,
        close=prices.close,
        ceilings=none,
        floors=none,
        first_sales=np.empty(0, np.int64),
    )


def unit_of(prices: Prices, spec: LabelSpec, unit: str) -> Floats:
    """What a distance of 1 is worth at each bar, a fraction of the price; (N,).

    In volatilities it is the standard deviation (ddof 1) of the last `volatility_bars` one-bar
    returns up to t, times the square root of `horizon_bars`; NaN where they are not yet known.
    """
    if unit == "fraction":
        return np.ones(len(prices.open))
    return volatility(prices.close, spec.volatility_bars) * float(np.sqrt(spec.horizon_bars))


def least_moves(prices: Prices, spec: LabelSpec) -> Floats:
    """The return at each bar that divides the classes of rise and three_way; (N,)."""
    least, unit = spec.least_move
    return least * unit_of(prices, spec, unit)


def volatility(close: Floats, bars: int) -> Floats:
    """Standard deviation (ddof 1) of the last `bars` one-bar simple returns, NaN before that."""
    out = np.full(len(close), np.nan)
    if len(close) > bars:
        returns = close[1:] / close[:-1] - 1.0
        windows = np.lib.stride_tricks.sliding_window_view(returns, bars)
        for first in range(0, len(windows), BLOCK_ROWS):  # a copy of all would be large
            block = windows[first : first + BLOCK_ROWS]
            out[bars + first : bars + first + len(block)] = block.std(axis=1, ddof=1)
    return out


def _by_return(
    prices: Prices, spec: LabelSpec, classes: Callable[[Floats], NDArray[Any]]
) -> BarLabels:
    bars = len(prices.open)
    returns = np.full(bars, np.nan)
    ends = np.full(bars, -1, np.int64)
    known = max(bars - spec.delay_bars - spec.horizon_bars, 0)
    entries = prices.open[spec.delay_bars : spec.delay_bars + known]
    exits = prices.open[spec.delay_bars + spec.horizon_bars :][:known]
    returns[:known] = spec.direction * (exits / entries - 1.0)
    ends[:known] = np.arange(known) + spec.delay_bars + spec.horizon_bars
    label = np.where(np.isnan(returns), np.nan, classes(returns).astype(np.float64))
    absent = np.full(bars, np.nan)
    return BarLabels(forward_return=returns, label=label, end_bar=ends, stop=absent, target=absent)


def _reached(returns: Floats, least: Floats) -> NDArray[np.bool_]:
    """Where prices stood still any move is beyond their volatility, but none is no move."""
    return (returns >= least) & (returns > 0.0)


def _known_where(least: Floats, labelled: BarLabels) -> BarLabels:
    """Of no class where the volatility that decides it is not known yet; the trade still is."""
    return replace(labelled, label=np.where(np.isnan(least), np.nan, labelled.label))


@njit(cache=True, nogil=True)
def _walk_all(
    prices: barriers.Bars,
    stop: Floats,
    target: Floats,
    delay_bars: int,
    horizon_bars: int,
    direction: int,
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    bars = len(prices.open)
    returns = np.full(bars, np.nan)
    labels = np.full(bars, np.nan)
    ends = np.full(bars, -1, np.int64)
    for bar in range(bars - delay_bars - horizon_bars):
        if np.isnan(stop[bar]):
            continue
        entry = prices.open[bar + delay_bars]
        terms = barriers.Barriers(
            direction,
            barriers.AT_OPEN,
            horizon_bars,
            entry * (1 - direction * stop[bar]),
            entry * (1 + direction * target[bar]),
            np.nan,
            np.nan,
        )
        end = barriers.walk(prices, bar + delay_bars, terms)
        returns[bar] = direction * (end.price / entry - 1.0)
        ends[bar] = end.bar
        if end.reason == barriers.ExitReason.STOP:
            labels[bar] = 0.0
        elif end.reason == barriers.ExitReason.TARGET:
            labels[bar] = 2.0
        else:
            labels[bar] = 1.0
    return returns, labels, ends
