"""The options that say which rule chooses a threshold, as the table of rules has them."""

from typing import Annotated, Any

import typer

from quantsig.signals.thresholds.rules import CONFIDENCE, CONFIDENCE_FLAG, RULES, AskedRule


def _flags_of(name: str) -> Any:
    return typer.Option(*RULES[name].flags, help=RULES[name].help)


Precision = Annotated[float | None, _flags_of("precision")]
Confidence = Annotated[
    float | None,
    typer.Option(
        CONFIDENCE_FLAG,
        help=f"Of the promise of {RULES['precision'].flag}; {CONFIDENCE:g} if left out.",
    ),
]
Recall = Annotated[float | None, _flags_of("recall")]
Fbeta = Annotated[float | None, _flags_of("fbeta")]
Expectancy = Annotated[bool, _flags_of("expectancy")]
TopK = Annotated[float | None, _flags_of("top_k")]


def asked_rule(confidence: float | None, **asked: float | bool | None) -> AskedRule | None:
    """The one rule that was asked for; None where none was.

    Args:
        confidence: of a promised precision.
        asked: what each rule was given, by its name; None or False where it was not.

    Raises:
        BadParameter: two rules were, or a confidence without a precision.
        UsageError: what it is asked for makes no sense.
    """
    given = {
        name: 0.0 if value is True else value  # an option without a value asks for none
        for name, value in asked.items()
        if value is not None and value is not False
    }
    if len(given) > 1:
        words = " and ".join(RULES[name].flag for name in given)
        raise typer.BadParameter(f"{words} are different rules: give one of them.")
    if confidence is not None and "precision" not in given:
        raise typer.BadParameter(f"{CONFIDENCE_FLAG} goes with {RULES['precision'].flag}.")
    if not given:
        return None
    ((name, value),) = given.items()
    sure = CONFIDENCE if confidence is None else confidence
    return AskedRule(name=name, value=value, confidence=sure)
