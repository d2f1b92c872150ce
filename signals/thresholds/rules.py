"""The rules that a threshold can be chosen by: checks and texts come from one table.

Nothing heavy is imported here, as the command line asks this table for its rules.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from quantsig.data.errors import UsageError, unknown_name
from quantsig.data.language.messages import chained, phrase, term

if TYPE_CHECKING:
    from quantsig.signals.thresholds.chosen_threshold import ChosenThreshold
    from quantsig.signals.thresholds.scored_rows import ScoredRows

CONFIDENCE = 0.9  # of a promised precision
NUMBER = "number"  # the rule of a threshold that is given


@dataclass(frozen=True, kw_only=True, slots=True)
class AskedRule:
    """Which rule, and what it is asked for; it may be asked before there are rows to judge.

    Raises:
        ConfigError: there is no such rule.
        UsageError: what it is asked for makes no sense.
    """

    name: str = "expectancy"
    value: float = 0.0  # the threshold, precision, recall, beta or signals a day
    confidence: float = CONFIDENCE  # of the precision

    def __post_init__(self) -> None:
        if self.name not in RULES:
            raise unknown_name("rule", self.name, RULES, where=term("the rule of a threshold"))
        self.rule.check(self)

    @property
    def rule(self) -> "Rule":
        """The rule of this name."""
        return RULES[self.name]

    @property
    def asked(self) -> dict[str, float]:
        """What a choice keeps of the question, by name; nothing of a number or an expectancy."""
        return dict(zip(self.rule.asked, (self.value, self.confidence), strict=False))

    @property
    def looks(self) -> bool:
        """Whether it looks at rows; a number does not."""
        return self.rule.choose is not None

    def choose(
        self, rows: "ScoredRows | None", cost_fraction: float, where: Path
    ) -> "ChosenThreshold":
        """The threshold for rows of a calibration part; a number needs none.

        Raises:
            CheckFailed: no threshold is safe.
            DataError: the rows cannot answer what is asked.
        """
        from quantsig.signals.thresholds.chosen_threshold import ChosenThreshold

        if self.rule.choose is None:
            return ChosenThreshold(threshold=self.value)
        assert rows is not None, "the rule looks at rows"
        return self.rule.choose(self, rows, cost_fraction, where)


def asked_rule(given: Mapping[str, float], confidence: float | None = None) -> AskedRule:
    """The one rule that is given, by the names that users give rules by.

    Args:
        given: what it is asked for, by its name, or `threshold` for a number.
        confidence: of a promised precision; None: as always.

    Raises:
        UsageError: two rules were given, a confidence goes with none that promises, or what the
            rule is asked for makes no sense.
    """
    if confidence is not None and "precision" not in given:
        raise UsageError(
            "`confidence` goes with `precision`.",
            where=term("the rule of a threshold"),
            remedy="Give the precision that is to be promised, too, or no confidence.",
        )
    if len(given) != 1:
        raise UsageError(
            phrase(
                "{names} are different rules: give one of them.",
                names=chained("{one} and {other}", [f"`{name}`" for name in given]),
            ),
            where=term("the rule of a threshold"),
            remedy="Leave all but one of them out.",
        )
    ((name, value),) = given.items()
    return AskedRule(
        name=NUMBER if name == "threshold" else name,
        value=value,
        confidence=CONFIDENCE if confidence is None else confidence,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One way of choosing a threshold, as every room tells of it.

    Attributes:
        name: in settings, choices, walks and the ledger.
        words: what completes "chosen by".
        check: refuses what it cannot be asked for.
        choose: the threshold from rows; None where it is given and no row is looked at.
        asked: names under which a choice keeps the value, and after it the confidence.
        picked: by the figures of the rows that they are told on, so they flatter.
    """

    name: str
    words: str
    check: "Callable[[AskedRule], None]"
    choose: "Callable[[AskedRule, ScoredRows, float, Path], ChosenThreshold] | None"
    asked: tuple[str, ...] = ()
    picked: bool = False


