"""Frozen threshold choices: made on the calibration split, applied once to the test split."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl

from quantsig.data import files
from quantsig.data.errors import DataError, UsageError
from quantsig.signals.ledger import append_ledger, read_ledger
from quantsig.signals.metrics import event_metrics
from quantsig.signals.runs import CHOICES, Run, trial_id
from quantsig.signals.scored_rows import scored_rows
from quantsig.signals.thresholds import trade_off

SCHEMA = "quantsig.choice/1"
FEWEST_SIGNALS = 20  # on the calibration split, for a threshold chosen by expectancy


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """How a threshold was chosen, and the threshold."""

    name: str
    threshold: float


def choose_number(run: Run, threshold: float, cost_fraction: float) -> dict[str, Any]:
    """Freeze a threshold given as a number.

    Raises:
        UsageError: it is not a probability.
    """
    if not 0.0 <= threshold <= 1.0:
        raise UsageError(
            f"{threshold} is not a probability.",
            where="--threshold",
            remedy="Give a number from 0 to 1, such as 0.7.",
        )
    return _freeze(run, Rule(name="number", threshold=threshold), cost_fraction)


def choose_expectancy(run: Run, cost_fraction: float) -> dict[str, Any]:
    """Freeze the threshold whose signals earn most in all, judged with caution.

    That is the highest number of signals times their mean return after costs less its standard
    error, among the candidates of the trade-off table with at least 20 signals.

    Raises:
        DataError: no candidate selects that many, or the returns are not known.
    """
    _refuse_unknown_returns(run)
    table = run.thresholds().filter(pl.col("signals") >= FEWEST_SIGNALS)
    if table.is_empty():
        raise DataError(
            f"no threshold selects {FEWEST_SIGNALS} samples of the calibration split.",
            where=str(run.path),
            remedy="Use more bars, or choose a number with --threshold.",
        )
    cautious = table["expectancy_after_costs"] - table["expectancy_error"]
    best = (table["signals"] * cautious).arg_max()
    assert best is not None
    rule = Rule(name="expectancy", threshold=table["threshold"][best])
    return _freeze(run, rule, cost_fraction)


def _refuse_unknown_returns(run: Run) -> None:
    if run.predictions()["forward_return"].count() == 0:
        raise DataError(
            "these samples were imported without bars, so what a signal earns is not known.",
            where=str(run.path),
            remedy="Choose a number with --threshold, or import the samples again with --bars.",
        )


def record_opening(run: Run, choice: dict[str, Any]) -> int:
    """Write down that the locked test split is looked at, before it is.

    Returns:
        How often this run's test split was opened, this time included.
    """
    earlier = [
        line
        for line in read_ledger(run.runs_folder)
        if line["event"] == "opening" and line.get("run_id") == run.run_id
    ]
    opening = len(earlier) + 1
    append_ledger(
        run.runs_folder,
        "opening",
        run_id=run.run_id,
        trial_id=choice["trial_id"],
        opening=opening,
    )
    return opening


def record_outcome(run: Run, choice: dict[str, Any], opening: int) -> dict[str, Any]:
    """Add to a choice what its threshold gave on the test split."""
    outcome = {
        **_figures(run, "test", choice["threshold"], choice["cost_fraction"]),
        "opening": opening,
    }
    return _write(run, {**choice, "test": outcome})


def _freeze(run: Run, rule: Rule, cost_fraction: float) -> dict[str, Any]:
    """Keep the choice with its figures and enter it in the ledger; the same choice counts once."""
    identity = trial_id(run.record["trial_id"], rule.name, rule.threshold, cost_fraction)
    for made in run.choices():
        if made["trial_id"] == identity:
            return _write(run, {**made, "created": _now()})
    choice = {
        "schema": SCHEMA,
        "trial_id": identity,
        "rule": rule.name,
        "threshold": rule.threshold,
        "created": _now(),
        "split": "calibration",
        "cost_fraction": cost_fraction,
        "calibration": _figures(run, "calibration", rule.threshold, cost_fraction),
    }
    append_ledger(
        run.runs_folder,
        "choice",
        run_id=run.run_id,
        trial_id=identity,
        rule=rule.name,
        threshold=rule.threshold,
    )
    return _write(run, choice)


def _figures(run: Run, split: str, threshold: float, cost_fraction: float) -> dict[str, Any]:
    rows = scored_rows(run, split)
    figures = trade_off(rows, np.array([threshold]), cost_fraction).row(0, named=True)
    predictions = run.predictions().filter(pl.col("split") == split)
    ranking = event_metrics(rows.happened, predictions["score"].to_numpy())
    return {
        **figures,
        "samples": ranking.samples,
        "base_rate": ranking.base_rate,
        "average_precision": ranking.average_precision,
        "roc_auc": ranking.roc_auc,
        "start": rows.first.isoformat() if rows.first else None,
        "end": rows.last.isoformat() if rows.last else None,
    }


def _write(run: Run, choice: dict[str, Any]) -> dict[str, Any]:
    files.write_json(run.path / CHOICES / f"{choice['trial_id']}.json", choice)
    return choice


def _now() -> str:
    return datetime.now(UTC).isoformat()
