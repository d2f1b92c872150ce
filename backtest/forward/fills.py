"""Fills of the user's broker beside those of the paper account: what slippage really was."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl

from quantsig.data.errors import DataError
from quantsig.data.language.messages import phrase

COLUMNS = ("symbol", "time", "side", "price", "quantity", "fee")
TIME = pl.Datetime("us", "UTC")
SIDES = {"buy": 1, "sell": -1}
NEAREST = "3d"  # from the paper trade's bar to a fill that may be of it


@dataclass(frozen=True, kw_only=True, slots=True)
class BrokerFills:
    """What a broker filled, laid beside the paper account.

    Attributes:
        fills: rows of the file: symbol, time (UTC), side (+1 bought, -1 sold), price, quantity,
            fee.
        matched: fills with the price of the paper account's nearest fill of that symbol and side,
            and `slippage_bps`: how much worse they were, in basis points of the paper price.
        unmatched: fills that no paper fill is near.
    """

    fills: pl.DataFrame
    matched: pl.DataFrame
    unmatched: int

    @property
    def mean_slippage_bps(self) -> float | None:
        """By traded value; positive: worse than on paper. None without any."""
        if self.matched.is_empty():
            return None
        price, quantity, slippage = (
            self.matched[name].to_numpy() for name in ("price", "quantity", "slippage_bps")
        )
        return float(np.average(slippage, weights=price * quantity))


def read_fills(source: Path) -> pl.DataFrame:
    """The fills of a CSV with the columns symbol, time, side, price, quantity, fee.

    Times without a zone are UTC; a side is buy or sell.

    Raises:
        DataError: there is no such file, a column is missing, or a row makes no sense.
    """
    if not source.is_file():
        raise DataError("there is no such file.", where=str(source), remedy="Name a CSV file.")
    try:
        raw = pl.read_csv(source, infer_schema=False)
    except pl.exceptions.PolarsError as error:
        raise _no_fills(source, "this is no table of a broker's fills.") from error
    lacking = [name for name in COLUMNS if name not in raw.columns]
    if lacking:
        raise _no_fills(source, phrase("a table of fills needs a column {name}.", name=lacking[0]))
    rows = raw.select(
        pl.col("symbol").str.strip_chars(),
        pl.Series("time", [_moment(text) for text in raw["time"]], dtype=TIME),
        pl.col("side").str.to_lowercase().str.strip_chars().replace_strict(SIDES, default=None),
        *(pl.col(name).cast(pl.Float64, strict=False) for name in ("price", "quantity", "fee")),
    )
    positive = (pl.col("price") > 0) & (pl.col("quantity") > 0)
    good = pl.all_horizontal(pl.all().is_not_null()) & positive.fill_null(False)
    bad = rows.with_row_index("row", offset=2).filter(~good)
    if len(bad):
        said = "line {line} of the fills lacks a value, or has one that makes no sense."
        raise _no_fills(source, phrase(said, line=bad["row"][0]))
    return rows.sort("symbol", "time")


def lay_beside(fills: pl.DataFrame, trades: pl.DataFrame) -> BrokerFills:
    """Lay fills beside the trades of the paper account.

    Args:
        fills: of `read_fills`.
        trades: columns of trades.parquet.
    """
    entries = trades.select(
        "symbol",
        time="entry_time",
        side="direction",
        paper_price="entry_price",
    )
    exits = trades.select(
        "symbol", time="exit_time", side=-pl.col("direction"), paper_price="exit_price"
    )
    paper = pl.concat([entries, exits]).sort("time").with_columns(paper_time="time")
    joined = fills.sort("time").join_asof(
        paper,
        on="time",
        by=["symbol", "side"],
        strategy="nearest",
        tolerance=NEAREST,
        check_sortedness=False,
    )
    matched = joined.filter(pl.col("paper_price").is_not_null()).with_columns(
        slippage_bps=pl.col("side") * (pl.col("price") / pl.col("paper_price") - 1.0) * 10_000.0
    )
    return BrokerFills(fills=fills, matched=matched, unmatched=len(fills) - len(matched))


def _moment(text: str | None) -> datetime | None:
    """A time as ISO has it, UTC where it names no zone; None where it is none."""
    try:
        found = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)


def _no_fills(source: Path, what: str) -> DataError:
    return DataError(
        what,
        where=str(source),
        remedy="Give a CSV with the columns symbol, time, side, price, quantity, fee; a side is "
        "buy or sell.",
    )