def _check_number(asked: AskedRule) -> None:
    if not 0.0 <= asked.value <= 1.0:
        raise UsageError(
            phrase("{value} is not a probability.", value=asked.value),
            where="`threshold`",
            remedy="Give a number from 0 to 1, such as 0.7.",
        )


def _check_precision(asked: AskedRule) -> None:
    _check_share(asked.name, asked.value)
    _check_share("confidence", asked.confidence)


def _check_recall(asked: AskedRule) -> None:
    _check_share(asked.name, asked.value)


def _check_share(name: str, value: float) -> None:
    """Refuse what is not between 0 and 1, both left out."""
    if not 0.0 < value < 1.0:
        raise UsageError(
            phrase("{value} is no share.", value=value),
            where=f"`{name}`",
            remedy="Give a number between 0 and 1, such as 0.7.",
        )


def _check_beta(asked: AskedRule) -> None:
    if not (math.isfinite(asked.value) and asked.value > 0):
        raise UsageError(
            phrase("{value} is no beta of F-beta.", value=asked.value),
            where=f"`{asked.name}`",
            remedy="Give a positive number: 0.5 counts precision twice as much as recall.",
        )


def _check_a_day(asked: AskedRule) -> None:
    if not (math.isfinite(asked.value) and asked.value > 0):
        raise UsageError(
            phrase("{value} signals a day cannot be.", value=asked.value),
            where=f"`{asked.name}`",
            remedy="Give a positive number, such as 5, or 0.2 for one in five days.",
        )


def _by_precision(
    asked: AskedRule, rows: "ScoredRows", cost_fraction: float, where: Path
) -> "ChosenThreshold":
    from quantsig.signals.thresholds.chosen_threshold import by_precision

    return by_precision(rows, asked.value, asked.confidence, where)


def _by_recall(
    asked: AskedRule, rows: "ScoredRows", cost_fraction: float, where: Path
) -> "ChosenThreshold":
    from quantsig.signals.thresholds.chosen_threshold import by_recall

    return by_recall(rows, asked.value, where)


def _by_fbeta(
    asked: AskedRule, rows: "ScoredRows", cost_fraction: float, where: Path
) -> "ChosenThreshold":
    from quantsig.signals.thresholds.chosen_threshold import by_fbeta

    return by_fbeta(rows, asked.value, where)


def _by_expectancy(
    asked: AskedRule, rows: "ScoredRows", cost_fraction: float, where: Path
) -> "ChosenThreshold":
    from quantsig.signals.thresholds.chosen_threshold import by_expectancy

    return by_expectancy(rows, cost_fraction, where)


def _by_top_k(
    asked: AskedRule, rows: "ScoredRows", cost_fraction: float, where: Path
) -> "ChosenThreshold":
    from quantsig.signals.thresholds.chosen_threshold import by_top_k

    return by_top_k(rows, asked.value, where)


RULES = {
    "number": Rule(
        name="number",
        words="a given number",
        check=_check_number,
        choose=None,
    ),
    "precision": Rule(
        name="precision",
        words="a promised precision",
        check=_check_precision,
        choose=_by_precision,
        asked=("precision", "confidence"),
    ),
    "recall": Rule(
        name="recall",
        words="a given recall",
        check=_check_recall,
        choose=_by_recall,
        asked=("recall",),
        picked=True,
    ),
    "fbeta": Rule(
        name="fbeta",
        words="the best F-beta",
        check=_check_beta,
        choose=_by_fbeta,
        asked=("fbeta",),
        picked=True,
    ),
    "expectancy": Rule(
        name="expectancy",
        words="the best return a signal after costs",
        check=lambda asked: None,
        choose=_by_expectancy,
        picked=True,
    ),
    "top_k": Rule(
        name="top_k",
        words="a number of signals a day",
        check=_check_a_day,
        choose=_by_top_k,
        asked=("top_k",),
        picked=True,
    ),
}
