"""Synthetic bars with a planted pattern: the positive control of the whole chain.

Bars come in cells of five. A pattern cell is four falling bars on rising volume and a hammer with
a long lower wick on five times the volume; the next cell then drifts up, nearly always. Its mirror
image drifts down. Nothing else in the bars can be foreseen.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

CELL_BARS = 5
SIGMA = 0.002  # standard deviation of a quiet bar's return
PATTERN_SHARE = 0.12  # of the cells that may hold one, for the pattern and for its mirror
HIT_PROBABILITY = 0.97
DRIFT_SIGMAS = 15.0  # of the cell after a pattern, open to close
RISE_FRACTION = 7.5 * SIGMA  # the event to foresee: half the drift
INTERVAL = timedelta(minutes=15)
START = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class PlantedBars:
    """Synthetic bars, and what an oracle that sees the pattern knows at each decision."""

    bars: pl.DataFrame  # the columns of the bars artefact
    decisions: pl.DataFrame  # a row per cell: decision_time, oracle_score (1 pattern, -1 mirror)


def planted_bars(cells: int, seed: int, symbol: str = "PLANTED") -> PlantedBars:
    """Make `cells` cells of five bars.

    Returns:
        The bars, 15 minutes apart, and the oracle's score at the end of each cell.
    """
    random = np.random.default_rng(seed)
    kinds = _pattern_kinds(cells, random)
    opens, highs, lows, closes, volumes = _prices(kinds, random)
    times = [START + INTERVAL * (bar + 1) for bar in range(cells * CELL_BARS)]
    bars = pl.DataFrame(
        {
            "symbol": [symbol] * len(times),
            "timestamp": times,
            "open": opens,
            "high": highs,
            "low": lows,
            "close": closes,
            "volume": volumes,
            "adjustment": np.ones(len(times)),
        },
        schema_overrides={"timestamp": pl.Datetime("us", "UTC")},
    )
    decisions = pl.DataFrame(
        {
            "decision_time": bars["timestamp"].gather_every(CELL_BARS, CELL_BARS - 1),
            "oracle_score": kinds.astype(float),
        }
    )
    return PlantedBars(bars=bars, decisions=decisions)


def _pattern_kinds(cells: int, random: np.random.Generator) -> NDArray[np.int64]:
    """+1 pattern, -1 mirror, 0 neither; never in the cell after a pattern."""
    draws = random.random(cells)
    kinds = np.zeros(cells, np.int64)
    for cell in range(cells):
        if cell and kinds[cell - 1]:
            continue
        if draws[cell] < PATTERN_SHARE:
            kinds[cell] = 1
        elif draws[cell] < 2 * PATTERN_SHARE:
            kinds[cell] = -1
    return kinds


def _prices(
    kinds: NDArray[np.int64], random: np.random.Generator
) -> tuple[NDArray[np.float64], ...]:
    """Open, high, low, close and volume of every bar, in order."""
    shape = (len(kinds), CELL_BARS)
    moves = random.normal(0.0, SIGMA, shape)
    upper = np.abs(random.normal(0.0, 0.5 * SIGMA, shape))
    lower = np.abs(random.normal(0.0, 0.5 * SIGMA, shape))
    volumes = random.lognormal(7.0, 0.3, shape)
    hits = random.random(len(kinds)) < HIT_PROBABILITY
    wicks = random.uniform(3.0, 4.0, len(kinds)) * SIGMA
    for cell, kind in enumerate(kinds):
        if kind:
            moves[cell] = -kind * 1.2 * SIGMA * np.array([1, 1, 1, 1, 0.1])
            upper[cell] *= 0.3
            lower[cell] *= 0.3
            (lower if kind > 0 else upper)[cell, -1] = wicks[cell]
            volumes[cell] = np.exp(7.0) * np.array([0.8, 1.0, 1.2, 1.4, 5.0])
            if cell + 1 < len(kinds) and hits[cell]:
                moves[cell + 1] += kind * DRIFT_SIGMAS * SIGMA / CELL_BARS
    flat = moves.ravel()
    closes = 100.0 * np.exp(np.cumsum(flat))
    opens = np.concatenate([[100.0], closes[:-1]])
    highs = np.maximum(opens, closes) * (1.0 + upper.ravel())
    lows = np.minimum(opens, closes) * (1.0 - lower.ravel())
    return opens, highs, lows, closes, volumes.ravel()
