"""The rule that thresholds are to be chosen by, asked for before there are rows to judge."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from quantsig.data.errors import unknown_name
from quantsig.signals.thresholds import rules as choice_rules
from quantsig.signals.thresholds.rules import Rule, check_a_day, check_beta, check_share
from quantsig.signals.thresholds.scored_rows import ScoredRows

CONFIDENCE = 0.9  # of a promised precision


@dataclass(frozen=True, kw_only=True, slots=True)
class AskedRule:
    """Which rule of `choice_rules`, and what it is asked for.

    Raises:
        ConfigError: there is no such rule.
        UsageError: what it is asked for makes no sense.
    """

    name: str = "expectancy"
    value: float = 0.0  # the threshold, precision, recall, beta or signals a day
    confidence: float = CONFIDENCE  # of the precision

    def __post_init__(self) -> None:
        if self.name not in RULES:
            raise unknown_name("rule", self.name, RULES, where="the rule of a threshold")
        CHECKS[self.name](self)

    def choose(self, rows: ScoredRows, cost_fraction: float, where: Path) -> Rule:
        """The threshold for rows of a calibration part.

        Raises:
            CheckFailed: no threshold is safe.
            DataError: the rows cannot answer what is asked.
        """
        return RULES[self.name](self, rows, cost_fraction, where)


def _check_precision(asked: AskedRule) -> None:
    check_share("--precision", asked.value, open_ends=True)
    check_share("--confidence", asked.confidence, open_ends=True)


CHECKS: dict[str, Callable[[AskedRule], None]] = {
    "number": lambda asked: check_share("--threshold", asked.value),
    "precision": _check_precision,
    "recall": lambda asked: check_share("--recall", asked.value, open_ends=True),
    "fbeta": lambda asked: check_beta(asked.value),
    "expectancy": lambda asked: None,
    "top_k": lambda asked: check_a_day(asked.value),
}

RULES: dict[str, Callable[[AskedRule, ScoredRows, float, Path], Rule]] = {
    "number": lambda asked, rows, cost, where: choice_rules.by_number(asked.value),
    "precision": lambda asked, rows, cost, where: choice_rules.by_precision(
        rows, asked.value, asked.confidence, where
    ),
    "recall": lambda asked, rows, cost, where: choice_rules.by_recall(rows, asked.value, where),
    "fbeta": lambda asked, rows, cost, where: choice_rules.by_fbeta(rows, asked.value, where),
    "expectancy": lambda asked, rows, cost, where: choice_rules.by_expectancy(rows, cost, where),
    "top_k": lambda asked, rows, cost, where: choice_rules.by_top_k(rows, asked.value, where),
}
