"""Which files a source is made of, and opening each of them by what it is."""

from dataclasses import dataclass, replace
from pathlib import Path

from quantsig.data.errors import DataError, UsageError
from quantsig.data.language.messages import phrase
from quantsig.data.reading.arrow import FEATHER_MAGIC, open_feather, open_parquet
from quantsig.data.reading.csv_text import open_csv, unusable
from quantsig.data.sources.candle_lists import open_lists
from quantsig.data.sources.layouts import LAYOUTS
from quantsig.data.sources.lean import day_in_name, with_day
from quantsig.data.storage.addresses import is_remote
from quantsig.data.tables.archives import ENDINGS, is_archive, unpack
from quantsig.data.tables.layout import Layout
from quantsig.data.tables.table import SourceTable

CSV_SUFFIXES = (".csv", ".tsv", ".txt")
PARQUET_SUFFIXES = (".parquet", ".pq")
ARROW_SUFFIXES = (".feather", ".arrow")
LIST_SUFFIXES = (".json",)
KNOWN = (*CSV_SUFFIXES, *PARQUET_SUFFIXES, *ARROW_SUFFIXES, *ENDINGS)


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceFiles:
    """The files of a source.

    Attributes:
        read: those to read, by name.
        left: the names of those in the folder that are not read.
    """

    read: tuple[Path, ...]
    left: tuple[str, ...] = ()


def source_files(source: Path, layout: Layout | None = None) -> SourceFiles:
    """The files to read: `source` itself, or those of bars in it.

    Args:
        source: a file or a folder.
        layout: the source, where the user names it.

    Raises:
        DataError: `source` is not there, or a folder without such files.
    """
    if source.is_file():
        return SourceFiles(read=(source,))
    if not source.is_dir():
        raise DataError(
            phrase("there is no {name}.", name=source.name),
            where=str(source),
            remedy="Check the path of the bars.",
        )
    known = KNOWN + (LIST_SUFFIXES if layout is not None else ())
    files = [
        path
        for path in sorted(source.iterdir())
        if path.is_file() and not path.name.startswith(".")
    ]
    read = tuple(path for path in files if path.suffix.lower() in known)
    if not read:
        raise DataError(
            "the folder holds no bars.",
            where=str(source),
            remedy=phrase(
                "Put one file per symbol there, ending in {endings}.", endings=", ".join(known)
            ),
        )
    return SourceFiles(read=read, left=tuple(path.name for path in files if path not in read))


def open_table(
    path: Path, *, layout: Layout | None = None, encoding: str | None = None
) -> SourceTable:
    """Open one file; its first bytes and its ending say which kind it is.

    Args:
        path: the file.
        layout: the source, where the user names it.
        encoding: of a text, where the user names it.

    Raises:
        DataError: empty, no rows, of no known kind, or not of its encoding.
        IntegrityError: a Parquet or Feather file that is damaged.
        ResourceError: an archive that unpacks to far more than bars would.
    """
    with path.open("rb") as file:
        start = file.read(4)
    if not start:
        raise unusable(path, "the file is empty")
    table = _opened(path, start, layout, encoding)
    if table.rows.is_empty():
        raise unusable(path, "the file has no rows, only column names")
    named = replace(table, layout=layout or table.layout or _layout_of_name(path, table))
    return replace(named, symbol=named.symbol or _symbol_of_name(path, named.layout))


def _opened(path: Path, start: bytes, layout: Layout | None, encoding: str | None) -> SourceTable:
    suffix = path.suffix.lower()
    if start == b"PAR1":
        return open_parquet(path)
    if start == FEATHER_MAGIC:
        _refuse_remote(path)
        return open_feather(path)
    if is_archive(start) and suffix in ENDINGS:
        return _unpacked(path, layout, encoding)
    if suffix in CSV_SUFFIXES:
        content = path.read_bytes() if is_remote(path) else None  # fetched once
        return open_csv(path, content=content, layout=layout, encoding=encoding)
    if suffix in LIST_SUFFIXES:
        return open_lists(path)
    raise unusable(path, "the file is neither CSV nor Parquet")


def _refuse_remote(path: Path) -> None:
    if is_remote(path):
        raise UsageError(
            "Feather is read from a disk alone.",
            where=str(path),
            remedy="Copy it here, or store it as Parquet.",
        )


def _unpacked(path: Path, layout: Layout | None, encoding: str | None) -> SourceTable:
    inside = unpack(path)
    if layout is None and day_in_name(inside.name):
        layout = LAYOUTS["lean"]
    table = open_csv(path, content=inside.content, layout=layout, encoding=encoding)
    return with_day(table, inside.name)


def _layout_of_name(path: Path, table: SourceTable) -> Layout | None:
    """freqtrade alone writes Feather that is named after pair and timeframe."""
    freqtrade = LAYOUTS["freqtrade"]
    if path.suffix.lower() not in (".feather", ".json") or "date" not in table.names:
        return None
    return freqtrade if freqtrade.symbol_of(path) else None


def _symbol_of_name(path: Path, layout: Layout | None) -> str | None:
    """The symbol in the name of a file that its source, or whoever packed it, has ended."""
    found = layout.symbol_of(path) if layout else None
    if found is None and path.suffix.lower() in ENDINGS:
        stem = path.name
        for ending in (*ENDINGS, *CSV_SUFFIXES):
            stem = stem.removesuffix(ending)
        found = stem.upper() if layout is LAYOUTS["lean"] else stem
    return found
