"""`quantsig samples`: draw the charts of bars into a sample set, and look at one."""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quantsig.cli.arguments import (
    Adjust,
    BarLabel,
    BarsPath,
    Config,
    DropUnfinished,
    Force,
    Interval,
    Json,
    Layout,
    Pairs,
    Quarantine,
    SamplesPath,
    SessionStart,
    Sort,
    Symbol,
    Timezone,
    how_bars_are_read,
    writable,
)
from quantsig.cli.commands.samples.draw import draw
from quantsig.cli.commands.samples.extend import extend
from quantsig.cli.commands.samples.import_ import import_
from quantsig.cli.commands.samples.shown import show
from quantsig.cli.commands.samples.verify import verify
from quantsig.cli.named_bars import read_named_bars
from quantsig.cli.output import note, print_figures, print_table, printable, stage

if TYPE_CHECKING:
    from quantsig.cli.settings import Settings
    from quantsig.data.samples.store import SampleSet
    from quantsig.data.split_spec import SplitSpec

POWER_COLUMNS = {
    "split": "split",
    "samples": "samples",
    "independent": "independent",
    "share": "share selected",
    "selected": "rows selected",
    "precision": "smallest precision",
    "lift": "lift",
}
PROMISE_COLUMNS = {
    "rows": "rows",
    "samples": "samples",
    "stretches": "stretches",
    "share": "share selected",
    "independent": "independent",
}

app = typer.Typer(help="Build sample sets from bars and look at them.")


@app.command()
def build(
    bars: BarsPath = None,
    out: Annotated[
        Path | None, typer.Option("--out", callback=writable, help="The folder to write.")
    ] = None,
    preset: Annotated[str | None, typer.Option("--preset", help="Charts to draw.")] = None,
    chart: Annotated[
        Path | None, typer.Option("--chart", help="TOML file with a [chart] table.")
    ] = None,
    label: Annotated[str | None, typer.Option("--label", help="What to foresee.")] = None,
    horizon_bars: Annotated[
        int | None, typer.Option("--horizon-bars", help="Bars from the entry to the exit.")
    ] = None,
    rise: Annotated[
        float | None,
        typer.Option("--rise", help="Least return of a rise, in volatilities of the horizon."),
    ] = None,
    rise_fraction: Annotated[
        float | None, typer.Option("--rise-fraction", help="Least return of a rise, as a fraction.")
    ] = None,
    stride_bars: Annotated[
        int | None, typer.Option("--stride-bars", help="Bars from one decision to the next.")
    ] = None,
    layout: Layout = None,
    timezone: Timezone = None,
    session_start: SessionStart = None,
    bar_label: BarLabel = None,
    interval: Interval = None,
    symbol: Symbol = None,
    sort: Sort = None,
    quarantine: Quarantine = None,
    drop_unfinished: DropUnfinished = None,
    adjust: Adjust = None,
    threads: Annotated[
        int | None, typer.Option("--threads", min=1, help="Threads that build; one per core.")
    ] = None,
    pairs: Pairs = None,
    config: Config = None,
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
    """
    from quantsig.cli.config import load
    from quantsig.data.storage.atomic import refuse_existing

    settings = load(
        config,
        {
            "bars.source": bars,
            **how_bars_are_read(locals()),
            "samples.path": out,
            "samples.preset": preset,
            "samples.chart_file": chart,
            "samples.stride_bars": stride_bars,
            "label.name": label,
            "label.horizon_bars": horizon_bars,
            "label.rise": rise,
            "label.rise_fraction": rise_fraction,
        },
        pairs or [],
    )
    refuse_existing(settings.samples.path, force=force)
    built = build_from(settings, threads=threads, force=force)
    note_base_rate(built, settings.splits)
    show(built, verb="samples.build", json=json, source=False)


@app.command()
def info(samples: SamplesPath = None, config: Config = None, json: Json = False) -> None:
    """Say what is in a sample set, what it weighs, how good signals must be to tell them from
    luck on its splits, and which precision could be promised of them.

    \b
    Example:
      quantsig samples info samples
    """
    from quantsig.cli.config import load
    from quantsig.data.samples.store import open_samples

    settings = load(config, {"samples.path": samples})
    opened = open_samples(settings.samples.path)
    from quantsig.data.samples.size import stored_sizes

    weights = stored_sizes(opened)
    power = power_of(opened, settings.splits)
    promises = promises_of(opened, settings.splits) if power else []
    note_base_rate(opened, settings.splits)
    if json:
        show(
            opened,
            verb="samples.info",
            json=True,
            weights=weights,
            power=power,
            promises=promises,
        )
        return
    show(opened, verb="samples.info")
    print_figures(readable_weights(weights))
    for remark in remarks_on_weights(weights):
        note(remark)
    if power:
        print_table(power, POWER_COLUMNS)
        note(
            "the smallest precision that is told from the base rate of the training rows at 5 % "
            "with 80 % power, were so many independent rows selected; a dash: none is."
        )
    if promises:
        show_promises(promises)


def show_promises(promises: list[dict[str, Any]]) -> None:
    """The highest precision that could be promised, by what the signals' precision is."""
    seen = {f"of {float(name):.0%}": name for name in promises[0]["targets"]}
    rows = [
        {**one, **{title: percent(one["targets"][name]) for title, name in seen.items()}}
        for one in promises
    ]
    print_table(rows, PROMISE_COLUMNS | {title: title for title in seen})
    note(
        "of 60%: the highest --precision that could be promised at 90 % confidence of signals "
        "that hit in 60 % of the rows they are chosen on; a dash: none, for a promise takes "
        "signals in 20 stretches of time. Signals are taken to lie evenly in time, so these are "
        "the best to hope for. walk: the rows that quantsig walk tests before the test split; "
        "quantsig thresholds RUN --on walk counts those. That the base rate wanders, which lets "
        f"less be promised, is sure to {promises[0]['regimes']:.0%} by the training labels."
    )


def percent(value: float | None) -> str:
    """A share for people, rounded down, so that what is shown is promised."""
    return "-" if value is None else f"{math.floor(100 * value)}%"


def promises_of(samples: "SampleSet", splits: "SplitSpec") -> list[dict[str, Any]]:
    """What the calibration split and a walk could promise, a row per share; empty where unknown."""
    from quantsig.data.errors import DataError
    from quantsig.signals.thresholds.promisable import promisable

    try:
        return [one.as_dict() for one in promisable(samples, splits)]
    except DataError as error:
        note(f"promises: {error.what}")
        return []


def power_of(samples: "SampleSet", splits: "SplitSpec") -> list[dict[str, Any]]:
    """What the splits can detect, a row per split and share; empty, and told why, where unknown."""
    from quantsig.data.errors import DataError
    from quantsig.signals.significance.power import detectable

    try:
        return [one.as_dict() for one in detectable(samples, splits)]
    except DataError as error:
        note(f"power: {error.what}")
        return []


def readable_weights(weights: Mapping[str, Any]) -> dict[str, str]:
    """Each weight in the unit of its size, those that are estimated marked."""
    estimated = weights.get("estimated", ())
    return {
        name: in_bytes(value) + (" (estimated)" if name in estimated else "")
        for name, value in weights.items()
        if name.startswith("bytes_") or name.endswith("_bytes")
    }


def in_bytes(count: float | None) -> str:
    """A number of bytes for people, in powers of 1000; a dash where there is none."""
    if count is None:
        return "-"
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:,.3g} TB"


