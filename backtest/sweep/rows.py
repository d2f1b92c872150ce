"""The scored rows of a run on the bars that they were decided on, as a sweep trades them."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from quantsig.backtest.execution import Execution
from quantsig.backtest.market import SymbolBars, SymbolSignals, market_of, place_signals
from quantsig.backtest.period import stored_prices
from quantsig.data.errors import DataError
from quantsig.data.language.messages import phrase, term
from quantsig.signals.layout import PREDICTIONS
from quantsig.signals.runs import Run


@dataclass(frozen=True, kw_only=True, slots=True)
class SweptRows:
    """Scored rows on their bars, each a signal of its probability."""

    split: str
    start: datetime  # the first decision
    end: datetime  # the end of the last label
    market: dict[str, SymbolBars]
    signals: dict[str, SymbolSignals]


def open_rows(run: Run, rows: pl.DataFrame, split: str, execution: Execution) -> SweptRows:
    """Scored rows on the bars from the first decision to the end of the last label.

    Args:
        run: gives the samples and their label.
        rows: of its predictions.
        split: what they are called.
        execution: what the cells leave open; a limit needs raw prices, and bars before the rows.

    Raises:
        DataError: there are none, or it is not known when they were decided.
    """
    where = str(run.path / PREDICTIONS)
    samples = run.samples()
    start, end = rows["decision_time"].min(), rows["label_end"].max()
    if not isinstance(start, datetime) or not isinstance(end, datetime):
        raise DataError(
            phrase(
                "no {split} row has both a decision time and the end of a label.", split=term(split)
            ),
            where=where,
            remedy="Build or import the samples with their bars, and train again.",
        )
    orders = samples.index.select("sample_id", "stop", "target")
    signals = rows.join(orders, on="sample_id", how="left", maintain_order="left").with_columns(
        horizon_bars=pl.lit(samples.label.horizon_bars), delay_bars=pl.lit(samples.label.delay_bars)
    )
    if signals["probability"].is_nan().any():
        raise DataError(
            phrase(
                "{wrong} of {rows} probabilities are no numbers.",
                wrong=int(signals["probability"].is_nan().sum()),
                rows=rows.height,
            ),
            where=where,
            remedy="Train again with a lower learning rate.",
        )
    symbols = rows["symbol"].unique().to_list()
    bars = stored_prices(samples, start, end, beside=execution.looks_back)
    market = market_of(samples, bars, symbols, start=start, end=end)
    placed = place_signals(signals, market, where=where)
    return SweptRows(split=split, start=start, end=end, market=market, signals=placed)
