"""The trade-off table: what each threshold would have given on the calibration split."""

from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data.storage import parquet
from quantsig.signals.layout import THRESHOLDS
from quantsig.signals.runs import Run, exclusive
from quantsig.signals.seal import sealing
from quantsig.signals.significance.block_bootstrap import (
    FEWEST_BLOCKS,
    block_weights,
    ratio_interval,
)
from quantsig.signals.significance.intervals import effective_rows, ratio, wilson_bounds
from quantsig.signals.significance.label_days import time_blocks
from quantsig.signals.thresholds.precision_rule import descending
from quantsig.signals.thresholds.scored_rows import ScoredRows, scored_rows
from quantsig.signals.thresholds.sums import Sums, threshold_sums

CANDIDATES = 200
BETA = 0.5  # of F-beta: precision counts twice as much as recall
Floats = NDArray[np.float64]

NOTE = (
    "Intervals are 90 %: low and high are binomial on an estimate of the effective sample size, "
    "block low and high draw stretches of time again. Labels overlap and symbols move together, "
    "so both are approximate."
)


def candidates(probability: Floats, most: int = CANDIDATES) -> Floats:
    """Thresholds to tabulate: quantiles of the probabilities, without looking at labels.

    They lie closer together at the top, where few samples are selected.

    Returns:
        At most `most` ascending values, each one a probability that occurs.
    """
    return descending(probability, most)[::-1]


def trade_off(
    rows: ScoredRows, thresholds: Floats, cost_fraction: float, beta: float = BETA
) -> pl.DataFrame:
    """Figures of the rows whose probability is at least each threshold.

    Args:
        rows: scored rows of one split, at least one.
        thresholds: (k,) candidates, ascending.
        cost_fraction: round-trip cost of a trade as a fraction of its value.
        beta: of F-beta.

    Returns:
        A row per threshold; figures of an empty selection are null. `precision_low` and `_high`
        are Wilson's at 90 % on `effective_signals`, an estimate of how many independent signals
        say as much; `*_block_low` and `*_block_high` draw blocks of time again, 1,000 times.
        Both are approximate: labels overlap and symbols move together. Blocks need to be known,
        and at least ten; without them the binomial interval takes labels as independent, so the
        truth is wider, and the others are null.
    """
    days = rows.days()
    block = np.zeros(len(rows), dtype=np.int64) if days is None else time_blocks(days)
    blocks = threshold_sums(rows, thresholds, block, int(block.max()) + 1)
    total = blocks.total()
    figures = point_figures(total, cost_fraction, beta, total.positives[0] / len(rows))
    signals, hits = total.signals[0], total.hits[0]
    effective = signals if days is None else effective_rows(blocks.hits, blocks.signals)
    share = hits / np.maximum(signals, 1)
    low, high = wilson_bounds(share * effective, effective)
    return _frame(
        {
            "threshold": thresholds,
            **figures,
            "precision_low": low,
            "precision_high": high,
            "effective_signals": effective if days is not None else np.full(len(low), np.nan),
            **_block_intervals(blocks),
            "signals_per_month": signals / rows.months
            if rows.months
            else np.full(len(low), np.nan),
        }
    )


def point_figures(
    sums: Sums, cost_fraction: float, beta: float, base_rate: float | Floats
) -> dict[str, Floats]:
    """Figures of one group of rows at each threshold, (k,) each, NaN where undefined.

    The expectancy is the mean signed fill-to-exit return of the selected rows. With the mean
    return w of the selected events and the mean loss l of the other selected rows it is
    p w - (1 - p) l, so signals earn where the precision p is above l / (w + l): the break-even
    precision of these same rows, not of the label's barriers.
    """
    signals, hits, known = sums.signals[0], sums.hits[0], sums.known[0]
    positives = sums.positives[0]
    expectancy = ratio(sums.returns[0], known)
    variance = ratio(np.maximum(sums.squares[0] - known * expectancy**2, 0), known - 1)
    win = ratio(sums.hit_returns[0], sums.known_hits[0])
    loss = -ratio(sums.returns[0] - sums.hit_returns[0], known - sums.known_hits[0])
    return {
        "signals": signals,
        "true_positives": hits,
        "precision": ratio(hits, signals),
        "recall": ratio(hits, np.full(len(hits), positives)),
        "f1": ratio(2 * hits, signals + positives),
        "f_beta": ratio((1 + beta**2) * hits, signals + beta**2 * positives),
        "lift": ratio(hits, signals * base_rate),
        "expectancy": expectancy,
        "expectancy_error": np.sqrt(ratio(variance, known)),
        "expectancy_after_costs": expectancy - cost_fraction,
        "average_win": win,
        "average_loss": loss,
        "break_even_precision": break_even_precision(win, loss),
        "break_even_after_costs": break_even_precision(win - cost_fraction, loss + cost_fraction),
    }


def break_even_precision(average_win: Floats, average_loss: Floats) -> Floats:
    """Share of events among the signals at which the mean return of a signal is zero.

    Args:
        average_win: (k,) mean return of the signals whose event happened.
        average_loss: (k,) mean loss of the others, positive where they lose.

    Returns:
        (k,) within 0..1; 0 where even the others earn, NaN where no precision breaks even.
    """
    spread = average_win + average_loss
    share = np.maximum(ratio(average_loss, spread), 0.0)
    return np.where(share <= 1.0, share, np.nan)


@exclusive
def write_table(run: Run, cost_fraction: float, beta: float = BETA) -> pl.DataFrame:
    """Tabulate the calibration split and keep the table in the run."""
    rows = scored_rows(run, "calibration")
    table = trade_off(rows, candidates(rows.probability), cost_fraction, beta)
    with sealing(run.path) as stage:
        parquet.write_parquet(stage / THRESHOLDS, table)
    return table


def _block_intervals(blocks: Sums) -> dict[str, Floats]:
    names = {
        "precision_block": (blocks.hits, blocks.signals),
        "recall_block": (blocks.hits, blocks.positives[:, None]),
        "expectancy_block": (blocks.returns, blocks.known),
    }
    if len(blocks.rows) < FEWEST_BLOCKS:
        unknown = np.full(blocks.signals.shape[1], np.nan)
        return {f"{name}_{edge}": unknown for name in names for edge in ("low", "high")}
    weights = block_weights(len(blocks.rows))
    found = {}
    for name, (part, whole) in names.items():
        found[f"{name}_low"], found[f"{name}_high"] = ratio_interval(weights, part, whole)
    return found


def _frame(figures: Mapping[str, Floats]) -> pl.DataFrame:
    counts = [pl.col("signals", "true_positives").cast(pl.Int64)]
    return pl.DataFrame(figures).with_columns(counts).fill_nan(None)
