"""The trade-off apart for every symbol, month and volatility regime, with news and without."""

import numpy as np
import polars as pl

from quantsig.data.errors import QuantsigError
from quantsig.data.news.known import NONE
from quantsig.data.samples.store import SampleSet
from quantsig.data.storage import parquet
from quantsig.signals.layout import THRESHOLD_GROUPS
from quantsig.signals.models import find_model
from quantsig.signals.runs import Run, exclusive
from quantsig.signals.seal import sealing
from quantsig.signals.significance.intervals import wilson_bounds
from quantsig.signals.thresholds.scored_rows import ScoredRows, scored_rows
from quantsig.signals.thresholds.sums import Sums, threshold_sums
from quantsig.signals.thresholds.trade_off import BETA, point_figures, write_table
from quantsig.signals.thresholds.volatility import regimes

WITH_NEWS, WITHOUT_NEWS = "with news", "without news"
MOST_THRESHOLDS = 20  # of the table's candidates, evenly spread over them


def grouped_trade_off(
    rows: ScoredRows,
    names: pl.Series,
    table: pl.DataFrame,
    cost_fraction: float,
    beta: float = BETA,
) -> pl.DataFrame:
    """The figures of each group of rows at some of the thresholds of a trade-off table.

    Args:
        rows: scored rows of one split.
        names: (n,) the group of each row; null rows belong to none.
        table: the trade-off of all rows.
        cost_fraction: round-trip cost of a trade as a fraction of its value.
        beta: of F-beta.

    Returns:
        A row per group and threshold: `group` (the name of `names`), `name`, `rows`, `base_rate`
        and the figures. The interval of the precision is Wilson's at 90 % on the group's signals
        shrunk as those of all rows are by `effective_signals`: as approximate as that.
    """
    spread = table[:: -(-table.height // MOST_THRESHOLDS)]
    thresholds = spread["threshold"].to_numpy()
    shrink = (spread["effective_signals"] / spread["signals"]).fill_null(1.0).to_numpy()
    kept = names.is_not_null()
    groups = names.drop_nulls().unique().sort()
    number = np.full(len(rows), len(groups))  # the last is dropped
    number[kept.to_numpy()] = groups.search_sorted(names.drop_nulls()).to_numpy()
    sums = threshold_sums(rows, thresholds, number, len(groups) + 1)
    if groups.is_empty():
        return pl.DataFrame()
    each = np.arange(len(groups)).repeat(len(thresholds))
    rates = sums.positives[: len(groups)] / sums.rows[: len(groups)]
    figures = [_figures(sums, at, cost_fraction, beta, shrink) for at in range(len(groups))]
    counts = pl.col("signals", "true_positives").cast(pl.Int64)
    return (
        pl.DataFrame({name: np.concatenate([one[name] for one in figures]) for name in figures[0]})
        .with_columns(counts)
        .fill_nan(None)
        .select(
            pl.lit(names.name).alias("group"),
            groups.cast(pl.String)[each].alias("name"),
            pl.Series("rows", sums.rows[each]).cast(pl.Int32),
            pl.Series("base_rate", rates[each]),
            pl.Series("threshold", np.tile(thresholds, len(groups))),
            pl.all(),
        )
    )


@exclusive
def write_groups(
    run: Run, table: pl.DataFrame, cost_fraction: float, beta: float = BETA
) -> list[str]:
    """Keep the trade-off of every symbol, month and regime of the calibration split in the run.

    Returns:
        What is missing and why, a sentence each.
    """
    rows = scored_rows(run, "calibration")
    names, missing = _groups(run, rows)
    parts = [grouped_trade_off(rows, of, table, cost_fraction, beta) for of in names]
    parts = [part for part in parts if part.height]
    with sealing(run.path) as stage:
        parquet.write_parquet(stage / THRESHOLD_GROUPS, pl.concat(parts) if parts else EMPTY)
    return missing


def write_tables(
    run: Run, cost_fraction: float, beta: float = BETA
) -> tuple[pl.DataFrame, list[str]]:
    """Keep the trade-off of the calibration split in the run, as a whole and of its groups.

    Returns:
        A row per threshold, and what the groups lack and why.
    """
    table = write_table(run, cost_fraction, beta)
    return table, write_groups(run, table, cost_fraction, beta)


EMPTY = pl.DataFrame(schema={"group": pl.String, "name": pl.String, "threshold": pl.Float64})


def _groups(run: Run, rows: ScoredRows) -> tuple[list[pl.Series], list[str]]:
    names = [rows.symbol.alias("symbol")]
    if rows.first is None:
        return names, ["no months and regimes: it is not known when the samples were decided."]
    times = pl.Series("decision_time", rows.decided).cast(pl.Datetime("us", "UTC"))
    names.append(run.calendar.dates(times).dt.strftime("%Y-%m").alias("month"))
    decisions = pl.DataFrame([rows.symbol.alias("symbol"), times])
    try:
        samples = run.samples()
        bars = samples.closes
    except QuantsigError as error:
        return names, [f"no volatility regimes: {error.what}"]
    names.append(regimes(bars, decisions, rows.first).alias("volatility"))
    told = told_or_not(run, samples, decisions)
    return [*names, *([] if told is None else [told.alias("news")])], []


def told_or_not(run: Run, samples: SampleSet, decisions: pl.DataFrame) -> pl.Series | None:
    """Whether the window of each decision has items of news; None where the run reads none.

    Args:
        run: whose model is asked.
        samples: of it.
        decisions: symbol and decision_time.
    """
    if samples.manifest.news is None or run.record.judged or run.record.ensemble:
        return None
    if find_model(run.model.name).reads != "news":
        return None
    from quantsig.signals.inputs.news import items_of  # noqa: PLC0415 - loads torch

    index = samples.index.select("symbol", "decision_time", "sample_id")
    ids = decisions.join(index, on=index.columns[:2], how="left", maintain_order="left")
    items = items_of(samples, ids["sample_id"].to_numpy(), run.model.input)
    found = (items != NONE).any(axis=(1, 2))
    return pl.Series(np.where(found, WITH_NEWS, WITHOUT_NEWS), dtype=pl.String)


def _figures(
    sums: Sums, at: int, cost_fraction: float, beta: float, shrink: np.ndarray
) -> dict[str, np.ndarray]:
    one = sums.group(at)
    figures = point_figures(one, cost_fraction, beta, one.positives[0] / one.rows[0])
    effective = figures["signals"] * shrink
    share = np.nan_to_num(figures["precision"])
    figures["precision_low"], figures["precision_high"] = wilson_bounds(
        share * effective, effective
    )
    return figures
