"""`quantsig verify`: look whether a run, a walk or a sample set is what was written."""

from pathlib import Path
from typing import Annotated

import typer

from quantsig.cli.arguments import Json
from quantsig.cli.output import note, print_document, print_line, stage
from quantsig.data.language.messages import phrase, term

MOST_OF_A_PAGE = 4096  # bytes that its language is looked for in


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

    The samples that a run or a walk was made from are looked at, too, where they are there, and
    the journal of a forward test.
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
            print_line(phrase("{path} is as it was written.", path=target))
        return
    from quantsig.signals.layout import RECORD, WALK
    from quantsig.signals.runs import open_run

    if not any((target / name).is_file() for name in (RECORD, WALK)):
        open_run(target)  # says what it is
    from quantsig.backtest.repair import verify as look
    from quantsig.backtest.repair import verify_samples_of

    done = _repaired(target) if repair else []
    with stage("Verifying"):
        found = look(target)
    with stage("Verifying the samples") as progress:
        source = verify_samples_of(target, progress)
    for sentence in (*done, *found.notes, *source.notes):
        note(sentence)
    faults = (*found.faults, *source.faults)
    shown = [{"what": one.what, "where": one.where} for one in faults]
    if json:
        figures = {"files": found.files, "samples_files": source.files, "faults": len(shown)}
        print_document("verify", figures, path=str(target), faults=shown, done=done)
    else:
        for one in shown:
            print_line(phrase("{where}: {what}", where=one["where"], what=term(one["what"])))
    if faults:
        raise faults[0]
    if not json:
        whole = phrase(
            "{path} is as it was written: {files} files.", path=target, files=found.files
        )
        if source.files:
            whole = phrase(
                "{path} is as it was written: {files} files, and {more} of its samples.",
                path=target,
                files=found.files,
                more=source.files,
            )
        print_line(whole)


def _repaired(target: Path) -> list[str]:
    """What was made again, its pages included, and what could not be, a sentence each."""
    from quantsig.backtest.repair import repair as make_again
    from quantsig.data.errors import QuantsigError
    from quantsig.signals.layout import REPORT

    pages = {page.relative_to(target): _language(page) for page in target.rglob(REPORT)}
    with stage("Repairing"):
        done = make_again(target)
    if not done:
        return done
    for page, lang in pages.items():
        try:
            _write_page(target, page, lang)
        except QuantsigError as error:
            (target / page).unlink(missing_ok=True)  # of what is no more
            done.append(f"{page}: removed. {error.what}")
        else:
            done.append(f"{page}: written again.")
    return done


def _write_page(target: Path, page: Path, lang: str) -> None:
    """The page of a walk, of a run, or of its backtest on other rows."""
    from quantsig.cli.report_pages import write_run_page, write_walk_page
    from quantsig.signals.layout import BACKTEST, WALK
    from quantsig.signals.runs import open_run

    if (target / WALK).is_file():
        write_walk_page(target, lang=lang)
        return
    split = page.parent.name.removeprefix(f"{BACKTEST}-") or "test"
    write_run_page(open_run(target), split=split, lang=lang)


def _language(page: Path) -> str:
    """Of a page that is there."""
    import re

    found = re.search(rb'<html[^>]* lang="([A-Za-z]+)', page.read_bytes()[:MOST_OF_A_PAGE])
    return found[1].decode() if found else "en"
