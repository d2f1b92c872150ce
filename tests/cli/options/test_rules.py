"""The rule that options ask for."""

import pytest

from quantsig.cli.option_names import as_typed
from quantsig.cli.options.rules import RuleOptions
from quantsig.data.errors import UsageError
from quantsig.signals.thresholds.rules import CONFIDENCE, RULES, AskedRule


def test_no_option_asks_for_no_rule() -> None:
    """The verb then has one of its own, or chooses nothing."""
    assert RuleOptions().asked() is None


def test_each_option_asks_for_its_rule() -> None:
    """By the name that the table has it under; a confidence goes with the precision."""
    assert RuleOptions(threshold=0.7).asked() == AskedRule(name="number", value=0.7)
    assert RuleOptions(expectancy=True).asked() == AskedRule()
    asked = RuleOptions(precision=0.6, confidence=0.8).asked()
    assert asked == AskedRule(name="precision", value=0.6, confidence=0.8)
    assert RuleOptions(precision=0.6).asked() == AskedRule(name="precision", value=0.6)
    assert CONFIDENCE == 0.9
    assert RuleOptions(recall=0.5).asked() == AskedRule(name="recall", value=0.5)
    assert RuleOptions(fbeta=0.5).asked() == AskedRule(name="fbeta", value=0.5)
    assert RuleOptions(top_k=0.5).asked() == AskedRule(name="top_k", value=0.5)
    assert set(RULES) == {"number", "precision", "recall", "fbeta", "expectancy", "top_k"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"precision": 0.6, "recall": 0.5}, "--precision and --recall are different rules"),
        ({"threshold": 0.6, "top_k": 5.0}, "--threshold and --top-k are different rules"),
        ({"confidence": 0.6}, "--confidence goes with --precision"),
        ({"recall": 0.6, "confidence": 0.6}, "--confidence goes with --precision"),
    ],
)
def test_two_rules_are_refused(given: dict[str, float], said: str) -> None:
    """So is a confidence alone."""
    with pytest.raises(UsageError) as caught:
        RuleOptions(**given).asked()  # type: ignore[arg-type]
    assert said in as_typed(str(caught.value))
