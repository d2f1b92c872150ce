"""Markets whose volatility clusters and whose tails are fat, with rolls or without."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

STEPS = 16  # of a session's path from open to close
FIRST = datetime(2015, 1, 5, tzinfo=UTC)
BEFORE_ROLLS = 60  # sessions before the first roll

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Futures:
    """Daily bars, and in which of them a new contract begins."""

    bars: pl.DataFrame
    rolls: pl.DataFrame  # symbol, timestamp


def futures(
    symbols: int,
    sessions: int,
    *,
    between: float,
    tails: int,
    roll_sessions: int | None = None,
    seed: int = 1,
) -> Futures:
    """Random walks of .8 % a session.

    Args:
        symbols: how many of them.
        sessions: of each.
        between: the share of the variance that lies between sessions.
        tails: degrees of freedom of Student's t.
        roll_sessions: from roll to roll, each by 2 to 5 % up or down; None: there are none.
        seed: of the numbers.
    """
    random = np.random.default_rng(seed)
    days = [FIRST + timedelta(days=7 * (day // 5) + day % 5) for day in range(sessions)]
    frames = [
        _bars(random, sessions, between, tails, roll_sessions).with_columns(
            symbol=pl.lit(f"S{number:02}"), timestamp=pl.Series(days)
        )
        for number in range(symbols)
    ]
    whole = pl.concat(frames).with_columns(adjustment=pl.lit(1.0))
    return Futures(
        bars=whole.drop("roll"), rolls=whole.filter("roll").select("symbol", "timestamp")
    )


def _bars(
    random: np.random.Generator, sessions: int, between: float, tails: int, every: int | None
) -> pl.DataFrame:
    variance = _variance(random.standard_normal(sessions))
    sigma = 0.008 * np.sqrt(variance)
    path = _tailed(random, (sessions, STEPS), tails) * sigma[:, None]
    path = np.cumsum(path * np.sqrt((1 - between) / STEPS), axis=1)
    gaps = _tailed(random, (sessions,), tails) * sigma * np.sqrt(between)
    rolls = np.zeros(sessions, bool)
    if every is not None:
        rolls[BEFORE_ROLLS::every] = True
    steps = random.uniform(0.02, 0.05, sessions) * random.choice([-1, 1], sessions)
    opened = np.cumsum(gaps + rolls * steps + np.concatenate([[0.0], path[:-1, -1]]))
    levels = np.concatenate([opened[:, None], opened[:, None] + path], axis=1)
    return pl.DataFrame(
        {
            "open": 100 * np.exp(opened),
            "high": 100 * np.exp(levels.max(axis=1)),
            "low": 100 * np.exp(levels.min(axis=1)),
            "close": 100 * np.exp(levels[:, -1]),
            "volume": np.exp(random.normal(0, 0.35, sessions)) * np.sqrt(variance),
            "roll": rolls,
        }
    )


def _variance(shocks: Floats) -> Floats:
    """GARCH(1, 1) with a mean of one."""
    variance = np.ones(len(shocks))
    for day in range(1, len(shocks)):
        before = variance[day - 1]
        variance[day] = 0.05 + (0.10 * shocks[day - 1] ** 2 + 0.85) * before
    return variance


def _tailed(random: np.random.Generator, shape: tuple[int, ...], tails: int) -> Floats:
    """Student's t, scaled to a variance of one."""
    drawn: Floats = random.standard_t(tails, shape)
    return drawn * float(np.sqrt((tails - 2) / tails))
