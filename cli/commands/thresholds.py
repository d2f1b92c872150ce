"""`quantsig thresholds`: what precision and recall each probability threshold buys."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from quantsig.cli.arguments import Config, Json, RunPath
from quantsig.cli.options.groups import grouped
from quantsig.cli.options.rules import RuleOptions
from quantsig.cli.output import note, print_document, print_figures, stage
from quantsig.cli.trade_off import print_trade_off
from quantsig.data.language.messages import phrase, term

if TYPE_CHECKING:
    import polars as pl

    from quantsig.data.storage.records import Figures
    from quantsig.signals.choice import Choice
    from quantsig.signals.runs import Run
    from quantsig.signals.thresholds.rules import AskedRule
    from quantsig.signals.thresholds.walked_rows import WalkedRows

CHOSEN = ("signals", "precision", "precision_low", "precision_high", "recall")  # shown of a choice
CALIBRATION = "calibration"  # the rows that --on means where it is left out


@grouped
def thresholds(
    run: RunPath = None,
    *,
    rule: RuleOptions,
    on: Annotated[
        str,
        typer.Option(
            "--on",
            metavar="ROWS",
            help="Rows to choose on: calibration, or those that a walk of the same samples and "
            "settings tested: walk (the newest that fits), or its folder.",
        ),
    ] = CALIBRATION,
    config: Config = None,
    json: Json = False,
) -> None:
    """Print the trade-off of precision and recall on the calibration split, and choose.

    A choice is frozen in the run; another one is another trial and replaces none. With --on walk
    it is made on the out-of-fold rows of a walk, which are many more: a promise then speaks of
    models trained like this one, fold by fold.

    \b
    Example:
      quantsig thresholds runs/first
      quantsig thresholds runs/first --precision 0.6 --confidence 0.9
      quantsig thresholds runs/first --top-k 5
      quantsig thresholds runs/first --precision 0.6 --on walk
    """
    from quantsig.cli.arguments import run_or_latest
    from quantsig.cli.config import load

    asked = rule.asked()
    settings = load(config, {})
    cost_fraction = settings.cost_fraction
    chosen_run = run_or_latest(run, settings)
    from quantsig.data.splits import doubts
    from quantsig.data.storage.leftovers import alone
    from quantsig.signals.curves import ranking
    from quantsig.signals.thresholds.choices import remarks, rows_to_choose_on
    from quantsig.signals.thresholds.comparison import comparison_sentence
    from quantsig.signals.thresholds.spelling import spelled
    from quantsig.signals.thresholds.trade_off import BETA, NOTE
    from quantsig.signals.thresholds.transfer import transfer_sentences

    beta = rule.fbeta or BETA
    walked = _walked(chosen_run, on)
    with alone(chosen_run.path.resolve()):
        with stage("Judging thresholds"):
            table, missing = _tables(chosen_run, walked, cost_fraction, beta)
        for warning in (*doubts(chosen_run.predictions()), *missing):
            note(phrase("warning: {warning}", warning=term(warning)))
        which = "calibration" if walked is None else "walked"
        if table.height == 1:
            note(
                phrase(
                    "warning: every {which} row has the same probability: no threshold ranks them.",
                    which=term(which),
                )
            )
        events = int(table["true_positives"][0])  # the lowest threshold selects every row
        if events in (0, table["signals"][0]):
            note(
                phrase(
                    "warning: the event happened in {events} of {rows} {which} rows.",
                    events=events,
                    rows=table["signals"][0],
                    which=term(which),
                )
            )
        choice = _chosen(chosen_run, asked, cost_fraction, walked)
    for sentence in remarks(choice) if choice else ():
        note(sentence)
    against = comparison_sentence(chosen_run, choice) if choice else None
    if against:
        note(against)
    rows = rows_to_choose_on(chosen_run, walked)
    ranked = ranking(rows.happened, rows.probability).as_dict()
    told = _told(choice, walked)
    if json:
        print_document(
            "thresholds",
            {**ranked, **told},
            run=str(chosen_run.path),
            on=None if walked is None else asdict(walked.named),
            choice=choice.as_dict() if choice else None,
            rows=table.to_dicts(),
        )
        return
    print_trade_off(table, rows.probability)
    print_figures(ranked)
    if choice:
        figures = {name: told.get(name) for name in CHOSEN}
        chosen = repr(spelled(choice.threshold, rows.probability))
        print_figures({"chosen": chosen, "by": choice.rule, **figures})
    note(NOTE)
    note(
        phrase(
            "net: mean return of a signal less {cost:.2%} for its round trip; "
            "break-even: the precision at which it is zero. {kept}",
            cost=cost_fraction,
            kept=_kept_in(walked),
        )
    )
    newest = choice or chosen_run.choice()
    for sentence in transfer_sentences(newest) if newest else ():
        note(sentence)


def _walked(run: "Run", on: str) -> "WalkedRows | None":
    """The rows of the walk that was named; None where the calibration rows were."""
    if on == CALIBRATION:
        return None
    from quantsig.signals.thresholds.walked_rows import walked_rows

    found = walked_rows(run, on)
    note(
        phrase(
            "rows of {walk}: {rows} that a model was tested on which never saw "
            "them, in {folds} folds before the test split.",
            walk=found.folder,
            rows=len(found.rows),
            folds=len(found.record.folds),
        )
    )
    return found


def _tables(
    run: "Run", walked: "WalkedRows | None", cost_fraction: float, beta: float
) -> "tuple[pl.DataFrame, list[str]]":
    """The trade-off, and what its groups lack; that of the calibration rows is kept in the run."""
    from quantsig.signals.thresholds.groups import write_tables
    from quantsig.signals.thresholds.trade_off import candidates, trade_off

    if walked is not None:
        rows = walked.rows
        return trade_off(rows, candidates(rows.probability), cost_fraction, beta), []
    return write_tables(run, cost_fraction, beta)


def _chosen(
    run: "Run", asked: "AskedRule | None", cost_fraction: float, walked: "WalkedRows | None"
) -> "Choice | None":
    """What the rule that was asked for chooses; None where none was."""
    from quantsig.signals.thresholds.choices import choose

    if asked is None:
        return None
    with stage("Choosing a threshold"):
        return choose(run, asked, cost_fraction, walked)


def _told(choice: "Choice | None", walked: "WalkedRows | None") -> "Figures":
    """What the rows that were chosen on say of the choice; nothing without one."""
    if choice is None:
        return {}
    return choice.calibration if walked is None else choice.walk or {}


def _kept_in(walked: "WalkedRows | None") -> str:
    if walked is not None:
        return term("A choice keeps every row of this table in choices/.")
    return term(
        "Every row is in thresholds.parquet, symbols, months and volatility apart in "
        "thresholds_by_group.parquet."
    )
