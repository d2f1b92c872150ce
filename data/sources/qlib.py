"""Folders of qlib: a calendar, and for each symbol and field a file of float32.

The first number of a file is the row of the calendar at which its values begin. Prices are
adjusted: the raw ones times the field `factor`, and volumes are the raw ones divided by it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data.errors import DataError
from quantsig.data.language.messages import phrase
from quantsig.data.tables.layout import Layout
from quantsig.data.tables.table import SourceTable

FEATURES, CALENDARS = "features", "calendars"
PRICES = ("open", "high", "low", "close")
VOLUME, FACTOR = "volume", "factor"
ITEM_BYTES = 4

QLIB = Layout(name="qlib", about="a folder of qlib")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Folder:
    """A folder of qlib with the calendar of one frequency."""

    path: Path
    frequency: str
    times: pl.Series  # text


def is_qlib(source: Path) -> bool:
    """Whether a folder is laid out as qlib does."""
    return (source / FEATURES).is_dir() and (source / CALENDARS).is_dir()


def open_qlib(source: Path) -> Iterator[SourceTable]:
    """Open the table of each symbol; rows without a price are left out, as qlib pads with them.

    Raises:
        DataError: no calendar or several, no symbols, or a file that does not fit its calendar.
    """
    folder = _folder(source)
    symbols = sorted(path for path in (source / FEATURES).iterdir() if path.is_dir())
    if not symbols:
        raise DataError(
            "the folder holds no symbols.",
            where=str(source / FEATURES),
            remedy="Give the folder that holds features and calendars.",
        )
    for symbol in symbols:
        yield _table(folder, symbol)


def _folder(source: Path) -> _Folder:
    calendars = [
        path
        for path in sorted((source / CALENDARS).glob("*.txt"))
        if not path.stem.endswith("_future")
    ]
    if len(calendars) != 1:
        raise DataError(
            phrase(
                "the folder holds {calendars} calendars, and one is expected.",
                calendars=len(calendars),
            ),
            where=str(source / CALENDARS),
            remedy="Keep the calendar and the features of one frequency, such as day.txt.",
        )
    try:
        lines = calendars[0].read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise DataError(
            phrase(
                "the calendar is not UTF-8: {reason} at byte {byte}.",
                reason=error.reason,
                byte=error.start,
            ),
            where=str(calendars[0]),
            remedy="Write it again with qlib's dump_bin.",
        ) from error
    times = pl.Series("time", [line.strip() for line in lines if line.strip()], dtype=pl.String)
    return _Folder(path=source, frequency=calendars[0].stem, times=times)


def _table(folder: _Folder, symbol: Path) -> SourceTable:
    found = {
        field: _values(folder, symbol / f"{field}.{folder.frequency}.bin")
        for field in (*PRICES, VOLUME, FACTOR)
    }
    missing = [field for field in PRICES if found[field] is None]
    if missing:
        raise DataError(
            phrase("no file for {missing}.", missing=", ".join(missing)),
            where=str(symbol),
            remedy=phrase(
                "Expected: open.{frequency}.bin, and so for high, low, close; if known "
                "volume and factor.",
                frequency=folder.frequency,
            ),
        )
    columns = {field: values for field, values in found.items() if values is not None}
    frame = _raw(pl.DataFrame({"time": folder.times, **columns}))
    priced = pl.any_horizontal(pl.col(PRICES).is_not_nan())
    kept = frame.with_row_index("row", offset=1).filter(priced)
    return SourceTable(
        path=symbol,
        names=tuple(frame.columns),
        column=kept.get_column,
        rows=kept["row"].cast(pl.Int64),
        layout=QLIB,
        symbol=symbol.name.upper(),
    )


def _raw(frame: pl.DataFrame) -> pl.DataFrame:
    """Raw prices and volumes, and the factor as their adjustment."""
    if FACTOR not in frame.columns:
        return frame
    factor = pl.col(FACTOR)
    raw = [(pl.col(name) / factor) for name in PRICES]
    if VOLUME in frame.columns:
        raw.append(pl.col(VOLUME) * factor)
    return frame.with_columns(raw).rename({FACTOR: "adjustment"})


def _values(folder: _Folder, path: Path) -> NDArray[np.float64] | None:
    """(n,) a value for each row of the calendar, NaN where the file has none."""
    if not path.is_file():
        return None
    if path.stat().st_size % ITEM_BYTES or path.stat().st_size < ITEM_BYTES:
        raise DataError(
            "the file does not hold whole float32 numbers.",
            where=str(path),
            remedy="Write it again with qlib's dump_bin.",
        )
    first, values = _split(np.fromfile(path, "<f4"))
    if not 0 <= first <= first + len(values) <= len(folder.times):
        raise DataError(
            phrase(
                "its values are rows {first:g} to {last:g} of a calendar of {length}.",
                first=first,
                last=first + len(values),
                length=len(folder.times),
            ),
            where=str(path),
            remedy="Use the calendar that it was written with.",
        )
    column = np.full(len(folder.times), np.nan)
    column[first : first + len(values)] = values
    return column


def _split(stored: NDArray[np.float32]) -> tuple[int, NDArray[np.float32]]:
    start = float(stored[0])
    return (int(start) if start.is_integer() else -1), stored[1:]
