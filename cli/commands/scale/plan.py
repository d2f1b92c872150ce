"""`quantsig plan`: what a work would take, here and on several machines, before it starts."""

import json as documents
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from io import StringIO
from typing import Annotated, Any

import typer

from quantsig.cli.arguments import Json
from quantsig.cli.dry_run import print_dry_run
from quantsig.cli.output import note, print_document, print_table
from quantsig.data.errors import UsageError
from quantsig.data.language.messages import phrase
from quantsig.reports.page.numerals import duration

BUILD = "build"
PLANNED = ("train", "walk", "search", "sweep", BUILD)
MOST_WORKERS = 1024
COLUMNS = {"workers": "workers", "time": "duration", "efficiency": "of the workers at work"}


def plan(
    context: typer.Context,
    verb: Annotated[
        str,
        typer.Argument(
            metavar="VERB", help="One of train, walk, search, sweep, build.", show_default=False
        ),
    ],
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="...", help="What follows the verb, as it is typed."),
    ] = None,
    json: Json = False,
) -> None:
    """Say what a work would take: samples, bytes, steps, time here and on n workers.

    A few steps of the work are taken for some seconds, as --dry-run of the verb takes them;
    nothing is written. The time on more workers is simulated task by task: folds of a walk, seeds
    of a training, trials of a search that are tried at once, cells of a sweep, pieces of a sample
    set. A worker is taken to be as fast as this machine is alone, at a sweep and a sample set as
    one of its cores; workers that share its cores share its speed.

    \b
    Example:
      quantsig plan walk samples --folds 40
      quantsig plan search samples --trials 200 --together 16
      quantsig plan build bars.csv
    """
    found = dry_run(context, verb, list(words or ()))
    figures: dict[str, Any] = found["figures"]
    rows = on_workers(found.get("parts") or [[figures["seconds"]]])
    if json:
        more = {name: found[name] for name in ("model", "path", "run") if name in found}
        print_document("plan", figures, work=verb, workers=rows, **more)
        return
    print_dry_run(verb, figures, json=False)
    print_table([{**row, "time": duration(row["seconds"])} for row in rows], COLUMNS)
    if len(rows) == 1:
        note("its parts need each other: more workers would not make it faster.")


def dry_run(context: typer.Context, verb: str, words: list[str]) -> Mapping[str, Any]:
    """The document of the verb's own dry run."""
    if verb not in PLANNED:
        raise UsageError(
            phrase("there is no plan of {verb}.", verb=verb),
            where="quantsig plan",
            remedy=phrase("Known: {names}.", names=", ".join(PLANNED)),
        )
    path = ["samples", BUILD] if verb == BUILD else [verb]
    asked = [word for word in words if word not in ("--dry-run", "--json")]
    root: Any = context.find_root()
    printed = StringIO()
    with redirect_stdout(printed):
        root.command.main(
            [*path, *asked, "--dry-run", "--json"], prog_name="quantsig", standalone_mode=False
        )
    document: Mapping[str, Any] = documents.loads(printed.getvalue())
    return document


def on_workers(parts: Sequence[Sequence[float]]) -> list[dict[str, Any]]:
    """A row for 1, 2, 4, ... workers, up to as many as have something to do.

    Args:
        parts: seconds of tasks; those of a later part wait for all of an earlier one.
    """
    from quantsig.data.tasks.growth import Costs, simulated

    widest, rows, workers = max(map(len, parts)), list[dict[str, Any]](), 1
    whole = sum(map(sum, parts))
    while True:
        took = [simulated(part, workers, Costs(handing=0.0)).seconds for part in parts]
        seconds = sum(took)
        efficiency = whole / (workers * seconds) if seconds else 1.0
        rows.append({"workers": workers, "seconds": seconds, "efficiency": round(efficiency, 4)})
        if workers >= min(widest, MOST_WORKERS):
            return rows
        workers = min(2 * workers, widest)
