"""What symbols were worth, from a file beside the bars, as it was known at each decision."""

from pathlib import Path

import numpy as np
import polars as pl

from quantsig.backtest.market import Floats, Integers
from quantsig.data.errors import DataError
from quantsig.data.language.messages import phrase, term
from quantsig.data.storage.refusals import refusal
from quantsig.data.tables.columns import ALIASES

NAMES = {  # of each column, compared in lower case, with underscores as blanks
    "symbol": ALIASES["symbol"],
    "timestamp": (*ALIASES["timestamp"], *ALIASES["date"]),
    "market_value": (
        "market value",
        "market cap",
        "mktcap",
        "marketcap",
        "total mv",
        "circ mv",
        "总市值",
        "流通市值",
    ),
}
DATES = ("%Y-%m-%d", "%Y%m%d", "%Y/%m/%d")
ZONED = ("%Y-%m-%dT%H:%M:%S%#z", "%Y-%m-%d %H:%M:%S%#z")
PLAIN = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")
UTC = pl.Datetime("us", "UTC")


def read_market_values(path: Path) -> pl.DataFrame:
    """Read symbol, time and market value of a CSV or Parquet file.

    A date without a time of day counts from the end of that day, UTC, for the value is that of
    its close; times without a zone are UTC. Rows without a value say nothing and are left out.

    Returns:
        Columns symbol (text), known (UTC) and market_value, by symbol and time.

    Raises:
        DataError: a column is missing or there are two of its kind, a time is not read, a value
            is not above 0, or a symbol has two values at one time.
    """
    raw = _read(path)
    frame = raw.select(raw[_column(raw, field, path)].alias(field) for field in NAMES)
    rows = frame.select(
        pl.col("symbol").cast(pl.String),
        pl.col("timestamp"),
        _known(frame["timestamp"]).alias("known"),
        pl.col("market_value").cast(pl.Float64, strict=False),
        text=pl.col("market_value").cast(pl.String).str.strip_chars(),
        row=pl.int_range(1, pl.len() + 1),
    ).filter(pl.col("text").is_not_null() & (pl.col("text") != ""))
    wrong = {
        "has no time that can be read": pl.col("known").is_null(),
        "has no market value above 0": ~(pl.col("market_value") > 0).fill_null(False)
        | pl.col("market_value").is_infinite().fill_null(True),
        "is the second of its symbol and time": ~pl.struct("symbol", "known").is_first_distinct(),
    }
    for what, rule in wrong.items():
        bad = rows.filter(rule)
        if bad.height:
            first = bad.row(0, named=True)
            raise DataError(
                phrase(
                    "{wrong} of {rows} market values: one {what} ({symbol}, {time}, {text}).",
                    wrong=bad.height,
                    rows=rows.height,
                    what=term(what),
                    symbol=first["symbol"],
                    time=first["timestamp"],
                    text=first["text"],
                ),
                where=phrase("{path}, row {row} of the data", path=path, row=first["row"]),
                remedy="Write a row a symbol and time: symbol, timestamp (2024-01-31), "
                "market_value above 0.",
            )
    return rows.select("symbol", "known", "market_value").sort("symbol", "known")


def market_values_at(values: pl.DataFrame, times: Integers, symbols: tuple[str, ...]) -> Floats:
    """The newest market value of each symbol that was known at each decision.

    Args:
        values: as `read_market_values` gives them.
        times: (N,) of the decisions, microseconds since 1970 UTC.
        symbols: S names.

    Returns:
        (N, S); NaN before the first value of a symbol.

    Raises:
        DataError: none of the symbols has a value.
    """
    found = np.full((len(times), len(symbols)), np.nan)
    own = {str(key[0]): rows for key, rows in values.partition_by("symbol", as_dict=True).items()}
    if not set(symbols) & set(own):
        raise DataError(
            phrase(
                "none of the {count} symbols traded has a market value: {traded} are "
                "traded, {valued} are valued.",
                count=len(symbols),
                traded=", ".join(symbols[:3]),
                valued=", ".join(list(own)[:3]),
            ),
            where="`market_values`",
            remedy="Spell the symbols there as the bars do.",
        )
    for column, symbol in enumerate(symbols):
        if symbol not in own:
            continue
        known = own[symbol]["known"].dt.epoch("us").to_numpy()
        newest = np.searchsorted(known, times, side="right") - 1
        worth = own[symbol]["market_value"].to_numpy()[np.maximum(newest, 0)]
        found[:, column] = np.where(newest >= 0, worth, np.nan)
    return found


def _read(path: Path) -> pl.DataFrame:
    try:
        if path.suffix == ".parquet":
            return pl.read_parquet(path)
        return pl.read_csv(path, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise refusal(error) or DataError(
            phrase("it cannot be read: {reason}", reason=str(error).splitlines()[0]),
            where=str(path),
            remedy="Give a CSV or Parquet file with the columns symbol, timestamp, market_value.",
        ) from error


def _column(raw: pl.DataFrame, field: str, path: Path) -> str:
    plain = {name: name.strip("\ufeff ").lower().replace("_", " ") for name in raw.columns}
    meant = [name for name in raw.columns if plain[name] in NAMES[field]]
    if len(meant) == 1:
        return meant[0]
    two = phrase("two columns may be {field}: {names}.", field=field, names=", ".join(meant))
    raise DataError(
        two if meant else phrase("no column is {field}.", field=field),
        where=f"{path}, columns {', '.join(raw.columns)}",
        remedy=phrase("Keep one, named {field}.", field=field),
    )


def _known(times: pl.Series) -> pl.Series:
    """From when a row may be used, in UTC; null where its time is not read."""
    if times.dtype == pl.Date:
        return times.to_frame().select(_day_end(pl.col(times.name))).to_series()
    if isinstance(times.dtype, pl.Datetime):
        zoned = times if times.dtype.time_zone else times.dt.replace_time_zone("UTC")
        return zoned.dt.convert_time_zone("UTC").cast(UTC)
    text = pl.col(times.name).cast(pl.String).str.strip_chars()
    days = [_day_end(text.str.to_date(form, strict=False)) for form in DATES]
    zoned_times = [text.str.to_datetime(form, strict=False).cast(UTC) for form in ZONED]
    plain_times = [
        text.str.to_datetime(form, strict=False, time_unit="us").dt.replace_time_zone("UTC")
        for form in PLAIN
    ]
    return times.to_frame().select(pl.coalesce(*days, *zoned_times, *plain_times)).to_series()


def _day_end(day: pl.Expr) -> pl.Expr:
    return (day + pl.duration(days=1)).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
