"""Bars, signals and settings drawn at random, for the product and for the plain simulator."""

from typing import Any

import numpy as np
from hypothesis import strategies as st

from quantsig.backtest.execution import Execution
from quantsig.backtest.market import SymbolBars, SymbolSignals
from quantsig.data.labels import Prices
from tests import simulator

Part = tuple[list[simulator.Bar], list[simulator.Signal]]
Parts = dict[str, Part]

PAUSE = 28_800_000_000  # microseconds between bars: three a day, or fewer

steps = st.integers(-40, 40) | st.sampled_from([-900, -300, 500, 3_000])  # thousandths
spans = st.integers(0, 40)
rows = st.tuples(steps, steps, spans, spans, st.integers(1, 4), st.sampled_from([0, 1, 1, 1, 1]))
distances = st.none() | st.integers(5, 60).map(lambda thousandths: thousandths / 1000)


@st.composite
def symbols(draw: st.DrawFn) -> Part:
    """Bars of one symbol and signals on them."""
    bars, price, time = [], draw(st.sampled_from([3.0, 100.0])), draw(st.integers(0, 5)) * PAUSE
    paid = draw(st.integers(0, 30))  # the bar from which on prices are what they were
    for number, row in enumerate(draw(st.lists(rows, min_size=2, max_size=25))):
        gap, body, above, below, pause, volume = row
        opened = price * (1 + gap / 1000)
        price = opened * (1 + body / 1000)
        high = max(opened, price) * (1 + above / 1000)
        low = min(opened, price) * (1 - below / 1000)
        factor = 0.8 if number < paid else 1.0
        bars.append(simulator.Bar(time, opened, high, low, price, float(volume), factor))
        time += pause * PAUSE
    decided = draw(st.lists(st.integers(0, len(bars) - 1), max_size=12))
    signals = [
        simulator.Signal(
            bar=bar,
            direction=draw(st.sampled_from([1, 1, -1])),
            holding=draw(st.integers(1, 6)),
            stop=draw(distances),
            target=draw(distances),
            probability=draw(st.integers(1, 9)) / 10,
        )
        for bar in sorted(decided)
    ]
    return bars, signals


markets: st.SearchStrategy[Parts] = st.lists(symbols(), min_size=1, max_size=3).map(
    lambda parts: dict(zip("ABC", parts, strict=False))
)

executions = st.builds(
    Execution,
    delay_bars=st.integers(1, 3),
    fill_price=st.sampled_from(["open", "close", "typical"]),
    directions=st.sampled_from(["both", "both", "long", "short"]),
    fee_bps=st.sampled_from([0, 1, 30, 5_000]),
    minimum_fee=st.sampled_from([0, 0, 1, 500]),
    slippage_bps=st.sampled_from([0, 1, 50]),
    trailing_stop=distances,
    maintenance_margin=st.sampled_from([None, None, 0.3, 0.9]),
    sizing=st.sampled_from(
        ["fraction", "fraction", "equal_weight", "fixed_cash", "volatility_target", "kelly"]
    ),
    size_fraction=st.integers(1, 10).map(lambda tenths: tenths / 10),
    fixed_cash=st.sampled_from([20, 2_500]),
    target_volatility=st.sampled_from([0.005, 0.02]),
    volatility_bars=st.integers(2, 4),
    kelly_share=st.sampled_from([0.3, 1.0]),
    kelly_win=st.sampled_from([None, 0.04]),
    kelly_loss=st.sampled_from([None, 0.03]),
    lot_size=st.sampled_from([0, 0, 1, 10]),
    start_capital=st.sampled_from([10_000, 1_000_000]),
    shared_cash=st.booleans(),
    same_session_sale=st.booleans(),
    price_limit=st.sampled_from([None, 0.02, 0.1]),
    price_tick=st.sampled_from([0.0, 0.01]),
    trade_without_volume=st.booleans(),
)


def rules_of(execution: Execution) -> simulator.Rules:
    """The same settings for the simulator."""
    return simulator.Rules(
        delay=execution.delay_bars or 1,
        price=execution.fill_price,
        directions=execution.directions,
        fee=execution.fee_bps / 1e4,
        minimum_fee=execution.minimum_fee,
        slippage=execution.slippage_bps / 1e4,
        trailing=execution.trailing_stop,
        maintenance=execution.maintenance_margin,
        sizing=execution.sizing,
        fraction=execution.size_fraction,
        cash=execution.fixed_cash,
        volatility=execution.target_volatility,
        volatility_bars=execution.volatility_bars,
        kelly_share=execution.kelly_share,
        kelly_win=execution.kelly_win,
        kelly_loss=execution.kelly_loss,
        lot=execution.lot_size,
        capital=execution.start_capital,
        shared=execution.shared_cash,
        same_day_sale=execution.same_session_sale,
        limit=execution.price_limit,
        tick=execution.price_tick,
        idle_bars_fill=execution.trade_without_volume,
    )


def as_bars(bars: list[simulator.Bar]) -> SymbolBars:
    """The bars of one symbol as the product takes them."""
    columns = {
        name: np.array([getattr(bar, name) for bar in bars])
        for name in ("open", "high", "low", "close", "volume", "factor")
    }
    return SymbolBars(
        times=np.array([bar.time for bar in bars], np.int64),
        volumes=columns.pop("volume"),
        factors=columns.pop("factor"),
        prices=Prices(**columns),
    )


def as_signals(signals: list[simulator.Signal]) -> SymbolSignals:
    """The signals of one symbol as the product takes them; none brings a delay of its own."""

    def column(name: str, kind: Any) -> Any:
        return np.array([getattr(signal, name) for signal in signals], kind)

    return SymbolSignals(
        bars=column("bar", np.int64),
        directions=column("direction", np.int64),
        delay_bars=np.ones(len(signals), np.int64),
        horizon_bars=column("holding", np.int64),
        stops=column("stop", np.float64),
        targets=column("target", np.float64),
        probabilities=column("probability", np.float64),
    )


def random_symbol(random: np.random.Generator, bars: int = 400) -> Part:
    """Bars with gaps and wicks, and a signal on every second bar."""
    made, price = [], 100.0
    times = np.cumsum(random.integers(1, 4, bars)) * PAUSE
    for time in times.tolist():
        opened = price * float(np.exp(random.normal(0, 0.01)))
        price = opened * float(np.exp(random.normal(0, 0.01)))
        high = max(opened, price) * (1 + float(random.exponential(0.005)))
        low = min(opened, price) * (1 - float(random.exponential(0.005)))
        volume = float(random.random() < 0.95)
        made.append(simulator.Bar(time, opened, high, low, price, volume))
    signals = [
        simulator.Signal(
            bar=int(bar),
            direction=int(random.choice([1, -1])),
            holding=int(random.integers(1, 6)),
            stop=float(random.uniform(0.005, 0.04)) if random.random() < 0.7 else None,
            target=float(random.uniform(0.005, 0.04)) if random.random() < 0.7 else None,
            probability=float(random.random()),
        )
        for bar in np.flatnonzero(random.random(bars) < 0.5)
    ]
    return made, signals
