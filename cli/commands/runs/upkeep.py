"""`quantsig runs rm|restore|tag|note`: what its owner does with a finished run."""

from pathlib import Path
from typing import Annotated

import typer

from quantsig.cli.arguments import Config
from quantsig.cli.output import note, print_line


def rm(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Runs or walks.")],
) -> None:
    """Move runs or walks into the trash of their folder, from which `runs restore` takes them.

    The ledger stays as it is: their trials were made and go on counting.

    \b
    Example:
      quantsig runs rm runs/first
    """
    from quantsig.signals.runs_folder.trash import move_to_trash

    for run in runs:
        print(move_to_trash(run))
    note("in the trash; back with: quantsig runs restore NAME. Their trials go on counting.")


def restore(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As it is called in the trash.")],
    config: Config = None,
) -> None:
    """Put a run back that was moved to the trash.

    \b
    Example:
      quantsig runs restore first
    """
    from quantsig.cli.config import load
    from quantsig.signals.runs_folder.trash import put_back

    print(put_back(load(config, {}).paths.runs, name))


def tag(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    words: Annotated[list[str], typer.Argument(metavar="WORD...", help="One or more tags.")],
    remove: Annotated[bool, typer.Option("--remove", help="Take them off instead.")] = False,
) -> None:
    """Give a run tags, which `runs list` shows.

    \b
    Example:
      quantsig runs tag runs/first baseline daily
    """
    from quantsig.signals.runs import open_run
    from quantsig.signals.runs_folder.remarks import tag as give

    print(*give(open_run(run), words, remove=remove).tags)


def annotate(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    text: Annotated[str, typer.Argument(metavar="TEXT", help="A sentence; empty takes it off.")],
) -> None:
    """Put a note on a run, which `runs show` prints.

    \b
    Example:
      quantsig runs note runs/first "the first with volume"
    """
    from quantsig.signals.runs import open_run
    from quantsig.signals.runs_folder.remarks import annotate as put

    kept = put(open_run(run), text).note
    print(kept) if kept else print_line("no note")
