"""`quantsig samples import`: bring old sample files into a sample set."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quantsig.cli.arguments import Config, Force, Json, writable
from quantsig.cli.options.bars import SessionStart
from quantsig.cli.options.panels import known_values
from quantsig.cli.output import note, print_document, print_figures, print_table, stage
from quantsig.cli.sample_set import figures_of
from quantsig.data.language.messages import phrase, term
from quantsig.data.tasks.workers import HOMES, Workers

if TYPE_CHECKING:
    from quantsig.data.bars import CheckedBars
    from quantsig.data.samples.legacy.file_names import NameOptions
    from quantsig.settings import Settings

SHOWN = 20  # rejected files on a terminal; the manifest and --json hold all


def import_(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Samples in .zst, .xz, .lzma or .pt files.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", callback=writable, help="The folder to write.")
    ] = None,
    bars: Annotated[
        Path | None, typer.Option("--bars", help="Bars of the samples, to follow their trades.")
    ] = None,
    pattern: Annotated[
        str | None,
        typer.Option("--pattern", help="How files are named, such as '{symbol}_{time}'."),
    ] = None,
    time_format: Annotated[
        str | None, typer.Option("--time-format", help="Of the times in names: %Y%m%d_%H%M.")
    ] = None,
    timezone: Annotated[
        str | None, typer.Option("--timezone", help="Clock of names and bars.")
    ] = None,
    session_start: SessionStart = None,
    bar_label: Annotated[
        str | None,
        typer.Option(
            "--bar-label",
            help="Names and bars are stamped with their open or close.",
            **known_values(("open", "close")),
        ),
    ] = None,
    horizon_bars: Annotated[
        int | None, typer.Option("--horizon-bars", help="Bars from the entry to the exit.")
    ] = None,
    processes: Annotated[
        int | None, typer.Option("--processes", min=1, help="That read files; else one per core.")
    ] = None,
    on: Annotated[
        str,
        typer.Option(
            "--on",
            help="Where: processes of this machine, or a cluster of Ray that sees the same files.",
            **known_values(HOMES),
        ),
    ] = "local",
    memory_mb: Annotated[
        int, typer.Option("--memory-mb", min=64, help="The most that reading one file may take.")
    ] = 1024,
    config: Config = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Import samples {x, y, direction} from files of the old kind, without unpickling them.

    Bad files are listed and left out. Cut short, the same command goes on.

    \b
    Example:
      quantsig samples import old --out samples
      quantsig samples import old --out samples --pattern '{symbol}_{time}' --bars bars.csv
    """
    from quantsig.cli.config import load
    from quantsig.data.samples.imports import Source, import_samples
    from quantsig.data.samples.legacy.sample_file import ReadLimits
    from quantsig.data.splits import doubts
    from quantsig.data.storage.atomic import refuse_existing

    settings = load(
        config,
        {
            "bars.timezone": timezone,
            "bars.session_start": session_start,
            "bars.bar_label": bar_label,
            "samples.path": out,
            "label.horizon_bars": horizon_bars,
        },
    )
    refuse_existing(settings.samples.path, force=force)
    checked = bars_of(bars, pattern, settings)
    source = Source(
        folder=folder,
        names=names_of(pattern, time_format, checked, settings),
        bars=checked,
        label=settings.label,
        limits=ReadLimits(memory_mb=memory_mb),
    )
    with stage("Importing samples") as progress:
        samples = import_samples(
            source,
            settings.samples.path,
            on=Workers(home=on, count=processes),
            force=force,
            progress=progress,
        )
    for doubt in doubts(samples.index):
        note(phrase("warning: {warning}", warning=term(doubt)))
    for suffix, count in samples.manifest.not_looked_at.items():
        note(phrase("not looked at: {count} files in {suffix}", count=count, suffix=suffix))
    rejected = samples.manifest.rejected
    figures = figures_of(samples) | {"rejected": len(rejected)}
    if json:
        print_document(
            "samples.import", figures, path=str(samples.path), manifest=samples.manifest.as_dict()
        )
        return
    print_figures(figures)
    if rejected:
        print_table(
            [asdict(one) for one in rejected[:SHOWN]], {"file": "rejected file", "reason": "why"}
        )
    if len(rejected) > SHOWN:
        note(
            phrase(
                "{more} more rejected files are listed in the manifest", more=len(rejected) - SHOWN
            )
        )
    print(samples.path)


def bars_of(bars: Path | None, pattern: str | None, settings: "Settings") -> "CheckedBars | None":
    """The bars that follow the trades of the samples."""
    from quantsig.data.readers import read_bars

    if bars is None:
        return None
    if pattern is None:
        raise typer.BadParameter(
            term("--bars needs --pattern, to know each sample's symbol and time.")
        )
    with stage("Reading bars"):
        return read_bars(bars, settings.bars, quarantine=settings.bars.quarantine)


def names_of(
    pattern: str | None, time_format: str | None, bars: "CheckedBars | None", settings: "Settings"
) -> "NameOptions | None":
    """How the files are named."""
    from quantsig.data.samples.legacy.file_names import NameOptions

    if pattern is None:
        return None
    return NameOptions(
        pattern=pattern,
        time_format=time_format,
        timezone=settings.bars.timezone or "UTC",
        bar_label=settings.bars.bar_label or "open",
        interval=bars.interval if bars else settings.bars.interval,
    )
