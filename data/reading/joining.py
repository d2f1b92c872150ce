"""Files that follow each other and differ by a date in their names: one symbol in pieces."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import polars as pl

from quantsig.data.errors import DataError
from quantsig.data.language.messages import phrase
from quantsig.data.reading.table_rows import SourceRows
from quantsig.data.tables.columns import PRICES

YEAR, MONTH, DAY = r"(?:19|20)\d\d", r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12]\d|3[01])"
DATE = re.compile(  # 2023, 2023-01, 202301, 20230115
    rf"(?:^|(?<=[-_. ])){YEAR}(?:[-_.]?{MONTH}(?:[-_.]?{DAY})?)?(?=$|[-_. ])"
)
EDGES = "-_. "
ENDINGS = re.compile(r"(\.(csv|tsv|txt|gz|zip|parquet|pq|feather|arrow|json))+$", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class JoinedFiles:
    """Files, those that are pieces of one symbol named alike and in the order of time.

    Attributes:
        sources: the files.
        pieces: of each file that is a piece, the name that its pieces share.
        notes: what is to be said of them.
    """

    sources: tuple[SourceRows, ...]
    pieces: dict[Path, str]
    notes: tuple[str, ...]


def without_date(path: Path) -> str:
    """A file's name without endings and date; that of its folder where nothing is left."""
    stem = DATE.sub("", ENDINGS.sub("", path.name)).strip(EDGES)
    return stem or path.resolve().parent.name


def join_files(sources: Sequence[SourceRows], *, join: bool) -> JoinedFiles:
    """Find files that are pieces of one symbol, and give them its name.

    Files are pieces where nothing but a date tells their names apart and none overlaps another in
    time. Files that overlap with other prices are symbols of their own. A file that names its
    symbols keeps them.

    Args:
        sources: the files read.
        join: take such files for pieces; else each is a symbol of its own.

    Raises:
        DataError: such files overlap with equal prices, or without a common time, so that both
            readings are possible.
    """
    ordered, pieces, notes = list(sources), dict[Path, str](), list[str]()
    for name, places in (_alike(sources) if join else {}).items():
        parts = sorted((sources[place] for place in places), key=_first)
        if not _follow(parts):
            continue
        pieces |= {part.path: name for part in parts}
        for place, part in zip(places, parts, strict=True):
            ordered[place] = part if part.names_symbols else _named(part, name)
        notes.append(
            phrase(
                "{name}: {files} files, from {first} to {last}, follow each other and are read "
                "as one",
                name=name,
                files=len(parts),
                first=parts[0].path.name,
                last=parts[-1].path.name,
            )
        )
    return JoinedFiles(sources=tuple(ordered), pieces=pieces, notes=tuple(notes))


def _alike(sources: Sequence[SourceRows]) -> dict[str, list[int]]:
    """Places of the files whose names differ by a date alone, by what is left of the name."""
    groups: dict[str, list[int]] = {}
    for place, source in enumerate(sources):
        if DATE.search(ENDINGS.sub("", source.path.name)) and source.rows["timestamp"].count():
            groups.setdefault(source.named or without_date(source.path), []).append(place)
    return {name: places for name, places in groups.items() if len(places) > 1}


def _named(source: SourceRows, name: str) -> SourceRows:
    symbols = source.rows["symbol"].clear().extend_constant(name, len(source.rows))
    return replace(source, rows=source.rows.with_columns(symbols))


def _first(source: SourceRows) -> int:
    """Of its labels, in microseconds."""
    first = source.rows["timestamp"].to_physical().min()
    assert isinstance(first, int)
    return first


def _last(source: SourceRows) -> int:
    last = source.rows["timestamp"].to_physical().max()
    assert isinstance(last, int)
    return last


def _follow(parts: Sequence[SourceRows]) -> bool:
    """Whether no file overlaps the one before it; not, where they hold other prices."""
    for one, two in pairwise(parts):
        if _first(two) > _last(one):
            continue
        if one.names_symbols or _other_prices(one, two):
            return False
        raise _two_readings(one, two)
    return True


def _other_prices(one: SourceRows, two: SourceRows) -> bool:
    """Whether two files have times in common, and no price is the same at any of them."""
    both = one.rows.join(two.rows, on="timestamp", suffix=" two")
    same = pl.any_horizontal(pl.col(name) == pl.col(f"{name} two") for name in PRICES)
    return len(both) > 0 and not both.select(same.any()).item()


def _two_readings(one: SourceRows, two: SourceRows) -> DataError:
    return DataError(
        phrase(
            "{one} and {other} overlap in time and differ by a date in their names.",
            one=one.path.name,
            other=two.path.name,
        ),
        where=phrase(
            "{one} and {other}: pieces of one symbol, or two symbols", one=one.path, other=two.path
        ),
        remedy="Remove the rows that come twice; or, if they are two symbols, set [bars] join = "
        "false in quantsig.toml.",
    )
