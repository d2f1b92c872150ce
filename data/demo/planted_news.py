"""Synthetic news with a word that decides the next move: the positive control of models of news.

Bars come in cells of five, as those of `planted.py`, and know nothing of what follows. About every
fourth cell has an item whose word says where the next cell goes, nearly always; as many items say
nothing. A tenth of the items with such a word are known only after the decision: who reads them
all the same finds more than can be known.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data.demo.planted import (
    CELL_BARS,
    DRIFT_SIGMAS,
    HIT_PROBABILITY,
    INTERVAL,
    SIGMA,
    START,
)

NEWS_SHARE = 0.12  # of the cells whose word is up, and of those whose word is down
LATE_SHARE = 0.1  # of the items with a word, known after the decision
WORDS = {1: "surges", -1: "plunges"}
SAID = ("board", "meeting", "quarter", "analysts", "product", "report", "office", "partner")
SYMBOL = "PLANTED"


@dataclass(frozen=True, kw_only=True, slots=True)
class PlantedNews:
    """Synthetic bars and news, and what an oracle that reads all that is known says."""

    bars: pl.DataFrame  # the columns of the bars artefact
    news: pl.DataFrame  # symbol, timestamp, text
    decisions: pl.DataFrame  # a row per cell: decision_time, oracle_score (1 up, -1 down)


def planted_news(cells: int, seed: int, *, late: bool = False) -> PlantedNews:
    """Make `cells` cells of five bars, and their news.

    Args:
        cells: how many.
        seed: of everything drawn.
        late: every item with a word is known after the decision only, so that nothing can be.
    """
    random = np.random.default_rng(seed)
    kinds = random.choice([0, 1, -1], cells, p=[1 - 2 * NEWS_SHARE, NEWS_SHARE, NEWS_SHARE])
    hits = random.random(cells) < HIT_PROBABILITY
    moves = random.normal(0.0, SIGMA, (cells, CELL_BARS))
    moves[1:] += ((kinds * hits)[:-1] * DRIFT_SIGMAS * SIGMA / CELL_BARS)[:, None]
    after = random.random(cells) < (1.0 if late else LATE_SHARE)
    noise = random.random(cells) < np.mean(kinds != 0)
    before = random.uniform(1.0, 70.0, (2, cells))  # minutes
    items = []
    for cell in range(cells):
        decision = START + INTERVAL * CELL_BARS * (cell + 1)
        if kinds[cell]:
            minutes = random.uniform(1.0, 14.0) if after[cell] else -before[0, cell]
            items.append((decision + timedelta(minutes=minutes), WORDS[int(kinds[cell])]))
        if noise[cell]:
            items.append((decision - timedelta(minutes=before[1, cell]), ""))
    texts = [f"{' '.join(random.choice(SAID, 3))} {word}".strip() for _, word in items]
    times = [START + INTERVAL * (bar + 1) for bar in range(cells * CELL_BARS)]
    when = pl.Datetime("us", "UTC")
    return PlantedNews(
        bars=_bars(moves.ravel(), times, random),
        news=pl.DataFrame(
            {
                "symbol": [SYMBOL] * len(items),
                "timestamp": [time for time, _ in items],
                "text": texts,
            },
            schema_overrides={"timestamp": when},
        ).sort("timestamp"),
        decisions=pl.DataFrame(
            {
                "decision_time": times[CELL_BARS - 1 :: CELL_BARS],
                "oracle_score": np.where(after, 0, kinds).astype(float),
            },
            schema_overrides={"decision_time": when},
        ),
    )


def _bars(
    moves: NDArray[np.float64], times: list[datetime], random: np.random.Generator
) -> pl.DataFrame:
    closes = 100.0 * np.exp(np.cumsum(moves))
    opens = np.concatenate([[100.0], closes[:-1]])
    wicks = np.abs(random.normal(0.0, 0.5 * SIGMA, (2, len(moves))))
    return pl.DataFrame(
        {
            "symbol": [SYMBOL] * len(times),
            "timestamp": times,
            "open": opens,
            "high": np.maximum(opens, closes) * (1.0 + wicks[0]),
            "low": np.minimum(opens, closes) * (1.0 - wicks[1]),
            "close": closes,
            "volume": random.lognormal(7.0, 0.3, len(moves)),
            "adjustment": np.ones(len(moves)),
        },
        schema_overrides={"timestamp": pl.Datetime("us", "UTC")},
    )
