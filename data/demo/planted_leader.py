"""Synthetic bars of several symbols, one of which the others follow: the control of cross-sections.

Moves are independent, but for one thing: where the leader rose by more than 1.3 deviations, every
other symbol's next bar rises by 1.8 more. Nothing in a symbol's own bars foretells its next one.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

SYMBOLS = 12
SIGMA = 0.002  # standard deviation of a bar's log return
LED_ABOVE = 1.3  # deviations: a move of the leader that is followed
FOLLOWS = 1.8  # deviations that the others then rise by
RISE_FRACTION = 1.5 * SIGMA  # the event to foresee: a large next move
INTERVAL = timedelta(minutes=15)
START = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class PlantedPanel:
    """Synthetic bars, and what an oracle that knows the leader says of each bar's next."""

    bars: pl.DataFrame  # the columns of the bars artefact
    decisions: pl.DataFrame  # symbol, decision_time, oracle_score (1 the leader rose, 0)


def planted_panel(times: int, seed: int, symbols: int = SYMBOLS) -> PlantedPanel:
    """Make so many bars of each symbol, 15 minutes apart.

    The leader is one of them by chance, so that no place in their order tells it.

    Args:
        times: bars of each symbol.
        seed: same seed, same bars.
        symbols: how many, with the leader.
    """
    random = np.random.default_rng(seed)
    moves = random.normal(0.0, SIGMA, (symbols, times))
    leader = int(random.integers(symbols))
    led = moves[leader] > LED_ABOVE * SIGMA
    followers = np.arange(symbols) != leader
    moves[np.ix_(followers, np.flatnonzero(led[:-1]) + 1)] += FOLLOWS * SIGMA
    stamps = [START + INTERVAL * (bar + 1) for bar in range(times)]
    names = [f"P{number:02d}" for number in range(symbols)]
    bars = [_bars(name, stamps, own, random) for name, own in zip(names, moves, strict=True)]
    decisions = [
        pl.DataFrame(
            {"decision_time": stamps, "oracle_score": (led & follows).astype(float)}
        ).with_columns(pl.col("decision_time").dt.cast_time_unit("us"), symbol=pl.lit(name))
        for name, follows in zip(names, followers, strict=True)
    ]
    return PlantedPanel(bars=pl.concat(bars), decisions=pl.concat(decisions))


def _bars(
    name: str, stamps: list[datetime], moves: NDArray[np.float64], random: np.random.Generator
) -> pl.DataFrame:
    closes = 100.0 * np.exp(np.cumsum(moves))
    opens = np.concatenate([[100.0], closes[:-1]])
    upper, lower = np.abs(random.normal(0.0, 0.5 * SIGMA, (2, len(moves))))
    return pl.DataFrame(
        {
            "symbol": [name] * len(moves),
            "timestamp": stamps,
            "open": opens,
            "high": np.maximum(opens, closes) * (1.0 + upper),
            "low": np.minimum(opens, closes) * (1.0 - lower),
            "close": closes,
            "volume": random.lognormal(7.0, 0.3, len(moves)),
            "adjustment": np.ones(len(moves)),
        },
        schema_overrides={"timestamp": pl.Datetime("us", "UTC")},
    )
