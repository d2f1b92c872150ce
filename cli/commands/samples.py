"""`quantsig samples`: draw the charts of bars into a sample set, and look at one."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quantsig.cli.arguments import BarsPath, Config, Force, Json, SamplesPath
from quantsig.cli.commands.samples_draw import draw
from quantsig.cli.output import note, print_document, print_figures, stage

if TYPE_CHECKING:
    from quantsig.cli.config import Settings
    from quantsig.data.samples.store import SampleSet

NAMED = 5  # symbols that one remark lists

app = typer.Typer(help="Build sample sets from bars and look at them.")


@app.command()
def build(
    bars: BarsPath = None,
    out: Annotated[Path | None, typer.Option("--out", help="The folder to write.")] = None,
    preset: Annotated[str | None, typer.Option("--preset", help="Charts to draw.")] = None,
    chart: Annotated[
        Path | None, typer.Option("--chart", help="TOML file with a [chart] table.")
    ] = None,
    label: Annotated[str | None, typer.Option("--label", help="What to foresee.")] = None,
    horizon_bars: Annotated[
        int | None, typer.Option("--horizon-bars", help="Bars from the entry to the exit.")
    ] = None,
    rise_fraction: Annotated[
        float | None, typer.Option("--rise-fraction", help="Return that counts as a rise.")
    ] = None,
    stride_bars: Annotated[
        int | None, typer.Option("--stride-bars", help="Bars from one decision to the next.")
    ] = None,
    timezone: Annotated[
        str | None, typer.Option("--timezone", help="Clock of the bars, such as America/New_York.")
    ] = None,
    bar_label: Annotated[
        str | None, typer.Option("--bar-label", help="Bars are stamped with their open or close.")
    ] = None,
    interval: Annotated[
        str | None, typer.Option("--interval", help="Time from bar to bar, such as 15m, 1h, 1d.")
    ] = None,
    symbol: Annotated[
        str | None, typer.Option("--symbol", help="Name of the one symbol in the file.")
    ] = None,
    sort: Annotated[
        bool | None, typer.Option("--sort", help="Sort bars that are out of order.")
    ] = None,
    quarantine: Annotated[
        bool | None, typer.Option("--quarantine", help="Set bad rows aside instead of refusing.")
    ] = None,
    config: Config = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Draw the charts of bars and label them.

    \b
    Example:
      quantsig samples build bars.csv --out samples --timezone America/New_York
      quantsig samples build folder_of_csv --interval 1h --bar-label open
    """
    from quantsig.cli.config import load
    from quantsig.data.files import refuse_existing

    settings = load(
        config,
        {
            "bars.source": bars,
            "bars.timezone": timezone,
            "bars.bar_label": bar_label,
            "bars.interval": interval,
            "bars.symbol": symbol,
            "bars.sort": sort,
            "bars.quarantine": quarantine,
            "samples.path": out,
            "samples.preset": preset,
            "samples.chart_file": chart,
            "samples.stride_bars": stride_bars,
            "label.name": label,
            "label.horizon_bars": horizon_bars,
            "label.rise_fraction": rise_fraction,
        },
    )
    refuse_existing(settings.samples.path, force=force)
    show(build_from(settings, force=force), verb="samples.build", json=json)


@app.command()
def info(samples: SamplesPath = None, config: Config = None, json: Json = False) -> None:
    """Say what is in a sample set.

    \b
    Example:
      quantsig samples info samples
    """
    from quantsig.cli.config import load
    from quantsig.data.samples.store import open_samples

    settings = load(config, {"samples.path": samples})
    show(open_samples(settings.samples.path), verb="samples.info", json=json)


def build_from(settings: "Settings", *, force: bool) -> "SampleSet":
    """Read the bars and build the sample set that the settings name."""
    from quantsig.data.errors import UsageError
    from quantsig.data.readers import read_bars
    from quantsig.data.samples.build import build_samples

    if settings.bars.source is None:
        raise UsageError(
            "no bars were named.",
            where="quantsig samples build",
            remedy="Name a file or folder, or set [bars] source in quantsig.toml.",
        )
    with stage("Reading bars"):
        checked = read_bars(
            settings.bars.source, settings.bars, quarantine=settings.bars.quarantine
        )
    with stage("Building samples") as progress:
        return build_samples(
            checked,
            settings.samples.path,
            chart=settings.samples.chart,
            label=settings.label,
            stride_bars=settings.samples.stride_bars,
            force=force,
            progress=progress,
        )


def show(samples: "SampleSet", *, verb: str, json: bool) -> None:
    """Print what a sample set holds."""
    figures = figures_of(samples)
    for remark in remarks_on(samples.manifest):
        note(remark)
    if json:
        print_document(verb, figures, path=str(samples.path), manifest=samples.manifest)
        return
    print_figures(figures)
    print(samples.path)


def remarks_on(manifest: Mapping[str, Any]) -> Iterator[str]:
    """What a reader should know: no volume, rows set aside, symbols left out, large windows."""
    history = manifest["history_bars"]
    if not manifest.get("has_volume", True):
        yield "no volume: the source has none, so the volume planes are empty"
    for rule, count in manifest["quarantined"].items():
        yield f"set aside: {count} rows, {rule}"
    for symbol, bars in manifest["left_out"]["symbols_too_short"].items():
        yield f"left out: {symbol} has {bars} bars, a chart needs {history}"
    large = manifest["large_windows"]
    if large:
        more = f" and {len(large) - NAMED} more" if len(large) > NAMED else ""
        yield (
            f"large window: the {history} bars of one chart are over a quarter of all the bars of "
            + ", ".join(large[:NAMED])
            + more
        )


def figures_of(samples: "SampleSet") -> dict[str, Any]:
    """Counts, span and chart size of a sample set."""
    labels = samples.index["label"].drop_nulls()
    times = samples.index["decision_time"]
    event = len(samples.classes) - 1
    planes, height, width = samples.chart.shape
    return {
        "samples": len(samples),
        "labelled": len(labels),
        "base_rate": (labels == event).mean() if samples.classes else None,
        "symbols": samples.index["symbol"].n_unique(),
        "first_decision": times.min(),
        "last_decision": times.max(),
        "label": samples.label.name,
        "planes": planes,
        "height": height,
        "width": width,
    }


app.command()(draw)
