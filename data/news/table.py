"""Reading items of news: when each was known, of which symbol, and what it says.

A date without a time is known at the end of that day in the zone of the news; a delay comes on top.
The conservative choice is made throughout: an item that is taken to be known too late can only be
missed, one that is taken to be known too early would let a decision see the future.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data.bars import CheckedBars
from quantsig.data.calendar.timestamps import check_zone, closing_times, parse_stamps
from quantsig.data.errors import DataError
from quantsig.data.language.messages import chained, phrase, term
from quantsig.data.news.matrix import MatrixRecord, matrix_record, read_matrix
from quantsig.data.news.options import NewsOptions
from quantsig.data.reading.opening import open_table
from quantsig.data.reading.table_rows import flat, symbol_cells, tidy, time_cells
from quantsig.data.storage import documents
from quantsig.data.tables.columns import ALIASES, TIME_FIELDS, Fields, recognise
from quantsig.data.tables.table import SourceTable

FIELDS = Fields(
    aliases={
        "symbol": ALIASES["symbol"],
        **{name: ALIASES[name] for name in TIME_FIELDS},
        "timestamp": ("known", "published", "created at", *ALIASES["timestamp"]),
        "text": ("text", "headline", "title", "content", "标题", "正文"),
    },
    needed=(),
    expected="timestamp (or date, or date and time); symbol, empty where an item is of the whole "
    "market; and text, unless there is a matrix of embeddings",
)
NO_TIME = "have no time that can be read"
NO_SYMBOL = "are of symbols that the bars do not have"
NOTHING_SAID = "have neither text nor an embedding"
REPEATED = "repeat a text of the same symbol and time"
AFTER = "are known after the newest bar"
SAME = ("symbol", "known", "text")
IN_ORDER = ("known", "symbol", "row")  # of one moment those of the whole market come first
BEFORE = "are known before the first bar"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class NewsItems:
    """Items that count, by the time at which they were known.

    Attributes:
        items: `symbol` (null: the whole market), `known` (UTC) and `text` (null where there is
            none), in order of time.
        vectors: (n, E) float32 of a matrix; None: texts are embedded.
        set_aside: items that do not count, by the rule in words.
        outside: items that count and lie beside the bars, in words.
        source: the file's name.
        timezone: of its days.
        options: as it was read.
    """

    items: pl.DataFrame
    vectors: NDArray[np.float32] | None
    set_aside: Mapping[str, int]
    outside: Mapping[str, int]
    source: str
    timezone: str
    options: NewsOptions


def read_news(source: Path, bars: CheckedBars, options: NewsOptions) -> NewsItems:
    """Read a CSV, Parquet or JSON file of news for some bars.

    Raises:
        DataError: it is missing, a column is missing, times cannot be read, or no item counts; or
            the matrix is none, is too short, or holds what is no number.
        ConfigError: the time zone is not known.
    """
    table = _opened(source)
    found = recognise(table.names, where=str(source), fields=FIELDS)
    if "timestamp" not in found and not {"date", "time"} <= found.keys():
        found = _dated(found, table)
    zone = options.timezone or bars.calendar.timezone or "UTC"
    check_zone(zone)
    symbols = bars.bars["symbol"].unique()
    rows = _rows(table, found, zone, options)
    vectors = None
    if options.embeddings is not None:
        vectors = read_matrix(options.embeddings, len(rows), source)
        options = _as_embedded(options, matrix_record(options.embeddings, source))
    elif "text" not in found:
        raise DataError(
            "these news have no text, and no matrix of embeddings is named.",
            where=str(source),
            remedy=phrase(
                "Found: {names}. Name the matrix with `embeddings`.", names=", ".join(table.names)
            ),
        )
    rule = (
        pl.when(pl.col("known").is_null())
        .then(pl.lit(NO_TIME))
        .when(pl.col("symbol").is_not_null() & ~pl.col("symbol").is_in(symbols.to_list()))
        .then(pl.lit(NO_SYMBOL))
        .when(pl.lit(vectors is None) & (pl.col("text").fill_null("").str.strip_chars() == ""))
        .then(pl.lit(NOTHING_SAID))
        .when(pl.col("text").is_not_null() & ~pl.struct(SAME).is_first_distinct())
        .then(pl.lit(REPEATED))
    )
    rows = rows.with_row_index("row").with_columns(rule=rule)
    good = rows.filter(pl.col("rule").is_null()).sort(*IN_ORDER)
    broken = rows.filter(pl.col("rule").is_not_null()).group_by("rule").len().sort("rule")
    set_aside: dict[str, int] = dict(broken.iter_rows())
    if good.is_empty():
        each = [phrase("{n} {why}", n=n, why=term(why)) for why, n in set_aside.items()]
        raise DataError(
            phrase("none of these {rows} items of news counts.", rows=len(rows)),
            where=str(source),
            remedy=phrase("They {reasons}.", reasons=chained("{one}, {other}", each))
            if each
            else term("Give some."),
        )
    times = bars.bars["timestamp"]
    return NewsItems(
        items=good.select("symbol", "known", "text"),
        vectors=None if vectors is None else vectors[good["row"].to_numpy()],
        set_aside=set_aside,
        outside=beside_bars(good["known"], times.min(), times.max()),
        source=source.name,
        timezone=zone,
        options=options,
    )


def news_texts(source: Path) -> list[str]:
    """The text of every row of a file of news, in its order; empty where there is none.

    Raises:
        DataError: it is missing, or has no column of texts.
    """
    table = _opened(source)
    found = recognise(table.names, where=str(source), fields=FIELDS)
    if "text" not in found:
        raise DataError(
            "these news have no text.",
            where=str(source),
            remedy=phrase("Found: {names}. Add a column text.", names=", ".join(table.names)),
        )
    return tidy(table.column(found["text"]).cast(pl.String)).fill_null("").to_list()


def _opened(source: Path) -> SourceTable:
    if not source.is_file():
        raise DataError(
            phrase("there is no file {name}.", name=source.name)
            if not source.exists()
            else "this is a folder.",
            where=str(source),
            remedy="Name one CSV or Parquet file of news.",
        )
    table = open_table(source)
    return replace(table, column=partial(flat, table))


def _as_embedded(options: NewsOptions, said: MatrixRecord | None) -> NewsOptions:
    """With what the matrix says of its model, where nothing else was said."""
    if said is None:
        return options
    return replace(
        options,
        model=options.model or said.model,
        model_sha256=said.model_sha256,
        knows_until=options.knows_until or said.knows_until,
    )


def beside_bars(known: pl.Series, first: object, last: object) -> dict[str, int]:
    """How many items were known before the first bar closed, and after the last did."""
    outside = {BEFORE: int((known < first).sum()), AFTER: int((known > last).sum())}
    return {what: count for what, count in outside.items() if count}


def _dated(found: Mapping[str, str], table: SourceTable) -> dict[str, str]:
    """A column of days stands for the times."""
    if "date" in found:
        return {**found, "timestamp": found["date"]}
    raise DataError(
        "these news have no times.",
        where=str(table.path),
        remedy=phrase(
            "Found: {names}. Add a column timestamp, or date.", names=", ".join(table.names)
        ),
    )


def _rows(
    table: SourceTable, found: Mapping[str, str], zone: str, options: NewsOptions
) -> pl.DataFrame:
    """`symbol`, `known` in UTC and `text` of every row."""
    stamps = parse_stamps(tidy(time_cells(found, table)), where=str(table.path))
    nothing = pl.Series([None], dtype=pl.String).new_from_index(0, len(table.rows))
    symbol = symbol_cells(found["symbol"], table, None) if "symbol" in found else nothing
    text = tidy(table.column(found["text"]).cast(pl.String)) if "text" in found else nothing
    labels = pl.DataFrame({"symbol": symbol, "timestamp": stamps.values})
    known = closing_times(labels, zone=zone, opens_for=None, dates_only=stamps.dates_only)
    return pl.DataFrame({"symbol": symbol, "known": known + options.delay, "text": text})


def news_digest(news: NewsItems) -> str:
    """SHA-256 of the items and their vectors."""
    digest = hashlib.sha256(documents.to_json(news.items["symbol"].to_list()).encode())
    digest.update(documents.to_json(news.items["text"].to_list()).encode())
    digest.update(news.items["known"].to_physical().to_numpy().tobytes())
    if news.vectors is not None:
        digest.update(news.vectors.tobytes())
    return digest.hexdigest()
