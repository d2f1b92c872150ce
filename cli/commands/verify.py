"""`quantsig verify`: look whether a run, a walk or a sample set is what was written."""

from pathlib import Path
from typing import Annotated

import typer

from quantsig.cli.arguments import Json
from quantsig.cli.output import note, print_document, stage


def verify(
    target: Annotated[
        Path, typer.Argument(metavar="TARGET", help="A run, a walk or a sample set.")
    ],
    *,
    repair: Annotated[
        bool,
        typer.Option("--repair", help="Make again what follows from what is whole, or remove it."),
    ] = False,
    json: Json = False,
) -> None:
    """Hold every file against what was written, up to the ledger, and name what is not so.

    Ends with 6 where something is not as it was written.

    \b
    Example:
      quantsig verify runs/first
      quantsig verify runs/first --repair
    """
    from quantsig.data.samples.manifest import MANIFEST

    if (target / MANIFEST).is_file():
        from dataclasses import asdict

        from quantsig.data.samples.verify.sample_set import verify_samples

        with stage("Verifying samples") as progress:
            shown_figures = asdict(verify_samples(target, progress=progress))
        if json:
            print_document("samples.verify", shown_figures, path=str(target))
        else:
            print(f"{target} is as it was written.")
        return
    from quantsig.signals.layout import RECORD, WALK
    from quantsig.signals.runs import open_run

    if not any((target / name).is_file() for name in (RECORD, WALK)):
        open_run(target)  # says what it is
    from quantsig.backtest.repair import repair as make_again
    from quantsig.backtest.repair import verify as look

    with stage("Verifying"):
        done = make_again(target) if repair else []
        found = look(target)
    for sentence in (*done, *found.notes):
        note(sentence)
    shown = [{"what": one.what, "where": one.where} for one in found.faults]
    if json:
        figures = {"files": found.files, "faults": len(shown)}
        print_document("verify", figures, path=str(target), faults=shown, done=done)
    else:
        for one in shown:
            print(f"{one['where']}: {one['what']}")
    if found.faults:
        raise found.faults[0]
    if not json:
        print(f"{target} is as it was written: {found.files} files.")
