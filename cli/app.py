"""The `quantsig` command: its verbs, and what it says and returns when something goes wrong."""

import os
import sys
import warnings
from typing import Annotated

import typer
from typer.main import get_command

from quantsig.cli.commands import bench
from quantsig.cli.commands.audit import audit
from quantsig.cli.commands.backtest import backtest
from quantsig.cli.commands.demo import demo
from quantsig.cli.commands.doctor import doctor
from quantsig.cli.commands.explain import explain as explain_run
from quantsig.cli.commands.export import export
from quantsig.cli.commands.forward.go import go
from quantsig.cli.commands.forward.recalibrate import recalibrate
from quantsig.cli.commands.forward.verify import verify as verify_forward
from quantsig.cli.commands.models import models
from quantsig.cli.commands.news.embed import embed
from quantsig.cli.commands.report import report
from quantsig.cli.commands.runs import listing as runs
from quantsig.cli.commands.runs.upkeep import annotate, restore, rm, tag
from quantsig.cli.commands.samples.build import build
from quantsig.cli.commands.samples.draw import draw
from quantsig.cli.commands.samples.extend import extend
from quantsig.cli.commands.samples.import_ import import_
from quantsig.cli.commands.samples.info import info
from quantsig.cli.commands.samples.verify import verify
from quantsig.cli.commands.scale.plan import plan
from quantsig.cli.commands.scale.slurm import slurm
from quantsig.cli.commands.scores.ensemble import ensemble
from quantsig.cli.commands.scores.judge import judge
from quantsig.cli.commands.search import search
from quantsig.cli.commands.settings import config
from quantsig.cli.commands.settings.init import init
from quantsig.cli.commands.signals import signals
from quantsig.cli.commands.sweep import sweep
from quantsig.cli.commands.thresholds import thresholds
from quantsig.cli.commands.train import train
from quantsig.cli.commands.verify import verify as verify_result
from quantsig.cli.commands.walk import walk
from quantsig.cli.options.help import FirstVerbMeant, Verbs
from quantsig.cli.output import speak_utf8
from quantsig.cli.settings.console_language import spoken_language
from quantsig.cli.trouble import Stopped, explain, stoppable
from quantsig.data.language.saying import reading

BEGIN, LEARN = "To begin with", "From bars to a run"  # headings of the verbs
TRADE, LOOK = "From a run to trades", "To look and to check"
VERBOSE = ("-v", "--verbose")

app = Verbs(
    rich_markup_mode=None,  # the rich help pages alone take longer to import than all the rest
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
samples = Verbs(help="Build sample sets from bars and look at them.")
samples.command()(build)
samples.command()(info)
samples.command()(draw)
samples.command()(extend)
samples.command()(verify)
samples.command(name="import")(import_)
forward = Verbs(
    cls=FirstVerbMeant,
    help="Record what a run decides on new bars, and watch whether it keeps its promise.",
)
forward.command()(go)
forward.command(name="verify")(verify_forward)
news = Verbs(help="Make vectors of the news that models read.")
news.command()(embed)
app.command(rich_help_panel=BEGIN)(init)
app.add_typer(config.app, name="config", rich_help_panel=BEGIN)
app.command(rich_help_panel=BEGIN)(demo)
app.command(rich_help_panel=BEGIN)(doctor)
app.add_typer(samples, name="samples", rich_help_panel=LEARN)
app.add_typer(news, name="news", rich_help_panel=LEARN)
app.command(rich_help_panel=LEARN)(models)
app.command(rich_help_panel=LEARN)(train)
app.command(rich_help_panel=LEARN)(search)
app.command(rich_help_panel=LEARN)(judge)
app.command(rich_help_panel=LEARN, context_settings={"allow_interspersed_args": False})(plan)
app.command(rich_help_panel=LEARN, context_settings={"allow_interspersed_args": False})(slurm)
app.command(rich_help_panel=LEARN)(ensemble)
app.command(rich_help_panel=TRADE)(thresholds)
app.command(rich_help_panel=TRADE)(signals)
app.command(rich_help_panel=TRADE)(backtest)
app.command(rich_help_panel=TRADE)(sweep)
app.command(rich_help_panel=TRADE)(walk)
app.add_typer(forward, name="forward", rich_help_panel=TRADE)
app.command(rich_help_panel=TRADE)(recalibrate)
app.command(rich_help_panel=LOOK)(audit)
app.command(name="verify", rich_help_panel=LOOK)(verify_result)
app.command(name="explain", rich_help_panel=LOOK)(explain_run)
app.command(rich_help_panel=LOOK)(export)
app.command(rich_help_panel=LOOK)(report)
runs.app.command()(rm)
runs.app.command()(restore)
runs.app.command()(tag)
runs.app.command(name="note")(annotate)
app.add_typer(runs.app, name="runs", rich_help_panel=LOOK)
app.add_typer(bench.app, name="bench", rich_help_panel=LOOK)


def show_version(wanted: bool) -> None:
    """Print the version and stop."""
    if wanted:
        from importlib.metadata import version

        print(f"quantsig {version('quantsig')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def quantsig(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=show_version, is_eager=True, help="Print the version and stop."
        ),
    ] = False,
    verbose: Annotated[
        bool,
        typer.Option(
            *VERBOSE,
            help="Show library warnings and, after an error, the traceback. Goes anywhere.",
        ),
    ] = False,
) -> None:
    """From price bars to chart samples, calibrated signals and honest backtests.

    \b
    Example:
      quantsig demo
      quantsig init && quantsig samples build bars.csv && quantsig train
    """
    if context.invoked_subcommand is None:
        print(context.get_help())


def main() -> int:
    """Run the command line and return its exit code (listed in `data/errors.py`).

    What goes wrong is told on stderr in three lines: what, where, what to do.
    """
    speak_utf8()
    # sums of numpy are the same in one thread everywhere; torch has its own threads
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    arguments = [word for word in sys.argv[1:] if word not in VERBOSE]
    verbose = len(arguments) < len(sys.argv) - 1
    with reading(spoken_language(arguments)):
        return _run(arguments, verbose=verbose)


def _run(arguments: list[str], *, verbose: bool) -> int:
    try:
        with stoppable(), warnings.catch_warnings():
            if not verbose:
                warnings.simplefilter("ignore")
            code = get_command(app).main(arguments, prog_name="quantsig", standalone_mode=False)
            sys.stdout.flush()
    except (Stopped, Exception) as error:
        return explain(error, verbose=verbose)
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    sys.exit(main())
