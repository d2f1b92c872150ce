"""Which trades are told as stories, and what was drawn and traded around each of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data.charts.picture import CHARTED, RED_UP, SAFE, as_planes, coloured
from quantsig.data.charts.png import png_bytes
from quantsig.data.samples.store import SampleSet
from quantsig.reports.inputs import Inputs, by_session

BEST, MEDIAN, WORST = "Best", "Median", "Worst"
EACH = 2  # of a kind, where there are enough trades
BARS_BEFORE = 15  # bars drawn before the decision
BARS_AFTER = 2  # and after the exit

Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class SeenChart:
    """The finest chart that the model saw, as PNG: in blue and orange, and with red for up."""

    png: bytes
    red_up: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Story:
    """One trade, chosen by how it ended."""

    kind: str  # BEST, MEDIAN or WORST
    rank: int  # 1 is the best
    trades: int  # that were ranked
    trade: Row  # a row of trades.parquet
    picture: SeenChart | None  # the chart at the decision
    sample_id: int | None = None  # that it was decided on; None where the sample set is gone


def choose_stories(inputs: Inputs) -> tuple[Story, ...]:
    """The best, the middle and the worst trades by their return, none of them twice."""
    trades = inputs.trades
    if trades is None or trades.is_empty():
        return ()
    ordered = trades.sort("return", "trade_id", descending=[True, False])
    ranks = _ranks(ordered.height)
    rows = {rank: ordered.row(rank, named=True) for _, rank in ranks}
    ids = _sample_ids(inputs.samples, rows, daily=inputs.daily) if inputs.samples else {}
    pictures = charts_of(inputs.samples, ids)
    return tuple(
        Story(
            kind=kind,
            rank=rank + 1,
            trades=ordered.height,
            trade=rows[rank],
            picture=pictures.get(rank),
            sample_id=ids.get(rank),
        )
        for kind, rank in ranks
    )


def bars_around(bars: pl.DataFrame, trade: Row) -> pl.DataFrame:
    """The bars of the symbol from a little before the decision to a little after the exit."""
    own = bars.filter(pl.col("symbol") == trade["symbol"]).sort("timestamp")
    times = own["timestamp"]
    first = max(int(times.search_sorted(trade["decision_time"])) - BARS_BEFORE, 0)
    last = int(times.search_sorted(trade["exit_time"], side="right")) + BARS_AFTER
    return own.slice(first, last - first)


def bars_before(bars: pl.DataFrame, trade: Row) -> pl.DataFrame:
    """The bars of the symbol up to the decision."""
    own = pl.col("symbol") == trade["symbol"], pl.col("timestamp") <= trade["decision_time"]
    return bars.filter(*own).sort("timestamp")


def _ranks(trades: int) -> list[tuple[str, int]]:
    """(kind, rank from 0) in the order they are told; the middle of few trades comes first."""
    each = min(EACH, max(trades // 3, 1))
    middle = (trades - each) // 2
    wanted = [
        *((BEST, rank) for rank in range(each)),
        *((MEDIAN, middle + n) for n in range(each)),
        *((WORST, trades - 1 - n) for n in range(each)),
    ]
    told: dict[int, str] = {}
    for kind, rank in wanted:
        told.setdefault(rank, kind)
    return [(kind, rank) for rank, kind in told.items()]


def charts_of(samples: SampleSet | None, ids: dict[int, int]) -> dict[int, SeenChart]:
    """The chart of each sample by the key of its id, as far as the set can draw it."""
    if samples is None or not ids:
        return {}
    names = samples.manifest.planes or ()
    if CHARTED.isdisjoint(name.partition("@")[0] for name in names):
        return {}
    few = samples.few(np.array(list(ids.values()), np.int64))
    pictures = few.read(np.arange(len(few)))
    return {
        rank: _seen(_finest(as_planes(picture, names)))
        for rank, picture in zip(ids, pictures, strict=True)
    }


def _seen(planes: dict[str, NDArray[Any]]) -> SeenChart:
    safe, red = (png_bytes(coloured(planes, market)) for market in (SAFE, RED_UP))
    return SeenChart(png=safe, red_up=red)


def _sample_ids(samples: SampleSet, rows: dict[int, Row], *, daily: bool) -> dict[int, int]:
    """The sample that each trade was decided on, by rank."""
    wanted = pl.DataFrame(
        {
            "rank": list(rows),
            "symbol": [row["symbol"] for row in rows.values()],
            "decision_time": [row["decision_time"] for row in rows.values()],
        },
        schema_overrides={"decision_time": samples.index["decision_time"].dtype},
    )
    index = samples.index.select("sample_id", "symbol", "decision_time")
    index = index.filter(pl.col("symbol").is_in(wanted["symbol"].to_list()))
    index = by_session(index, samples.calendar) if daily else index
    found = wanted.join(index, on=["symbol", "decision_time"])
    return dict(found.sort("rank").select("rank", "sample_id").iter_rows())


def _finest(planes: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """The planes of the first timeframe, without its number in their names."""
    finest = next(name.partition("@")[2] for name in planes if name.partition("@")[0] in CHARTED)
    parts = {name: name.partition("@") for name in planes}
    return {parts[name][0]: planes[name] for name in planes if parts[name][2] == finest}
