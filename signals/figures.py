"""What the figures of models, choices and their rows are: one table for every room to tell.

Nothing is imported here, as the command line asks this table how to write a number.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Unit = Literal[
    "count",
    "share",  # a fraction that people read as percent
    "return",  # the same, won or lost
    "score",  # within -1..1 or 0..1, read as a number
    "ratio",
    "money",  # over the start capital
    "bars",
    "days",
    "a month",
    "years",
    "sessions a year",
    "times a year",
]
ENDS = ("_low", "_high")  # of the names that the ends of an interval have


@dataclass(frozen=True, kw_only=True, slots=True)
class Quantity:
    """One figure, as console, report and documents tell it.

    Attributes:
        label: what people call it.
        unit: that it is read in.
        formula: a sentence; {bars}, {trades} and {per_year} are filled in by the report.
        convention: what else has to be known to reckon it again, sentences; may be empty.
        good: +1 where more is better, -1 where less is, 0 where neither is.
        interval: confidence of its interval, whose ends are `_low` and `_high`; None without one.
    """

    label: str
    unit: Unit
    formula: str
    convention: str = ""
    good: int = 0
    interval: float | None = None


def described(name: str, table: Mapping[str, Quantity]) -> Quantity | None:
    """The entry of a figure, or of the one whose interval it ends; None where there is none."""
    if name in table:
        return table[name]
    for end in ENDS:
        whole = table.get(name.removesuffix(end))
        if name.endswith(end) and whole is not None and whole.interval is not None:
            return whole
    return None


def is_share(name: str, table: Mapping[str, Quantity]) -> bool:
    """Whether people read a figure as percent."""
    found = described(name, table)
    return found is not None and found.unit in ("share", "return")


FIGURES = {
    "samples": Quantity(label="Rows", unit="count", formula="Rows that are judged."),
    "base_rate": Quantity(
        label="Base rate", unit="share", formula="Share of the rows in which the event happened."
    ),
    "average_precision": Quantity(
        label="Average precision",
        unit="score",
        formula="Area under the precision-recall curve; chance reaches the base rate.",
        convention="Sum of (R_n - R_n-1) P_n, scikit-learn's step definition.",
        good=1,
    ),
    "roc_auc": Quantity(
        label="ROC AUC",
        unit="score",
        formula="How often a row with the event has a higher score than one without; chance .5.",
        good=1,
    ),
    "loss": Quantity(label="Loss", unit="ratio", formula="What the training makes small.", good=-1),
    "accuracy": Quantity(
        label="Accuracy",
        unit="share",
        formula="Share of rows decided rightly.",
        convention="(TP + TN) / all.",
        good=1,
    ),
    "precision": Quantity(
        label="Precision",
        unit="share",
        formula="Signals in which the event happened, over signals.",
        convention="TP / (TP + FP). The interval is Wilson's, on the effective number of signals.",
        good=1,
        interval=0.9,
    ),
    "expected_precision": Quantity(
        label="Expected precision",
        unit="share",
        formula="Precision of the frozen threshold on the calibration rows.",
        good=1,
        interval=0.9,
    ),
    "recall": Quantity(
        label="Recall",
        unit="share",
        formula="Signals in which the event happened, over all events.",
        convention="TP / (TP + FN).",
        good=1,
    ),
    "f1": Quantity(
        label="F1",
        unit="score",
        formula="Harmonic mean of precision and recall.",
        convention="2 TP / (2 TP + FP + FN).",
        good=1,
    ),
    "f_beta": Quantity(
        label="F-beta",
        unit="score",
        formula="Weighted harmonic mean of precision and recall.",
        convention="(1 + b^2) P R / (b^2 P + R): recall counts b times as much as precision.",
        good=1,
    ),
    "mcc": Quantity(
        label="MCC",
        unit="score",
        formula="Correlation of choice and event, from minus one to one; chance 0.",
        convention="Matthews 1975.",
        good=1,
    ),
    "r2": Quantity(
        label="R²",
        unit="score",
        formula="Share of the returns' variance that is foreseen; their own mean scores 0.",
        convention="1 - sum (t - p)^2 / sum (t - mean t)^2, the mean that of these rows.",
        good=1,
    ),
    "rank_correlation": Quantity(
        label="Rank correlation",
        unit="score",
        formula="Spearman's correlation of predicted and true returns; chance 0.",
        convention="Ties at their mean rank.",
        good=1,
    ),
    "threshold": Quantity(
        label="Threshold",
        unit="score",
        formula="A calibrated probability at or above this is a signal.",
    ),
    "signals": Quantity(
        label="Signals",
        unit="count",
        formula="Rows whose probability is at or above the threshold.",
    ),
    "lift": Quantity(
        label="Lift",
        unit="ratio",
        formula="Precision over the base rate of all these rows.",
        good=1,
    ),
    "signals_per_month": Quantity(
        label="Signals a month",
        unit="a month",
        formula="Signals over the mean months from the first decision to the last.",
    ),
    "expectancy": Quantity(
        label="Return a signal",
        unit="return",
        formula="Mean forward return of the signals, from fill to exit, before costs.",
        convention="Simple returns, signed by the direction of the trade.",
        good=1,
    ),
    "expectancy_after_costs": Quantity(
        label="Return a signal after costs",
        unit="return",
        formula="Mean forward return of the signals less the costs of a round trip.",
        good=1,
    ),
    "break_even_precision": Quantity(
        label="Break-even precision",
        unit="share",
        formula="Precision at which the mean return of a signal is zero.",
        convention="l / (w + l), w the mean return of the signals whose event happened and l the "
        "mean loss of the others.",
        good=-1,
    ),
    "break_even_after_costs": Quantity(
        label="Break-even precision after costs",
        unit="share",
        formula="Precision at which the mean return of a signal is the cost of a round trip.",
        good=-1,
    ),
    "mean_net_return_of_signals": Quantity(
        label="Mean net return of the signals",
        unit="return",
        formula="Mean forward return of the first model's signals less the costs of a round trip.",
        good=1,
    ),
    "mean_net_return_of_taken": Quantity(
        label="Mean net return of those taken",
        unit="return",
        formula="The same of the signals that the second model takes.",
        good=1,
    ),
}
