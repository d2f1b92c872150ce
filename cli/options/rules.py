"""The options that say which rule chooses a threshold."""

import math
from dataclasses import dataclass, fields
from typing import Annotated, ClassVar

import typer

from quantsig.cli.option_names import option
from quantsig.data.language.messages import phrase
from quantsig.signals.thresholds.rules import CONFIDENCE, NUMBER, AskedRule, asked_rule


def fraction(value: float | None) -> float | None:
    """Refuse what is not within 0..1, NaN included."""
    if value is not None and (math.isnan(value) or not 0.0 <= value <= 1.0):
        raise typer.BadParameter(phrase("{value} is not within 0..1.", value=value))
    return value


Threshold = Annotated[
    float | None,
    typer.Option(
        "--threshold", callback=fraction, help="Probability at which a signal is given, 0..1."
    ),
]


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleOptions:
    """What each rule was given; None or False where it was not."""

    PANEL: ClassVar[str] = "How the threshold is chosen"
    threshold: Threshold = None
    precision: Annotated[
        float | None,
        typer.Option("--precision", help="The lowest threshold promised to reach this precision."),
    ] = None
    confidence: Annotated[
        float | None,
        typer.Option(
            "--confidence", help=f"Confidence of the promise; {CONFIDENCE:g} if left out."
        ),
    ] = None
    recall: Annotated[
        float | None, typer.Option("--recall", help="The highest threshold of this recall.")
    ] = None
    fbeta: Annotated[
        float | None, typer.Option("--fbeta", help="The threshold of the best F-beta.")
    ] = None
    expectancy: Annotated[
        bool,
        typer.Option(
            "--expectancy", "--best", help="That of the best return a signal after costs."
        ),
    ] = False
    top_k: Annotated[
        float | None,
        typer.Option("--top-k", help="A threshold of so many signals a day on average."),
    ] = None

    def asked(self) -> AskedRule | None:
        """The one rule that was asked for; None where none was.

        Raises:
            UsageError: two rules were, a confidence without a precision, or what makes no sense.
        """
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        confidence = values.pop("confidence")
        given = {
            name: 0.0 if value is True else value  # the expectancy asks for none
            for name, value in values.items()
            if value is not None and value is not False
        }
        if not given and confidence is None:
            return None
        return asked_rule(given, confidence)


def rule_text(asked: AskedRule) -> str:
    """The rule as it is asked for."""
    if asked.name == "expectancy":
        return asked.name
    sure = f" --confidence {asked.confidence:g}" if asked.name == "precision" else ""
    name = "threshold" if asked.name == NUMBER else asked.name
    return f"{option(name)} {asked.value:g}{sure}"
