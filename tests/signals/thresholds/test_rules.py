"""A rule asked for in advance is the rule of the same name."""

from pathlib import Path

import numpy as np
import pytest

from quantsig.data.errors import ConfigError, UsageError
from quantsig.signals.thresholds import chosen_threshold as by
from quantsig.signals.thresholds.chosen_threshold import ChosenThreshold
from quantsig.signals.thresholds.rules import RULES, AskedRule
from quantsig.signals.thresholds.scored_rows import ScoredRows

WHERE = Path("fold")
DAY = 86_400_000_000


@pytest.fixture
def rows() -> ScoredRows:
    """Five hundred days of one row; the event follows the probability."""
    random = np.random.default_rng(3)
    probability = random.random(500)
    happened = random.random(500) < probability
    decided = np.arange(500) * DAY
    return ScoredRows(
        probability=probability,
        happened=happened,
        forward_return=np.where(happened, 0.02, -0.02),
        decided=decided,
        ended=decided + DAY // 2,
    )


def test_each_rule_is_that_of_its_name(rows: ScoredRows) -> None:
    """Threshold and all, with what was asked for and the cost of a trade."""
    direct: dict[str, tuple[AskedRule, ChosenThreshold]] = {
        "number": (AskedRule(name="number", value=0.3), ChosenThreshold(threshold=0.3)),
        "precision": (
            AskedRule(name="precision", value=0.5, confidence=0.8),
            by.by_precision(rows, 0.5, 0.8, WHERE),
        ),
        "recall": (AskedRule(name="recall", value=0.4), by.by_recall(rows, 0.4, WHERE)),
        "fbeta": (AskedRule(name="fbeta", value=2.0), by.by_fbeta(rows, 2.0, WHERE)),
        "expectancy": (AskedRule(), by.by_expectancy(rows, 0.01, WHERE)),
        "top_k": (AskedRule(name="top_k", value=0.1), by.by_top_k(rows, 0.1, WHERE)),
    }
    assert set(direct) == set(RULES)
    for asked, chosen in direct.values():
        assert asked.choose(rows, 0.01, WHERE) == chosen


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("number", {}),
        ("precision", {"precision": 0.7, "confidence": 0.9}),
        ("recall", {"recall": 0.7}),
        ("fbeta", {"fbeta": 0.7}),
        ("expectancy", {}),
        ("top_k", {"top_k": 0.7}),
    ],
)
def test_a_choice_keeps_what_was_asked(name: str, kept: dict[str, float]) -> None:
    """By the names that the files of version 0.1.0 have."""
    assert AskedRule(name=name, value=0.7).asked == kept


def test_the_table_names_its_rules() -> None:
    """The keys are the names."""
    assert [rule.name for rule in RULES.values()] == list(RULES)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("number", 1.5, "`threshold`"),
        ("number", -0.1, "`threshold`"),
        ("number", float("nan"), "`threshold`"),
        ("precision", 0.0, "`precision`"),
        ("precision", 1.0, "`precision`"),
        ("precision", 1.5, "`precision`"),
        ("recall", 0.0, "`recall`"),
        ("fbeta", 0.0, "`fbeta`"),
        ("fbeta", -1.0, "`fbeta`"),
        ("fbeta", float("inf"), "`fbeta`"),
        ("top_k", -1.0, "`top_k`"),
    ],
)
def test_what_makes_no_sense_is_refused_at_once(name: str, value: float, said: str) -> None:
    """Before there are rows to judge."""
    with pytest.raises(UsageError) as caught:
        AskedRule(name=name, value=value)
    assert caught.value.where == said


def test_an_unknown_rule_and_a_confidence_of_one_are_refused() -> None:
    """The known rules are named."""
    with pytest.raises(ConfigError, match="expectancy"):
        AskedRule(name="expectency")
    with pytest.raises(UsageError, match="`confidence`"):
        AskedRule(name="precision", value=0.5, confidence=1.0)
