"""The trade-off table: what each threshold would have given on the calibration split."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data import files
from quantsig.data.errors import DataError
from quantsig.signals.intervals import wilson
from quantsig.signals.runs import THRESHOLDS, Run

CANDIDATES = 60
DAYS_PER_MONTH = 365.25 / 12
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoredRows:
    """Rows of one split with what a threshold is judged by, (n,) each."""

    probability: Floats
    happened: NDArray[np.bool_]
    forward_return: Floats  # signed by direction, before costs
    first: datetime | None  # decision times; None where they are not known
    last: datetime | None


def scored_rows(run: Run, split: str) -> ScoredRows:
    """The predictions of one split.

    Raises:
        DataError: the run holds none of that split.
    """
    rows = run.predictions().filter(pl.col("split") == split)
    if rows.is_empty():
        raise DataError(
            f"there are no predictions of the {split} split.",
            where=str(run.path),
            remedy="Write signals first." if split == "test" else "Train again.",
        )
    times = rows["decision_time"]
    first, last = times.min(), times.max()
    assert first is None or isinstance(first, datetime)
    assert last is None or isinstance(last, datetime)
    return ScoredRows(
        probability=rows["probability"].to_numpy(),
        happened=run.happened(rows),
        forward_return=rows["forward_return"].to_numpy(),
        first=first,
        last=last,
    )


def candidates(probability: Floats, most: int = CANDIDATES) -> Floats:
    """Thresholds to tabulate: quantiles of the probabilities, without looking at labels.

    They lie closer together at the top, where few samples are selected.

    Returns:
        At most `most` ascending values, each one a probability that occurs.
    """
    shares = 1.0 - np.geomspace(1.0, 1.0 / len(probability), most)
    chosen: Floats = np.unique(np.quantile(probability, shares, method="higher"))
    return chosen


def trade_off(rows: ScoredRows, thresholds: Floats, cost_fraction: float) -> pl.DataFrame:
    """Figures of the rows whose probability is at least each threshold.

    Args:
        rows: scored rows of one split.
        thresholds: (k,) candidates.
        cost_fraction: round-trip cost of a trade as a fraction of its value.

    Returns:
        A row per threshold. Intervals are Wilson's at 90 %, as if labels were independent; they
        overlap in time, so the truth is wider. Figures of an empty selection are null.
    """
    order = np.argsort(-rows.probability, kind="stable")
    signals = np.searchsorted(-rows.probability[order], -thresholds, side="right")
    hits = _first_sums(rows.happened[order], signals).astype(np.int64)
    returns = _first_sums(rows.forward_return[order], signals)
    squares = _first_sums(rows.forward_return[order] ** 2, signals)
    positives = int(rows.happened.sum())
    months = _months(rows)
    base_rate = positives / len(rows.happened)
    intervals = [wilson(int(h), int(n)) for h, n in zip(hits, signals, strict=True)]
    selected, happened = pl.col("signals"), pl.col("true_positives")
    mean = pl.col("expectancy")
    variance = (pl.col("squares") - selected * mean**2) / (selected - 1)
    return (
        pl.DataFrame(
            {
                "threshold": thresholds,
                "signals": signals,
                "true_positives": hits,
                "returns": returns,
                "squares": squares,
                "precision_low": [low for low, _ in intervals],
                "precision_high": [high for _, high in intervals],
            }
        )
        .with_columns(
            precision=_over(happened, selected),
            recall=_over(happened, pl.lit(positives)),
            f1=_over(2 * happened, selected + positives),
            signals_per_month=_over(selected, pl.lit(months)),
            expectancy=_over(pl.col("returns"), selected),
        )
        .with_columns(
            lift=_over(pl.col("precision"), pl.lit(base_rate)),
            expectancy_after_costs=mean - cost_fraction,
            expectancy_error=pl.when(selected > 1).then(
                (variance.clip(lower_bound=0) / selected).sqrt()
            ),
        )
        .select(
            "threshold",
            "signals",
            "true_positives",
            "precision",
            "precision_low",
            "precision_high",
            "recall",
            "f1",
            "lift",
            "signals_per_month",
            "expectancy",
            "expectancy_error",
            "expectancy_after_costs",
        )
        .fill_nan(None)
    )


def write_table(run: Run, cost_fraction: float) -> pl.DataFrame:
    """Tabulate the calibration split and keep the table in the run."""
    rows = scored_rows(run, "calibration")
    table = trade_off(rows, candidates(rows.probability), cost_fraction)
    files.write_parquet(run.path / THRESHOLDS, table)
    return table


def _months(rows: ScoredRows) -> float:
    """Length of the span of the decisions; 0 where it is not known."""
    if rows.first is None or rows.last is None:
        return 0.0
    return (rows.last - rows.first).total_seconds() / 86_400 / DAYS_PER_MONTH


def _first_sums(values: NDArray[np.generic], counts: NDArray[np.int64]) -> Floats:
    """Sum of the first `counts` values, for each count."""
    sums: Floats = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])[counts]
    return sums


def _over(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    return pl.when(whole > 0).then(part / whole)
