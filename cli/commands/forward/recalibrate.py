"""`quantsig recalibrate`: a new choice, on what came out of a forward test."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from quantsig.cli.arguments import Config, Json, RunPath
from quantsig.cli.options.groups import grouped
from quantsig.cli.options.panels import known_values
from quantsig.cli.options.rules import RuleOptions
from quantsig.cli.output import note, print_document, print_figures, stage

if TYPE_CHECKING:
    from quantsig.signals.calibration.recalibration import Recalibration

ROWS = ("forward", "both")
QUALITY = ("log_loss_before", "log_loss_after", "brier_before", "brier_after")
CHOSEN = ("signals", "precision", "precision_low", "precision_high", "recall")


@grouped
def recalibrate(
    run: RunPath = None,
    *,
    on: Annotated[
        str,
        typer.Option(
            "--on",
            help="Rows to calibrate on: forward (decisions that came out), or both (after the "
            "calibration rows).",
            **known_values(ROWS),
        ),
    ] = ROWS[0],
    rule: RuleOptions,
    config: Config = None,
    json: Json = False,
) -> None:
    """Calibrate probabilities again on what came out of the forward test, and choose anew.

    The choice is another trial; without a rule it is asked what the one before was. The journal
    and the promise of before stay. quantsig forward decides by the new choice from its next
    decision on, as a new test: what was seen here is no evidence for it.

    \b
    Example:
      quantsig recalibrate runs/first --on forward
      quantsig recalibrate runs/first --on both --precision 0.6
    """
    from quantsig.cli.arguments import run_or_latest
    from quantsig.cli.config import load

    asked = rule.asked()
    settings = load(config, {})
    chosen = run_or_latest(run, settings)
    from quantsig.signals.recalibration.recalibrate import recalibrate as calibrate_again
    from quantsig.signals.recalibration.recalibrate import remarks

    with stage("Calibrating again"):
        made = calibrate_again(chosen, asked, settings.cost_fraction, on=on)
    if json:
        print_document("recalibrate", figures_of(made), run=str(chosen.path), **made.as_dict())
        return
    print_figures(figures_of(made))
    for sentence in remarks(made):
        note(sentence)


def figures_of(made: "Recalibration") -> dict[str, Any]:
    """What is printed of it."""
    known = made.choice.calibration
    return {
        "rows": made.figures.samples,
        "events": made.figures.positives,
        "method": made.maps[-1]["method"],
        **{name: getattr(made.figures, name) for name in QUALITY},
        "chosen": made.choice.threshold,
        "by": made.choice.rule,
        **{name: known.get(name) for name in CHOSEN},
    }
