"""What a sample is asked to foresee: the return of the trade that its decision would open.

The trade enters at the open of bar t + `delay_bars` and exits at the open `horizon_bars` later
(or at a barrier before). Labels alone look past t; a label whose trade does not end within the
bars is unknown, never a class.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numba import njit
from numpy.typing import NDArray

from quantsig.data import barriers
from quantsig.data.errors import ConfigError, unknown_name

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelSpec:
    """Which trade a label judges, and by what."""

    name: str = "rise"
    horizon_bars: int = 5  # from the entry's open to the exit's open
    delay_bars: int = 1  # from the decision bar to the entry bar
    direction: int = 1  # +1 a long trade, -1 a short one
    rise_fraction: float = 0.03  # rise: the return that counts as the event
    flat_fraction: float = 0.005  # three_way: returns nearer to zero are flat
    stop: float = 1.0  # triple_barrier: distance from the entry, in `barrier_unit`
    target: float = 2.0  # triple_barrier: distance from the entry, in `barrier_unit`
    barrier_unit: Literal["volatility", "fraction"] = "volatility"
    volatility_bars: int = 20  # triple_barrier: bars up to t that volatility is taken from

    def __post_init__(self) -> None:
        if self.name not in LABELS:
            raise unknown_name("label", self.name, LABELS, where="label.name")
        _positive("label.horizon_bars", self.horizon_bars)
        _positive("label.delay_bars", self.delay_bars)
        _positive("label.rise_fraction", self.rise_fraction)
        _positive("label.flat_fraction", self.flat_fraction)
        _positive("label.stop", self.stop)
        _positive("label.target", self.target)
        if self.direction not in (1, -1):
            raise ConfigError(
                f"a trade of direction {self.direction} does not exist.",
                where="label.direction",
                remedy="Use 1 for long or -1 for short.",
            )
        if self.volatility_bars < 2:
            raise ConfigError(
                f"volatility over {self.volatility_bars} bars is undefined.",
                where="label.volatility_bars",
                remedy="Use at least 2.",
            )

    @property
    def bars_before(self) -> int:
        """Bars before t that a label of t may look at."""
        return self.volatility_bars

    @property
    def bars_after(self) -> int:
        """Bars after t that a label of t may look at; without them it is unknown."""
        return self.delay_bars + self.horizon_bars


@dataclass(frozen=True, kw_only=True, slots=True)
class Prices:
    """Adjusted prices of one symbol, (N,) each."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats


@dataclass(frozen=True, kw_only=True, slots=True)
class Labelled:
    """Labels of every bar of one symbol, (N,) each; NaN and -1 mean unknown or not used."""

    forward_return: Floats  # signed by the direction of the trade, before costs
    label: Floats  # class number, or the return itself for regression
    end_bar: NDArray[np.int64]  # the bar in which the trade ends
    stop: Floats  # distance from the entry as a fraction of its price
    target: Floats


@dataclass(frozen=True, kw_only=True, slots=True)
class Definition:
    """A kind of label: its classes (none for regression; the last one is the event) and rule."""

    classes: tuple[str, ...]
    rule: Callable[[Prices, LabelSpec], Labelled]


def make_labels(prices: Prices, spec: LabelSpec) -> Labelled:
    """Label every bar of one symbol by the definition that `spec` names."""
    return LABELS[spec.name].rule(prices, spec)


def rise(prices: Prices, spec: LabelSpec) -> Labelled:
    """1 where the return is at least `rise_fraction`, else 0; no row is dropped."""
    return _by_return(
        prices, spec, lambda returns: (returns >= spec.rise_fraction).astype(np.float64)
    )


def direction(prices: Prices, spec: LabelSpec) -> Labelled:
    """1 where the return is positive, else 0."""
    return _by_return(prices, spec, lambda returns: np.where(returns > 0, 1.0, 0.0))


def three_way(prices: Prices, spec: LabelSpec) -> Labelled:
    """0 down, 1 flat, 2 up, split at -`flat_fraction` and +`flat_fraction` (both moves count)."""

    def classes(returns: Floats) -> Floats:
        up = returns >= spec.flat_fraction
        down = returns <= -spec.flat_fraction
        return np.asarray(1.0 + up - down, np.float64)

    return _by_return(prices, spec, classes)


def forward_return(prices: Prices, spec: LabelSpec) -> Labelled:
    """The return itself, for regression."""
    return _by_return(prices, spec, lambda returns: returns)


def triple_barrier(prices: Prices, spec: LabelSpec) -> Labelled:
    """0 stop first, 1 time limit, 2 target first (López de Prado 2018, chapter 3).

    With `barrier_unit` "volatility" a distance of 1 is the standard deviation (ddof 1) of the
    last `volatility_bars` one-bar returns up to t, times the square root of `horizon_bars`.
    """
    bars = len(prices.open)
    unit = np.ones(bars)
    if spec.barrier_unit == "volatility":
        unit = volatility(prices.close, spec.volatility_bars) * np.sqrt(spec.horizon_bars)
    stop, target = spec.stop * unit, spec.target * unit
    returns, labels, ends = _walk_all(
        free_bars(prices), stop, target, spec.delay_bars, spec.horizon_bars, spec.direction
    )
    return Labelled(forward_return=returns, label=labels, end_bar=ends, stop=stop, target=target)


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


def volatility(close: Floats, bars: int) -> Floats:
    """Standard deviation (ddof 1) of the last `bars` one-bar simple returns, NaN before that."""
    out = np.full(len(close), np.nan)
    if len(close) > bars:
        returns = close[1:] / close[:-1] - 1.0
        windows = np.lib.stride_tricks.sliding_window_view(returns, bars)
        out[bars:] = windows.std(axis=1, ddof=1)
    return out


LABELS: dict[str, Definition] = {
    "rise": Definition(classes=("rest", "rise"), rule=rise),
    "direction": Definition(classes=("down", "up"), rule=direction),
    "three_way": Definition(classes=("down", "flat", "up"), rule=three_way),
    "triple_barrier": Definition(classes=("stop", "time", "target"), rule=triple_barrier),
    "forward_return": Definition(classes=(), rule=forward_return),
}


def _positive(where: str, value: float) -> None:
    if not value > 0:
        raise ConfigError(
            f"{value} is not above zero.", where=where, remedy="Give a positive number."
        )


def _by_return(prices: Prices, spec: LabelSpec, classes: Callable[[Floats], Floats]) -> Labelled:
    bars = len(prices.open)
    returns = np.full(bars, np.nan)
    ends = np.full(bars, -1, np.int64)
    known = max(bars - spec.delay_bars - spec.horizon_bars, 0)
    entries = prices.open[spec.delay_bars : spec.delay_bars + known]
    exits = prices.open[spec.delay_bars + spec.horizon_bars :][:known]
    returns[:known] = spec.direction * (exits / entries - 1.0)
    ends[:known] = np.arange(known) + spec.delay_bars + spec.horizon_bars
    label = np.where(np.isnan(returns), np.nan, classes(returns))
    absent = np.full(bars, np.nan)
    return Labelled(forward_return=returns, label=label, end_bar=ends, stop=absent, target=absent)


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
        terms = barriers.Terms(
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
        if end.reason == barriers.STOP:
            labels[bar] = 0.0
        elif end.reason == barriers.TARGET:
            labels[bar] = 2.0
        else:
            labels[bar] = 1.0
    return returns, labels, ends
