"""`quantsig signals`: apply the frozen threshold and write the signals of a run, or of bars."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quantsig.cli.arguments import (
    AllowDifferent,
    Config,
    Device,
    Force,
    Json,
    Meta,
    RunPath,
    writable,
)
from quantsig.cli.named_bars import read_named_bars
from quantsig.cli.options.bars import BarsOptions
from quantsig.cli.options.groups import grouped, settings_of
from quantsig.cli.options.news import NamedNews, read_named_news
from quantsig.cli.options.panels import known_values
from quantsig.cli.options.rules import Threshold
from quantsig.cli.options.workers import WorkersOptions
from quantsig.cli.output import (
    LISTENER,
    note,
    print_document,
    print_figures,
    print_table,
)
from quantsig.cli.own_signals import Target, own_signals
from quantsig.data.language.messages import phrase

if TYPE_CHECKING:
    import polars as pl

    from quantsig.settings import Settings
    from quantsig.signals.inference.bar_scores import BarsRequest
    from quantsig.signals.runs import Run

FORMS = ("parquet", "csv", "json")
SHOWN = 20  # rows of the newest that are printed
COLUMNS = {
    "symbol": "symbol",
    "decision_time": "decision",
    "probability": "probability",
    "signal": "signal",
}


@grouped
def signals(
    run: RunPath = None,
    bars: Annotated[
        Path | None,
        typer.Argument(metavar="BARS", help="Bars to give signals on, as for samples build."),
    ] = None,
    *,
    threshold: Threshold = None,
    latest: Annotated[
        bool, typer.Option("--latest", help="Only the newest bar of each symbol in BARS.")
    ] = False,
    meta: Meta = False,
    stride_bars: Annotated[
        int | None,
        typer.Option(
            "--stride-bars",
            min=1,
            help="Bars in BARS from one decision to the next; 1 if left out.",
        ),
    ] = None,
    allow_different: AllowDifferent = False,
    form: Annotated[
        str | None, typer.Option("--format", help="Format of the file.", **known_values(FORMS))
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", callback=writable, help="File to write; its ending tells the format, too."
        ),
    ] = None,
    device: Device = None,
    reading: BarsOptions,
    news: NamedNews,
    workers: WorkersOptions,
    config: Config = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Freeze a threshold and write the signals it gives.

    A file alone is BARS, for the latest run. Without --threshold the choice frozen before is
    applied. Without BARS the signals are those of
    the run's calibration and test rows, and the test split is opened. With BARS every bar with
    enough history gets a row, or with --latest the newest of each symbol, and nothing of the test
    split is opened. --latest takes the bars of quantsig.toml where none are named.

    \b
    Example:
      quantsig signals runs/first --threshold 0.7
      quantsig signals runs/first today.csv --latest --format csv
      quantsig signals today.csv --latest
      quantsig signals runs/first --meta --force
    """
    from quantsig.cli.arguments import run_or_latest
    from quantsig.cli.config import load
    from quantsig.cli.run_or_bars import run_or_bars
    from quantsig.signals.inference.exports import FORMATS, check_format
    from quantsig.signals.inference.signals import frozen_choice

    given = run_or_bars(run, bars)
    run, bars = given.run, given.bars
    ending = out.suffix[1:] if out else ""
    chosen_form = form or (ending if ending in FORMATS else "parquet")
    check_format(chosen_form)
    settings = load(
        config,
        {
            "device": device,
            "bars.source": bars,
            **settings_of(reading),
        },
    )
    target = Target(out=out, form=chosen_form, force=force)
    if bars is not None or (latest and settings.bars.source):
        from quantsig.signals.inference.bar_scores import BarsRequest

        request = BarsRequest(
            latest=latest,
            stride_bars=stride_bars or 1,
            allow_different=allow_different,
            threshold=threshold,
            cost_fraction=settings.cost_fraction,
            meta=meta,
            device=settings.device,
            on=workers.asked(),
        )
        chosen = run_or_latest(run, settings)
        signals_of_bars(chosen, settings, request, target, news, json=json)
        return
    refuse_without_bars(
        {
            "--latest": latest,
            "--stride-bars": stride_bars,
            "--allow-different": allow_different,
            "--workers": workers.workers,
        }
    )
    chosen_run = run_or_latest(run, settings)
    from quantsig.signals.thresholds.choices import remarks
    from quantsig.signals.thresholds.transfer import transfer_sentences

    table, second, file = own_signals(chosen_run, settings, target, threshold, meta=meta)
    figures = figures_of(chosen_run, table)
    if second:
        from quantsig.signals.meta.second_model import (
            opinion_figures,  # imports all of the training
        )

        figures |= opinion_figures(table, second.settings.cost_fraction)
    if not figures["test_signals"]:
        highest = max(table.filter(split="test")["probability"].to_list(), default=0.0)
        note(
            phrase(
                "no test sample reaches the threshold; their highest probability is {highest:.4g}.",
                highest=highest,
            )
        )
    choice = frozen_choice(chosen_run)
    if json:
        print_document("signals", figures, run=str(chosen_run.path), choice=choice.as_dict())
        return
    print_figures(figures)
    for sentence in (*remarks(choice), *transfer_sentences(choice)):
        note(sentence)
    print(file)


