"""`quantsig report`: write the offline page of a run."""

from pathlib import Path
from typing import Annotated

import typer

from quantsig.cli.arguments import Config, Force, Json, Lang, RunPath
from quantsig.cli.commands.backtest import report_of
from quantsig.cli.output import print_document


def report(
    run: RunPath = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="The file; else report.html in the run.")
    ] = None,
    lang: Lang = "en",
    config: Config = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Write the report of a run as one page that needs no network.

    \b
    Example:
      quantsig report runs/first --out report.html
      quantsig report runs/first --lang zh
    """
    from quantsig.cli.arguments import run_or_latest
    from quantsig.cli.config import load

    chosen_run = run_or_latest(run, load(config, {}))
    page = report_of(chosen_run.path, out=out, force=force or out is None, lang=lang)
    if json:
        print_document("report", {"report": str(page)}, run=str(chosen_run.path))
    else:
        print(page)
