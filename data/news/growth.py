"""News of a set that grows: what is stored keeps its bytes, and no stored sample sees other items.

New is what was known after the newest stored bar of its symbol, or of any symbol where it is of the
whole market: no stored sample can have seen it. What was known before that and is not stored came
too late; it is set aside.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import polars as pl

from quantsig.data.errors import DataError
from quantsig.data.language.messages import phrase
from quantsig.data.news.known import KnownNews
from quantsig.data.news.table import IN_ORDER, SAME, NewsItems

LATE = "came after bars of a later time were stored"
TURN = "turn"  # of items that say the same: the first, the second
IDENTITY = (*SAME, TURN)


@dataclass(frozen=True, kw_only=True, slots=True)
class Fresh:
    """What news hold that a set does not.

    Attributes:
        news: that no stored sample can have seen.
        late: how many others are not stored.
    """

    news: NewsItems
    late: int


def fresh_news(stored: KnownNews, news: NewsItems, newest: Mapping[str, datetime]) -> Fresh:
    """Part news from what is stored.

    Args:
        stored: of the set.
        news: as they were read; they may hold the stored ones or not.
        newest: when the newest stored bar of each symbol closed.

    Raises:
        DataError: a stored item has another vector now.
    """
    bars = pl.col("symbol").replace_strict(
        newest, default=None, return_dtype=news.items.schema["known"]
    )
    until = pl.when(pl.col("symbol").is_null()).then(pl.lit(max(newest.values()))).otherwise(bars)
    items = news.items.with_row_index("row")
    fresh = items.filter((pl.col("known") > until).fill_null(value=True))
    past = _in_turn(items.join(fresh, on="row", how="anti"))
    places = _in_turn(stored.items).with_row_index("place")
    found = past.join(places, on=IDENTITY, how="left", nulls_equal=True, maintain_order="left")
    _refuse_other_vectors(stored, news, found.filter(pl.col("place").is_not_null()))
    rows = fresh["row"].to_numpy()
    kept = replace(
        news,
        items=fresh.drop("row"),
        vectors=None if news.vectors is None else news.vectors[rows],
    )
    return Fresh(news=kept, late=found["place"].null_count())


def joined(parts: Sequence[KnownNews]) -> KnownNews:
    """Parts of a set's news as one, in order of time; what a later part says again is its own."""
    if len(parts) == 1:
        return parts[0]
    items = pl.concat([_in_turn(part.items) for part in parts]).with_row_index("row")
    items = items.unique(IDENTITY, keep="last", maintain_order=True).sort(*IN_ORDER)
    vectors = np.concatenate([part.vectors for part in parts])
    return KnownNews(
        items=items.select(parts[0].items.columns), vectors=vectors[items["row"].to_numpy()]
    )


def _in_turn(items: pl.DataFrame) -> pl.DataFrame:
    return items.with_columns(pl.int_range(pl.len()).over(SAME).alias(TURN))


def _refuse_other_vectors(stored: KnownNews, news: NewsItems, both: pl.DataFrame) -> None:
    if news.vectors is None:
        return
    ours, theirs = (both[name].to_numpy() for name in ("place", "row"))
    differs = (stored.vectors[ours] != news.vectors[theirs]).any(axis=1)
    if differs.any():
        first = both.row(int(differs.argmax()), named=True)
        raise DataError(
            phrase("{n} stored items have another vector now.", n=int(differs.sum())),
            where=phrase(
                "{source}, the first known at {time}",
                source=news.source,
                time=f"{first['known']:%Y-%m-%d %H:%M}",
            ),
            remedy="Give the vectors that the set was built with, and those of newer items.",
        )