def remarks_on_weights(weights: Mapping[str, Any]) -> Iterator[str]:
    """What the weights of a set are, and which of them are estimates."""
    if "estimated" not in weights:
        return
    yield (
        f"estimated: estimates from {weights['encoded_samples']} samples that were encoded for "
        "that; legacy is the old format, a pickle under zstd-15."
    )
    if weights["drawn_from_bars_bytes"] is None:
        yield "drawn from bars: not known, for the set was imported without bars."
    elif "frames_bytes" not in weights["estimated"]:
        yield "drawn from bars: index and bars alone, were the pictures drawn when they are read."


def build_from(settings: "Settings", *, threads: int | None, force: bool) -> "SampleSet":
    """Read the bars and build the sample set that the settings name."""
    from quantsig.data.calendar.intervals import interval_text
    from quantsig.data.label_spec import label_text
    from quantsig.data.samples.build import BuildJob, build_samples

    bars_read = [read_named_bars(settings, quiet=True)]
    interval = bars_read[0].interval
    for sentence in bars_read[0].notes:  # before the work, which they may show to be for nothing
        note(printable(sentence))
    with stage("Building samples") as progress:
        built = build_samples(
            bars_read.pop(),
            settings.samples.path,
            chart=settings.samples.chart_of(interval),
            label=settings.label,
            stride_bars=settings.samples.stride_bars,
            job=BuildJob(threads=threads, force=force, progress=progress),
        )
    note(f"charts: {settings.samples.preset_of(interval)}, for bars of {interval_text(interval)}")
    note(f"label: {label_text(settings.label)}")
    return built


def note_base_rate(samples: "SampleSet", splits: "SplitSpec") -> None:
    """Warn where the event is too rare or too common, with the setting that would mend it."""
    from quantsig.data.samples.base_rate import base_rate_remark

    remark = base_rate_remark(samples, splits)
    if remark:
        note(f"warning: {remark}")


app.command()(draw)
app.command()(extend)
app.command()(verify)
app.command(name="import")(import_)
