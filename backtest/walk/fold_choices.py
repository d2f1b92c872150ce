"""The threshold of each fold, chosen on its calibration rows, and the signals it gives."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from quantsig.backtest.messages import BacktestSentence
from quantsig.data.calendar.sessions import UTC_DAYS, SessionCalendar
from quantsig.data.errors import CheckFailed, DataError
from quantsig.data.language.messages import clause
from quantsig.data.samples.store import SampleSet
from quantsig.data.storage.records import Figures
from quantsig.signals.curves import ranking
from quantsig.signals.events import long_event
from quantsig.signals.layout import fold_place
from quantsig.signals.signal_table import EXPECTED, signal_rows
from quantsig.signals.thresholds.rules import AskedRule
from quantsig.signals.thresholds.scored_rows import ScoredRows, rows_of
from quantsig.signals.thresholds.trade_off import BETA, trade_off
from quantsig.signals.training.folds import calibration_rows
from quantsig.signals.walk_record import FoldChoice

SHOWN = ("signals", "precision", "recall", "expectancy", "expectancy_after_costs")


def choose_in_fold(
    home: Path,
    number: int,
    classes: Sequence[str],
    rule: AskedRule,
    cost_fraction: float,
    calendar: SessionCalendar = UTC_DAYS,
) -> FoldChoice:
    """Choose on the calibration rows of a trained fold, and see no other row.

    A rule that finds no threshold leaves the fold without one. So do probabilities that are all
    the same: what follows from them is a decision to always trade, not a signal.

    Args:
        home: the folder of all folds.
        number: of the fold.
        classes: of the label.
        rule: to choose by.
        cost_fraction: round-trip cost of a trade as a fraction of its value.
        calendar: which day a decision is of.

    Raises:
        DataError: a probability is NaN.
        IntegrityError: the rows are not what was written.
    """
    place = fold_place(home, number)
    frame = calibration_rows(place)
    happened = long_event(classes).happened(frame["label"].to_numpy())
    rows = rows_of(frame, happened, where=f"{place}, calibration rows", calendar=calendar)
    if rule.looks and (rows.probability == rows.probability[0]).all():
        return FoldChoice(threshold=None, reason=BacktestSentence.SAME_PROBABILITY())
    try:
        chosen = rule.choose(rows, cost_fraction, place)
    except (CheckFailed, DataError) as error:
        return FoldChoice(threshold=None, reason=clause(error.what))
    beta = rule.asked.get("fbeta", BETA)
    return FoldChoice(
        threshold=chosen.threshold,
        remark=chosen.remark,
        calibration=_figures(rows, chosen.threshold, cost_fraction, beta),
    )


def _figures(rows: ScoredRows, threshold: float, cost_fraction: float, beta: float) -> Figures:
    table = trade_off(rows, np.array([threshold]), cost_fraction, beta)
    return table.select(*dict.fromkeys((*SHOWN, *EXPECTED))).row(0, named=True)


def fold_signals(
    tested: pl.DataFrame,
    choices: Sequence[FoldChoice],
    samples: SampleSet,
    *,
    trial_id: str,
    run_id: str,
) -> pl.DataFrame:
    """Tested rows with the signals that their own fold's threshold gives.

    Args:
        tested: predictions of folds, as `train_folds` reads them.
        choices: of every fold, in their order.
        samples: that the rows are of.
        trial_id, run_id: of the walk.

    Returns:
        The columns of signals.parquet, and `fold`, `stretch` and `score`; `split` is "walk".
        In a fold without a threshold that is null and no row is a signal.
    """
    barriers = samples.index.select("sample_id", "stop", "target")
    joined = tested.join(_frame(choices), on="fold", how="left", maintain_order="left")
    rows = joined.join(barriers, on="sample_id", how="left", maintain_order="left")
    return signal_rows(
        rows.with_columns(split=pl.lit("walk")),
        samples.label,
        choice_id=trial_id,
        trial_id=trial_id,
        run_id=run_id,
        more=("fold", "stretch", "score"),
    )


def _frame(choices: Sequence[FoldChoice]) -> pl.DataFrame:
    """A row per fold: its threshold, and the precision that is expected of it."""
    names = [f"expected_{name}" for name in EXPECTED]
    return pl.DataFrame(
        [
            (number, choice.threshold, *(choice.calibration.get(name) for name in EXPECTED))
            for number, choice in enumerate(choices)
        ],
        schema={"fold": pl.Int64, "threshold": pl.Float64, **dict.fromkeys(names, pl.Float64)},
        orient="row",
    )


def signal_figures(signals: pl.DataFrame, classes: Sequence[str]) -> Figures:
    """How well rows were told apart and chosen; null where there is nothing to divide by.

    Args:
        signals: rows of `fold_signals`, at least one.
        classes: of the label.
    """
    happened = long_event(classes).happened(signals["label"].to_numpy())
    given = signals["signal"].to_numpy()
    hits = int((happened & given).sum())
    ranked = ranking(happened, signals["probability"].to_numpy()).as_dict()
    return {
        "samples": signals.height,
        "base_rate": float(happened.mean()),
        "average_precision": ranked["average_precision"],
        "roc_auc": ranked["roc_auc"],
        "signals": int(given.sum()),
        "precision": hits / int(given.sum()) if given.any() else None,
        "recall": hits / int(happened.sum()) if happened.any() else None,
    }
