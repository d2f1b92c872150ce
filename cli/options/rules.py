"""The options that say which rule chooses a threshold, as the table of rules has them."""

import math
from dataclasses import dataclass, fields
from typing import Annotated, Any

import typer

from quantsig.signals.thresholds.rules import CONFIDENCE, CONFIDENCE_FLAG, RULES, AskedRule


def fraction(value: float | None) -> float | None:
    """Refuse what is not within 0..1, NaN included."""
    if value is not None and (math.isnan(value) or not 0.0 <= value <= 1.0):
        raise typer.BadParameter(f"{value} is not within 0..1.")
    return value


def _option_of(name: str, **more: Any) -> Any:
    return typer.Option(*RULES[name].flags, help=RULES[name].help, **more)


Threshold = Annotated[float | None, _option_of("number", callback=fraction)]


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleOptions:
    """What each rule was given; None or False where it was not."""

    threshold: Threshold = None
    precision: Annotated[float | None, _option_of("precision")] = None
    confidence: Annotated[
        float | None,
        typer.Option(
            CONFIDENCE_FLAG,
            help=f"Of the promise of {RULES['precision'].flag}; {CONFIDENCE:g} if left out.",
        ),
    ] = None
    recall: Annotated[float | None, _option_of("recall")] = None
    fbeta: Annotated[float | None, _option_of("fbeta")] = None
    expectancy: Annotated[bool, _option_of("expectancy")] = False
    top_k: Annotated[float | None, _option_of("top_k")] = None

    def asked(self) -> AskedRule | None:
        """The one rule that was asked for; None where none was.

        Raises:
            BadParameter: two rules were, or a confidence without a precision.
            UsageError: what it is asked for makes no sense.
        """
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        values["number"] = values.pop("threshold")
        confidence = values.pop("confidence")
        given = {
            name: 0.0 if values[name] is True else values[name]  # the expectancy asks for none
            for name in RULES
            if values[name] is not None and values[name] is not False
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
