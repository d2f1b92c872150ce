"""`quantsig thresholds`: what precision and recall each probability threshold buys."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from quantsig.cli.arguments import Config, Json, RunPath, Threshold
from quantsig.cli.output import note, print_document, print_figures, print_table

if TYPE_CHECKING:
    import polars as pl

COLUMNS = {
    "threshold": "threshold",
    "signals": "signals",
    "precision": "precision",
    "precision_low": "low",
    "precision_high": "high",
    "recall": "recall",
    "lift": "lift",
    "signals_per_month": "a month",
    "expectancy_after_costs": "net",
}
ROWS_SHOWN = 20  # on a terminal; the file and --json hold every row


def thresholds(
    run: RunPath = None,
    threshold: Threshold = None,
    best: Annotated[
        bool,
        typer.Option("--best", help="Freeze the threshold of the best expectancy after costs."),
    ] = False,
    config: Config = None,
    json: Json = False,
) -> None:
    """Print the trade-off of precision and recall on the calibration split.

    \b
    Example:
      quantsig thresholds runs/first
      quantsig thresholds runs/first --best
    """
    from quantsig.cli.arguments import run_or_latest
    from quantsig.cli.config import load
    from quantsig.data.splits import doubts
    from quantsig.signals.choices import choose_expectancy, choose_number
    from quantsig.signals.thresholds import write_table

    if best and threshold is not None:
        raise typer.BadParameter("give --threshold or --best, not both.")
    settings = load(config, {})
    chosen_run = run_or_latest(run, settings)
    table = write_table(chosen_run, settings.cost_fraction)
    for doubt in doubts(chosen_run.predictions()):
        note(f"warning: {doubt}")
    choice = None
    if best:
        choice = choose_expectancy(chosen_run, settings.cost_fraction)
        if choice["calibration"]["expectancy_after_costs"] <= 0:
            note("even this threshold loses after costs on the calibration split.")
    elif threshold is not None:
        choice = choose_number(chosen_run, threshold, settings.cost_fraction)
    if json:
        figures = dict(choice["calibration"]) if choice else {}
        print_document(
            "thresholds", figures, run=str(chosen_run.path), choice=choice, rows=table.to_dicts()
        )
        return
    print_table(shown(table), COLUMNS)
    if choice:
        print_figures({"chosen": choice["threshold"], "by": choice["rule"]})
    note(
        f"net: mean return of a signal less {settings.cost_fraction:.2%} for its round trip. "
        "Every row is in thresholds.parquet."
    )


def shown(table: "pl.DataFrame") -> list[dict[str, Any]]:
    """The rows that people are shown: every so many, the last always among them."""
    step = max(1, -(-table.height // ROWS_SHOWN))
    return table.reverse().gather_every(step).reverse().to_dicts()
