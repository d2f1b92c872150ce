"""Whether the fills of a backtest could have been had: after the decision, at a price that was."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from quantsig.backtest.execution import Execution
from quantsig.data.audit.finding import AuditCheck, AuditFinding
from quantsig.data.audit.messages import AuditSentence
from quantsig.data.language.messages import Message

ROUNDING = 1e-9  # of a price


@dataclass(frozen=True, kw_only=True, slots=True)
class _Fills:
    """Trades beside the bars that they were filled in."""

    trades: pl.DataFrame
    slippage: float


def audit_fills(
    trades: pl.DataFrame, bars: pl.DataFrame, execution: Execution, delay_bars: int
) -> AuditCheck:
    """Hold each entry and exit against its bar.

    Args:
        trades: rows of trades.parquet.
        bars: symbol, timestamp, open, high, low, close of the market that was traded; adjusted.
        execution: how they were traded.
        delay_bars: from a decision to its entry.
    """
    numbered = bars.sort("symbol", "timestamp").with_columns(
        bar=pl.int_range(pl.len()).over("symbol")
    )
    filled = trades
    for end in ("decision", "entry", "exit"):
        own = numbered.select(
            "symbol",
            pl.col("timestamp").alias(f"{end}_time"),
            pl.col("bar").alias(f"{end}_bar"),
            pl.col("open").alias(f"{end}_open"),
            pl.col("low").alias(f"{end}_low"),
            pl.col("high").alias(f"{end}_high"),
        )
        filled = filled.join(own, on=["symbol", f"{end}_time"], how="left", maintain_order="left")
    fills = _Fills(trades=filled, slippage=execution.slippage)
    found = [
        *_early(fills, delay_bars),
        *_unreachable(fills, "entry"),
        *_unreachable(fills, "exit"),
    ]
    if execution.fill_price == "open":
        found += _not_the_open(fills, delay_bars)
    return AuditCheck(name="fills", examined=len(trades), findings=tuple(found))


def _early(fills: _Fills, delay_bars: int) -> Iterator[AuditFinding]:
    """Entries before the bar that the delay leads to, a bar that is not there included."""
    late_enough = pl.col("entry_bar") >= pl.col("decision_bar") + max(delay_bars, 1)
    early = fills.trades.filter(~late_enough.fill_null(False))
    if len(early):
        sentence = AuditSentence.FILLED_TOO_EARLY(
            first=_text(early), later=str(early["entry_time"][0])
        )
        yield _found("entry_time", sentence, early, None)


def _unreachable(fills: _Fills, end: str) -> Iterator[AuditFinding]:
    """Fills outside their bar, the slippage taken off."""
    price, side = pl.col(f"{end}_price"), pl.col("direction") * (1 if end == "entry" else -1)
    plain = price / (1.0 + side * fills.slippage)
    edge = ROUNDING * price
    low, high = pl.min_horizontal(price, plain), pl.max_horizontal(price, plain)
    reached = (high >= pl.col(f"{end}_low") - edge) & (low <= pl.col(f"{end}_high") + edge)
    away = fills.trades.filter(~reached.fill_null(False))
    if len(away):
        row = away.row(0, named=True)
        sentence = AuditSentence.FILLED_OUT_OF_RANGE(
            first=_text(away),
            found=row[f"{end}_price"],
            later=str(row[f"{end}_time"]),
            low=row[f"{end}_low"] or float("nan"),
            high=row[f"{end}_high"] or float("nan"),
        )
        yield _found(f"{end}_price", sentence, away, None)


def _not_the_open(fills: _Fills, delay_bars: int) -> Iterator[AuditFinding]:
    plain = pl.col("entry_open") * (1.0 + pl.col("direction") * fills.slippage)
    gap = (pl.col("entry_price") - plain).abs()
    other = fills.trades.filter(gap > 1e-6 * pl.col("entry_price")).with_columns(gap=gap)
    if len(other):
        row = other.row(0, named=True)
        sentence = AuditSentence.NOT_THE_OPEN(
            first=_text(other),
            found=row["entry_price"],
            delay=delay_bars,
            price=row["entry_open"],
        )
        yield _found("entry_price", sentence, other, float(other["gap"].to_numpy().max()))


def _text(trades: pl.DataFrame) -> str:
    return f"{trades['symbol'][0]} {trades['decision_time'][0]}"


def _found(
    feature: str, sentence: Message, trades: pl.DataFrame, size: float | None
) -> AuditFinding:
    return AuditFinding(
        sentence=sentence,
        feature=feature,
        first=_text(trades),
        size=float(len(trades)) if size is None else size,
    )
