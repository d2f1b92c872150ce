"""signals.parquet: its columns, and the one way in which rows with a threshold become its rows."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from quantsig.data.label_spec import LabelSpec
from quantsig.data.language.messages import phrase
from quantsig.data.storage.checksums import damaged
from quantsig.data.storage.parquet import read_parquet
from quantsig.signals.seal import sealed

COLUMNS: dict[str, pl.DataType] = {
    "sample_id": pl.Int64(),
    "symbol": pl.String(),
    "decision_time": pl.Datetime("us", "UTC"),
    "label_end": pl.Datetime("us", "UTC"),
    "split": pl.String(),
    "probability": pl.Float64(),
    "threshold": pl.Float64(),
    "signal": pl.Boolean(),
    "take": pl.Boolean(),
    "size": pl.Float64(),  # fraction of a full position
    "direction": pl.Int8(),
    "horizon_bars": pl.Int32(),
    "delay_bars": pl.Int32(),
    "stop": pl.Float64(),
    "target": pl.Float64(),
    "expected_precision": pl.Float64(),
    "expected_precision_low": pl.Float64(),
    "expected_precision_high": pl.Float64(),
    "label": pl.Float64(),
    "forward_return": pl.Float64(),
    "choice_id": pl.String(),
    "trial_id": pl.String(),
    "run_id": pl.String(),
}
ALWAYS = {"decision_time", "signal", "trial_id"}  # columns of every file of before
EXPECTED = ("precision", "precision_low", "precision_high")  # figures of the choice


def signal_rows(
    rows: pl.DataFrame,
    label: LabelSpec,
    *,
    choice_id: str,
    trial_id: str,
    run_id: str,
    more: Sequence[str] = (),
) -> pl.DataFrame:
    """Rows that are signals where their probability reaches their threshold.

    Args:
        rows: COLUMNS but those that follow from them or are given here; a null threshold makes
            no signal. `take` and `size` are there where a second model was asked.
        label: whose horizon and delay the orders have.
        choice_id, trial_id, run_id: of the choice, of the strategy and of the run or walk.
        more: columns of the rows to keep before COLUMNS.
    """
    named = rows.with_columns(
        signal=(pl.col("probability") >= pl.col("threshold")).fill_null(False),
        horizon_bars=label.horizon_bars,
        delay_bars=label.delay_bars,
        choice_id=pl.lit(choice_id),
        trial_id=pl.lit(trial_id),
        run_id=pl.lit(run_id),
    )
    return whole(named).select(*more, *(pl.col(name).cast(kind) for name, kind in COLUMNS.items()))


def whole(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with what was not asked or, in files of before, not kept: all signals are taken."""
    signal = pl.col("signal")
    usual = {"take": signal, "size": signal.cast(pl.Float64), "choice_id": pl.col("trial_id")}
    return rows.with_columns(**{name: usual[name] for name in usual.keys() - set(rows.columns)})


def read_signals(source: Path) -> pl.DataFrame:
    """Read a signals.parquet.

    Raises:
        DataError: there is no such file.
        IntegrityError: it is damaged.
    """
    rows = read_parquet(sealed(source))
    lacking = ALWAYS - set(rows.columns)
    if lacking:
        raise damaged(source, phrase("it has no column {name}", name=min(lacking)))
    return whole(rows)
