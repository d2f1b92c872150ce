"""`quantsig report`: write the offline page of a run or a walk."""

from pathlib import Path
from typing import Annotated

import typer

from quantsig.cli.arguments import Anonymous, Config, Force, Json, Lang, RunPath, writable
from quantsig.cli.output import note, print_document, stage
from quantsig.cli.report_pages import write_run_page, write_walk_page
from quantsig.data.language.messages import phrase


def report(
    run: RunPath = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            callback=writable,
            help="The file; else report.html, or anonymous.html, in the run.",
        ),
    ] = None,
    pdf: Annotated[
        Path | None,
        typer.Option("--pdf", callback=writable, help="Print it to this PDF, too; needs Chromium."),
    ] = None,
    png: Annotated[
        Path | None,
        typer.Option(
            "--png", callback=writable, help="Photograph it to this PNG, too; needs Chromium."
        ),
    ] = None,
    anonymous: Anonymous = False,
    lang: Lang = "",
    config: Config = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Write the report of a run or a walk as one page that needs no network.

    \b
    Example:
      quantsig report runs/first --out report.html
      quantsig report runs/first --pdf report.pdf
      quantsig report runs/first --lang zh
      quantsig report runs/first --anonymous --out for-strangers.html
    """
    from quantsig.cli.arguments import run_or_latest
    from quantsig.cli.config import load
    from quantsig.signals.layout import WALK

    replace = force or out is None
    if run is not None and (run / WALK).is_file():
        folder, page = (
            run,
            write_walk_page(run, out=out, force=replace, lang=lang, nameless=anonymous),
        )
    else:
        opened = run_or_latest(run, load(config, {}))
        folder, page = (
            opened.path,
            write_run_page(opened, out=out, force=replace, lang=lang, nameless=anonymous),
        )
    written = {"report": str(page), **_printed(page, pdf=pdf, png=png, force=force)}
    if json:
        print_document("report", written, run=str(folder))
    else:
        print(*written.values(), sep="\n")


def _printed(page: Path, *, pdf: Path | None, png: Path | None, force: bool) -> dict[str, str]:
    """Print and photograph the page where that is asked for; gives the paths by kind."""
    from quantsig.data.charts.layout import missing_font
    from quantsig.reports.printing import write_pdf, write_picture

    lacking = missing_font() if pdf or png else None
    if lacking:
        note(lacking)
    asked = {"pdf": (pdf, write_pdf), "png": (png, write_picture)}
    written = {}
    for kind, (out, write) in asked.items():
        if out is not None:
            with stage(phrase("Writing the {kind}", kind=kind.upper())):
                written[kind] = str(write(page, out, force=force))
    return written