def refuse_without_bars(given: Mapping[str, object]) -> None:
    """Refuse flags that say something of bars where none are named."""
    from quantsig.data.errors import UsageError

    for flag, value in given.items():
        if value:
            raise UsageError(
                phrase("{flag} says something of bars, and none are named.", flag=flag),
                where="quantsig signals",
                remedy=phrase(
                    "Name the run and its bars: quantsig signals RUN BARS {flag}", flag=flag
                ),
            )


def signals_of_bars(
    run: "Run",
    settings: "Settings",
    request: "BarsRequest",
    target: Target,
    news: NamedNews,
    *,
    json: bool,
) -> None:
    """Score the bars that the settings name, write their signals, and say what came out."""
    from quantsig.data.storage.atomic import refuse_existing
    from quantsig.data.storage.leftovers import alone
    from quantsig.signals.inference.bar_remarks import outdated, remarks_on_rows
    from quantsig.signals.inference.bar_scores import bar_signals_file, score_bars
    from quantsig.signals.inference.exports import write_rows
    from quantsig.signals.inference.news import news_record
    from quantsig.signals.inference.signals import frozen_choice

    bars = read_named_bars(settings)
    request = replace(request, news=read_named_news(news, bars, like=news_record(run)))
    file = target.out or bar_signals_file(run, bars, latest=request.latest, form=target.form)
    with alone(run.path.resolve()):
        refuse_existing(file, force=target.force)  # before a choice is frozen
        scores = score_bars(run, bars, request, LISTENER)
        for sentence in remarks_on_rows(run, run.samples(), scores.rows, scores.table):
            note(sentence)
        write_rows(file, scores.table, target.form)
    newest = scores.table.sort("probability", descending=True).head(
        len(scores.table) if request.latest else 0
    )
    for sentence in outdated(newest, bars.interval * scores.passing.rule.stride_bars):
        note(sentence)
    if json:
        print_document(
            "signals",
            scores.figures,
            run=str(run.path),
            choice=frozen_choice(run).as_dict(),
            out=str(file),
            source_notes=bars.notes,
            **({"rows": newest.to_dicts()} if request.latest else {}),
        )
        return
    print_figures(scores.figures)
    if request.latest:
        print_table(newest.head(SHOWN).to_dicts(), COLUMNS)
    print(file)


def figures_of(run: "Run", table: "pl.DataFrame") -> dict[str, Any]:
    """How many signals each split has, and what the frozen threshold reached on the test split."""
    import polars as pl

    from quantsig.signals.choice import reached_figures

    given = table.filter(pl.col("signal"))
    return {
        "calibration_signals": given.filter(pl.col("split") == "calibration").height,
        "test_signals": given.filter(pl.col("split") == "test").height,
        **reached_figures(run.choices()),
    }
