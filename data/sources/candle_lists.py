"""Candles as freqtrade and exchanges write them in JSON: a list of lists of six numbers."""

import json
from pathlib import Path

import polars as pl

from quantsig.data.errors import DataError
from quantsig.data.language.messages import phrase
from quantsig.data.sources.freqtrade import FREQTRADE
from quantsig.data.tables.table import SourceTable

MOST_BYTES = 1 << 28
NO_LIST = (ValueError, RecursionError, TypeError, ArithmeticError, pl.exceptions.PolarsError)


def open_lists(path: Path) -> SourceTable:
    """Open a JSON file of candles: time, open, high, low, close, volume.

    Raises:
        DataError: it is none.
    """
    assert FREQTRADE.header is not None
    names = FREQTRADE.header
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"it has more than {MOST_BYTES:,} bytes")
        candles = json.loads(path.read_bytes())
        if not candles or not isinstance(candles, list):
            raise ValueError("it holds no list")
        if any(not isinstance(candle, list) or len(candle) != len(names) for candle in candles):
            raise ValueError(f"its items are not lists of {len(names)}")
        frame = pl.DataFrame(candles, schema=list(names), orient="row", infer_schema_length=None)
    except NO_LIST as error:
        raise DataError(
            phrase("the file is no list of candles: {reason}.", reason=str(error).splitlines()[0]),
            where=str(path),
            remedy=phrase(
                "Give [[{names}], ...], or a CSV or Parquet file.", names=", ".join(names)
            ),
        ) from error
    return SourceTable(
        path=path,
        names=names,
        column=frame.get_column,
        rows=pl.int_range(1, len(frame) + 1, eager=True).alias("row"),
    )
