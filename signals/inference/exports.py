"""Rows written for other programs: Parquet, CSV that a spreadsheet may open, or JSON."""

import io
from collections.abc import Callable
from pathlib import Path

import polars as pl
import polars.selectors as cs

from quantsig.data.errors import unknown_name
from quantsig.data.storage import atomic, documents, parquet
from quantsig.signals.seal import home_of, take_in

FORMULA = r"^[=+\-@\t\r]"  # a spreadsheet computes what begins so
TIMES = "%Y-%m-%dT%H:%M:%S%.fZ"  # UTC
SCHEMA = "quantsig.signal_rows/1"


def write_rows(target: Path, rows: pl.DataFrame, form: str) -> None:
    """Replace a file by rows, atomically; one in a sealed run is entered there.

    Args:
        target: the file.
        rows: times in UTC.
        form: a key of FORMATS.
    """
    check_format(form)
    FORMATS[form](target, rows)
    run = home_of(target)
    if run:
        take_in(run, target.absolute().relative_to(run.absolute()).as_posix())


def check_format(form: str) -> None:
    """Raise the error that lists the known formats when `form` is not one."""
    if form not in FORMATS:
        raise unknown_name("format", form, FORMATS, where="`format`")


def as_csv(rows: pl.DataFrame) -> bytes:
    """Rows as CSV in UTF-8 that is safe to open in a spreadsheet.

    Text that begins with =, +, -, @, a tab or a carriage return would be computed there (CSV
    injection, OWASP): an apostrophe is put before it. Numbers stay numbers.
    """
    text = cs.string()
    safe = rows.with_columns(
        pl.when(text.str.contains(FORMULA)).then("'" + text).otherwise(text).name.keep()
    )
    content = io.BytesIO()
    safe.write_csv(content, datetime_format=TIMES)
    return content.getvalue()


def as_json(rows: pl.DataFrame) -> str:
    """One JSON document with the rows; times as text in UTC."""
    written = rows.with_columns(cs.datetime().dt.strftime(TIMES))
    return documents.to_json({"schema": SCHEMA, "rows": written.to_dicts()}) + "\n"


FORMATS: dict[str, Callable[[Path, pl.DataFrame], None]] = {
    "parquet": parquet.write_parquet,
    "csv": lambda target, rows: atomic.write_bytes(target, as_csv(rows)),
    "json": lambda target, rows: atomic.write_text(target, as_json(rows)),
}
