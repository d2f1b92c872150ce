"""What each threshold buys, choosing one, and the signals it gives, in Python."""

from typing import TYPE_CHECKING

from quantsig.data.progress import Progress, silent
from quantsig.data.storage.leftovers import alone
from quantsig.settings_tree import settings_given
from quantsig.signals.thresholds.rules import asked_rule

if TYPE_CHECKING:
    import polars as pl

    from quantsig.signals.choice import Choice
    from quantsig.signals.runs import Run


def threshold_table(run: "Run", *, cost_fraction: float | None = None) -> "pl.DataFrame":
    """What precision and recall each threshold reaches on the calibration rows.

    Args:
        run: a finished run.
        cost_fraction: of a round trip; None: twice the default fee and slippage.

    Returns:
        A row per threshold, the lowest first, as thresholds.parquet of the run keeps them.

    Raises:
        DataError: the run has no calibration rows.
    """
    from quantsig.signals.thresholds.groups import write_tables

    with alone(run.path.resolve()):
        return write_tables(run, _cost(cost_fraction))[0]


def choose_threshold(
    run: "Run",
    *,
    threshold: float | None = None,
    precision: float | None = None,
    confidence: float | None = None,
    recall: float | None = None,
    fbeta: float | None = None,
    top_k: float | None = None,
    cost_fraction: float | None = None,
) -> "Choice":
    """Freeze a threshold by one rule; without any, that of the best return a signal.

    Args:
        run: a finished run.
        threshold: this probability, 0..1.
        precision: the lowest threshold that is promised to reach this precision.
        confidence: of that promise.
        recall: the highest threshold of this recall.
        fbeta: the threshold of the best F-beta.
        top_k: a threshold of so many signals a day on average.
        cost_fraction: of a round trip; None: twice the default fee and slippage.

    Raises:
        UsageError: two rules were asked for, or one for what makes no sense.
        CheckFailed: no threshold is safe.
        DataError: the calibration rows cannot answer what is asked.
    """
    from quantsig.signals.thresholds.choices import choose

    rules = {
        "threshold": threshold,
        "precision": precision,
        "recall": recall,
        "fbeta": fbeta,
        "top_k": top_k,
    }
    given = {name: value for name, value in rules.items() if value is not None}
    asked = asked_rule(given or {"expectancy": 0.0}, confidence)
    return choose(run, asked, _cost(cost_fraction))


def write_signals(
    run: "Run", *, device: str = "auto", force: bool = False, progress: Progress = silent
) -> "pl.DataFrame":
    """Apply the newest choice to the run's rows; this opens the test split and records it.

    Returns:
        A row per calibration and test row, as signals.parquet of the run keeps them.

    Raises:
        DataError: no threshold was chosen yet.
        UsageError: signals exist and `force` is not set.
    """
    from quantsig.signals.inference.signals import write_signals as write

    return write(run, device=device, force=force, progress=progress)


def _cost(cost_fraction: float | None) -> float:
    return settings_given({"thresholds.cost_fraction": cost_fraction}).cost_fraction
