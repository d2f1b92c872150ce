"""Made markets whose truth is known: without skill, and with an edge that was planted.

Returns are random walks with clusters of volatility, fat tails, a factor that all symbols share
and a drift like that of stocks. Signals know nothing of what follows; in a planted world a fixed
return is added over the holding of each.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quantsig.backtest.market import Floats, Integers, SymbolBars, SymbolSignals
from quantsig.data.calendar.sessions import DAY_US
from quantsig.data.labels import Prices

MEMORY = 0.97  # of the log volatility from day to day
SPREAD = 0.4  # standard deviation of the log volatility
SHARED = 0.7  # part of its variance that all symbols share
TAILS = 4  # degrees of freedom of Student's t
TOGETHER = 0.6  # of the symbols that signal on a day of signals, where they come together
WILD = 0.8  # quantile of the volatility from which signals come, where they seek it


@dataclass(frozen=True, kw_only=True, slots=True)
class MarketWorld:
    """One kind of market and of signals."""

    name: str
    symbols: int = 12
    sessions: int = 250
    holding: int = 5  # sessions
    exposure: float = 0.17  # share of the time that a symbol is held
    edge: float = 0.0  # added to each trade's return
    drift: float = 0.0004  # a session
    volatility: float = 0.0148  # a session
    factor: float = 0.3  # part of the variance that all symbols share
    signals: str = "apart"  # or "together", or "wild": on days of high volatility


NULL_WORLDS = (
    MarketWorld(name="signals apart"),
    MarketWorld(name="signals together", signals="together"),
    MarketWorld(name="signals in wild times", signals="wild"),
    MarketWorld(name="no common factor", factor=0.0),
    MarketWorld(name="bull market", drift=0.0012),
)
PLANTED = MarketWorld(name="planted", edge=0.012)


@dataclass(frozen=True, kw_only=True, slots=True)
class TradedWorld:
    """The bars and signals of a world."""

    market: dict[str, SymbolBars]
    signals: dict[str, SymbolSignals]


def make(world: MarketWorld, random: np.random.Generator) -> TradedWorld:
    """Draw one market and its signals."""
    volatility = _volatility(world, random)
    noise = np.sqrt(world.factor) * _fat(random, (world.sessions, 1)) + np.sqrt(
        1.0 - world.factor
    ) * _fat(random, (world.sessions, world.symbols))
    returns = world.drift + world.volatility * volatility * noise  # (T, S)
    decided = [
        _apart(rows, world) for rows in np.ascontiguousarray(_wanted(world, volatility, random).T)
    ]
    for symbol, bars in enumerate(decided):
        for bar in bars:
            returns[bar + 1 : bar + 1 + world.holding, symbol] += world.edge / world.holding
    names = [f"S{symbol:02}" for symbol in range(world.symbols)]
    pairs = zip(names, returns.T, decided, strict=True)
    market, signals = {}, {}
    for name, own, bars in pairs:
        market[name] = _bars(own)
        signals[name] = _signals(bars, world.holding)
    return TradedWorld(market=market, signals=signals)


def _volatility(world: MarketWorld, random: np.random.Generator) -> Floats:
    """(T, S) factors about one that wander: the exponential of autoregressions."""
    step = SPREAD * np.sqrt(1.0 - MEMORY**2)
    logs = np.zeros((world.sessions, world.symbols + 1))
    logs[0] = SPREAD * random.normal(size=world.symbols + 1)
    for session in range(1, world.sessions):
        logs[session] = MEMORY * logs[session - 1] + step * random.normal(size=world.symbols + 1)
    found: Floats = np.exp(np.sqrt(SHARED) * logs[:, :1] + np.sqrt(1.0 - SHARED) * logs[:, 1:])
    return found


def _fat(random: np.random.Generator, shape: tuple[int, int]) -> Floats:
    """Student's t of unit variance."""
    return random.standard_t(TAILS, size=shape) / float(np.sqrt(TAILS / (TAILS - 2.0)))


def _wanted(
    world: MarketWorld, volatility: Floats, random: np.random.Generator
) -> NDArray[np.bool_]:
    """(T, S) where a signal is given, so often that trades fill the exposure."""
    share = world.exposure / world.holding
    share /= 1.0 - world.exposure * (world.holding - 1.0) / world.holding
    shape = volatility.shape
    if world.signals == "together":
        days = random.random((world.sessions, 1)) < share / TOGETHER
        return days & (random.random(shape) < TOGETHER)
    if world.signals == "wild":
        wild = volatility > np.quantile(volatility, WILD, axis=0)
        return wild & (random.random(shape) < share / (1.0 - WILD))
    return random.random(shape) < share


def _apart(wanted: NDArray[np.bool_], world: MarketWorld) -> Integers:
    """The bars of those signals of a symbol that find no position open."""
    kept, free = [], 0
    for bar in np.flatnonzero(wanted[:-1]).tolist():
        if bar + 1 >= free:
            kept.append(bar)
            free = bar + 1 + world.holding
    return np.array(kept, np.int64)


def _bars(returns: Floats) -> SymbolBars:
    closes = 100.0 * np.cumprod(1.0 + np.maximum(returns, -0.9), dtype=np.float64)
    opens = np.append(100.0, closes[:-1])
    return SymbolBars(
        times=np.arange(1, len(returns) + 1) * DAY_US,
        prices=Prices(
            open=opens,
            high=np.maximum(opens, closes),
            low=np.minimum(opens, closes),
            close=closes,
        ),
    )


def _signals(bars: Integers, holding: int) -> SymbolSignals:
    count = len(bars)
    return SymbolSignals(
        bars=bars,
        directions=np.ones(count, np.int64),
        delay_bars=np.ones(count, np.int64),
        horizon_bars=np.full(count, holding),
        stops=np.full(count, np.nan),
        targets=np.full(count, np.nan),
        probabilities=np.full(count, 0.8),
    )
