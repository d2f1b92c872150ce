"""`quantsig samples extend`: let a sample set grow by newer bars."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quantsig.cli.arguments import (
    BarLabel,
    Config,
    Interval,
    Json,
    Quarantine,
    SessionStart,
    Sort,
    Symbol,
    Timezone,
)
from quantsig.cli.output import print_document, print_figures, stage

if TYPE_CHECKING:
    from quantsig.cli.config import Settings
    from quantsig.data.bars import CheckedBars


def extend(
    samples: Annotated[Path, typer.Argument(metavar="SAMPLES", help="The sample set.")],
    bars: Annotated[
        Path,
        typer.Argument(
            metavar="BARS",
            help="Newer bars, as for build, that begin with bars the set holds.",
        ),
    ],
    timezone: Timezone = None,
    session_start: SessionStart = None,
    bar_label: BarLabel = None,
    interval: Interval = None,
    symbol: Symbol = None,
    sort: Sort = None,
    quarantine: Quarantine = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Add newer bars and their samples; what is stored keeps its bytes and its ids.

    \b
    Example:
      quantsig samples extend samples newer.csv --timezone America/New_York
    """
    from quantsig.cli.config import load
    from quantsig.data.samples.extend import extend_samples
    from quantsig.data.samples.store import read_manifest

    settings = load(
        config,
        {
            "bars.source": bars,
            "bars.timezone": timezone,
            "bars.session_start": session_start,
            "bars.bar_label": bar_label,
            "bars.interval": interval,
            "bars.symbol": symbol,
            "bars.sort": sort,
            "bars.quarantine": quarantine,
            "samples.path": samples,
        },
    )
    before = read_manifest(samples)
    bars_read = [read_named_bars(settings)]
    with stage("Extending samples") as progress:  # handed over, so that they do not stay in memory
        after = extend_samples(samples, bars_read.pop(), progress=progress).manifest
    figures = {
        "new_samples": after["samples"] - before["samples"],
        "new_labels": after["labelled"] - before["labelled"],
        "samples": after["samples"],
        "labelled": after["labelled"],
    }
    if json:
        print_document("samples.extend", figures, path=str(samples), manifest=after)
        return
    print_figures(figures)
    print(samples)


def read_named_bars(settings: "Settings") -> "CheckedBars":
    """Read and check the bars that the settings name."""
    from quantsig.data.errors import UsageError
    from quantsig.data.readers import read_bars

    if settings.bars.source is None:
        raise UsageError(
            "no bars were named.",
            where="quantsig samples build",
            remedy="Name a file or folder, or set [bars] source in quantsig.toml.",
        )
    with stage("Reading bars"):
        return read_bars(settings.bars.source, settings.bars, quarantine=settings.bars.quarantine)
