"""`quantsig forward`: what a run decides on new bars, in a journal that nobody can rewrite."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quantsig.cli.arguments import Config, Device, ForwardBars, Json, Meta, RunPath
from quantsig.cli.options.bars import BarsOptions
from quantsig.cli.options.groups import grouped, settings_of
from quantsig.cli.output import LISTENER, note, print_document, print_figures, print_table

if TYPE_CHECKING:
    from quantsig.backtest.forward.call import ForwardCall
    from quantsig.signals.forward.evidence import ForwardEvidence
    from quantsig.signals.forward.lines import Line
    from quantsig.signals.runs import Run

COLUMNS = {
    "symbol": "symbol",
    "decision_time": "decision",
    "probability": "probability",
    "close": "close",
    "late": "late",
}
EVIDENCE = (  # figures of it that are printed
    "state",
    "promised",
    "windows",
    "signals",
    "hits",
    "precision",
    "precision_low",
    "precision_high",
    "mean_return",
    "return_low",
    "return_high",
)

AllowDifferent = Annotated[
    bool,
    typer.Option("--allow-different", help="Take BARS that are unlike those of the training."),
]


@grouped
def go(
    run: RunPath = None,
    bars: ForwardBars = None,
    *,
    meta: Meta = False,
    allow_different: AllowDifferent = False,
    device: Device = None,
    reading: BarsOptions,
    config: Config = None,
    json: Json = False,
) -> None:
    """Decide on every bar that is new, and tell what came of earlier decisions; go may be left out.

    Each decision is a line of the run's journal, chained to the one before. One that is recorded
    when its entry could not be had any more is late, and proves nothing. Ends with 4 once the
    promise of the choice is broken.

    \b
    Example:
      quantsig forward go runs/first bars.csv
      quantsig forward runs/first bars.csv --json
      quantsig forward verify runs/first bars.csv
    """
    from quantsig.cli.arguments import run_or_latest
    from quantsig.cli.config import load
    from quantsig.cli.named_bars import read_named_bars
    from quantsig.cli.run_or_bars import run_or_bars

    given = run_or_bars(run, bars, "quantsig forward")
    settings = load(config, {"device": device, "bars.source": given.bars, **settings_of(reading)})
    chosen = run_or_latest(given.run, settings)
    from quantsig.backtest.forward.call import forward_call, refuse_broken
    from quantsig.signals.forward.book import writing
    from quantsig.signals.forward.new_decisions import Deciding
    from quantsig.signals.inference.bar_scores import told_second_model
    from quantsig.signals.inference.signals import frozen_choice

    frozen_choice(chosen)  # or the work would be for nothing
    with writing(chosen) as book:
        second = told_second_model(chosen, settings.device, LISTENER) if meta else None
        deciding = Deciding(
            run=chosen, meta=second, allow_different=allow_different, device=settings.device
        )
        called = forward_call(
            book, read_named_bars(settings), deciding, settings.backtest, listener=LISTENER
        )
        evidence = book.evidence.judged()
    assert evidence is not None
    if json:
        print_call(chosen, called, evidence)
    else:
        show_call(called, evidence)
    refuse_broken(chosen, evidence)


def figures_of(called: "ForwardCall") -> dict[str, Any]:
    """What one call added, counted."""
    return {
        "decisions": len(called.decisions),
        "new_signals": len(called.signals),
        "late": sum(line["late"] for line in called.decisions),
        "outcomes": len(called.outcomes),
        "corrected": len(called.revisions),
        "newest_bar": called.newest_bar.isoformat(),
        "recorded": called.recorded.isoformat(),
    }


def print_call(run: "Run", called: "ForwardCall", evidence: "ForwardEvidence") -> None:
    """Print a call as one JSON document."""
    print_document(
        "forward",
        figures_of(called) | {"state": evidence.state},
        run=str(run.path),
        evidence=evidence.as_dict(),
        decisions=list(called.decisions),
        outcomes=list(called.outcomes),
    )


def show_call(called: "ForwardCall", evidence: "ForwardEvidence") -> None:
    """Print a call for people: what was added, what it shows so far, and the signals."""
    said: Mapping[str, Any] = evidence.as_dict()
    print_figures({**figures_of(called), **{name: said[name] for name in EVIDENCE}})
    if called.signals:
        print_table(map(readable_times, called.signals), COLUMNS)
    elif called.decisions:
        note("no new decision is a signal.")
    else:
        note("no bar is new: there was nothing to decide.")


def readable_times(line: "Line") -> "Line":
    """A line whose decision time is written to the minute."""
    return {**line, "decision_time": line["decision_time"][:16].replace("T", " ")}
