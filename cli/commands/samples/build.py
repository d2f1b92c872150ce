"""`quantsig samples build`: draw the charts of bars into a sample set."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quantsig.cli import completion
from quantsig.cli.arguments import Config, DryRun, Force, Json, Pairs, writable
from quantsig.cli.named_bars import read_named_bars
from quantsig.cli.options.bars import BarsOptions, BarsPath
from quantsig.cli.options.groups import grouped, settings_of
from quantsig.cli.options.label import LabelOptions
from quantsig.cli.options.news import NamedNews, read_named_news
from quantsig.cli.options.panels import OfSetting
from quantsig.cli.options.workers import WorkersOptions
from quantsig.cli.output import note, stage
from quantsig.cli.sample_set import note_base_rate, show
from quantsig.data.language.messages import phrase
from quantsig.data.tasks.workers import HERE, Workers

if TYPE_CHECKING:
    from quantsig.data.samples.store import SampleSet
    from quantsig.settings import Settings

NO_NEWS = NamedNews()


@grouped
def build(
    bars: BarsPath = None,
    *,
    out: Annotated[
        Path | None,
        typer.Option("--out", callback=writable, help="The folder to write."),
        OfSetting("samples.path"),
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(
            "--preset",
            help="Charts to draw.",
            autocompletion=completion.values_of("samples.preset"),
        ),
        OfSetting("samples.preset"),
    ] = None,
    chart: Annotated[
        Path | None, typer.Option("--chart", help="TOML file with a [chart] table.")
    ] = None,
    label: LabelOptions,
    stride_bars: Annotated[
        int | None,
        typer.Option("--stride-bars", help="Bars from one decision to the next."),
        OfSetting("samples.stride_bars"),
    ] = None,
    reading: BarsOptions,
    news: NamedNews,
    threads: Annotated[
        int | None, typer.Option("--threads", min=1, help="Threads that build; one per core.")
    ] = None,
    workers: WorkersOptions,
    pairs: Pairs = None,
    config: Config = None,
    dry_run: DryRun = False,
    force: Force = False,
    json: Json = False,
) -> None:
    """Draw the charts of bars and label them; cut short, the same command goes on from there.

    Charts follow the bars' interval and labels their volatility, unless something else is set;
    both are said.

    \b
    Example:
      quantsig samples build bars.csv --out samples --timezone America/New_York
      quantsig samples build folder_of_csv --interval 1h --bar-label open
      quantsig samples build folder_of_csv --dry-run
      quantsig samples build minutes.parquet --workers 4
    """
    from quantsig.cli.config import load
    from quantsig.data.storage.atomic import refuse_existing

    settings = load(
        config,
        {
            "bars.source": bars,
            **settings_of(reading),
            "samples.path": out,
            "samples.preset": preset,
            "samples.chart_file": chart,
            "samples.stride_bars": stride_bars,
            **settings_of(label),
        },
        pairs or [],
    )
    if dry_run:
        foretell(settings, json=json)
        return
    refuse_existing(settings.samples.path, force=force)
    built = build_from(settings, news, threads=threads, force=force, on=workers.asked())
    note_base_rate(built, settings.splits)
    show(built, verb="samples.build", json=json, source=False)


def foretell(settings: "Settings", *, json: bool) -> None:
    """Say what building would take."""
    from dataclasses import asdict

    from quantsig.cli.dry_run import print_dry_run
    from quantsig.data.samples.dry_run import dry_run_build

    bars = read_named_bars(settings)
    found = asdict(
        dry_run_build(
            bars,
            chart=settings.samples.chart_of(bars.interval),
            label=settings.label,
            stride_bars=settings.samples.stride_bars,
        )
    )
    parts, path = [found.pop("parts")], str(settings.samples.path)
    print_dry_run("samples.build", found, json=json, path=path, parts=parts)


def build_from(
    settings: "Settings",
    news: NamedNews = NO_NEWS,
    *,
    threads: int | None,
    force: bool,
    on: Workers = HERE,
) -> "SampleSet":
    """Read the bars and build the sample set that the settings name."""
    from quantsig.data.calendar.intervals import interval_text
    from quantsig.data.label_spec import label_text
    from quantsig.data.samples.build import BuildJob, build_samples

    bars_read = [read_named_bars(settings, quiet=True)]
    interval = bars_read[0].interval
    for sentence in bars_read[0].notes:  # before the work, which they may show to be for nothing
        note(sentence)
    items = read_named_news(news, bars_read[0])
    with stage("Building samples") as progress:
        built = build_samples(
            bars_read.pop(),
            settings.samples.path,
            chart=settings.samples.chart_of(interval),
            label=settings.label,
            stride_bars=settings.samples.stride_bars,
            job=BuildJob(
                threads=threads,
                force=force,
                on=on,
                progress=progress,
                news=items,
                splits=settings.splits,
            ),
        )
    preset, file = settings.samples.preset_of(interval), settings.samples.chart_file
    note(
        phrase(
            "charts: {preset}, for bars of {interval}",
            preset=phrase("{file} over {preset}", file=file, preset=preset) if file else preset,
            interval=interval_text(interval),
        )
    )
    note(phrase("label: {label}", label=label_text(settings.label)))
    return built
