"""`quantsig bench`: how fast and how small, as ratios measured in one run."""

import platform
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quantsig.cli.arguments import Device, Json, Model
from quantsig.cli.options.help import Verbs
from quantsig.cli.output import print_document, print_figures, print_line, print_table, stage
from quantsig.data.errors import UsageError
from quantsig.data.language.messages import phrase, term

if TYPE_CHECKING:
    from quantsig.data.benchmarks.bounds import Bound
    from quantsig.data.benchmarks.figures import BenchmarkFigures
    from quantsig.data.benchmarks.scale import Scale
    from quantsig.data.charts.spec import ChartSpec
    from quantsig.data.samples.store import SampleSet

COLUMNS = {"figure": "figure", "measured": "measured", "goal": "goal", "met": "met", "says": ""}
LEVEL_COLUMNS = {
    "codec": "codec",
    "level": "level",
    "bytes": "bytes a file",
    "write_ms": "write ms",
    "read_ms": "read ms",
}

SamplesOrDemo = Annotated[
    Path | None,
    typer.Argument(metavar="SAMPLES", help="A sample set; the demo bars if left out."),
]
Quick = Annotated[
    bool,
    typer.Option("--quick", help="Tiny sizes: shows that it runs, its figures mean nothing."),
]

app = Verbs(help="Measure what is fast, small or promised, each against its goal.")


@app.command()
def storage(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="FOLDER",
            help="A sample set, or a folder of .zst, .xz, .lzma or .pt samples; the demo bars "
            "if left out.",
        ),
    ] = None,
    files: Annotated[
        int, typer.Option("--files", min=1, help="How many of the folder's files are compressed.")
    ] = 2,
    quick: Quick = False,
    json: Json = False,
) -> None:
    """Weigh and time files and frames, and the opening of a set.

    With a folder of old samples it also prints what other codecs and levels
    make of those files; they are decompressed and never unpickled.

    \b
    Example:
      quantsig bench storage
      quantsig bench storage old_samples --json
    """
    from quantsig.data.samples.manifest import MANIFEST
    from quantsig.signals.benchmarks.storage import measure, pictures_of, read_files

    scale = _scale(quick)
    if folder is not None and not (folder / MANIFEST).is_file():
        chosen = _legacy_files(folder)[:files]
        with stage("Reading your files"):
            pictures = read_files(chosen)  # by processes that no file can make large
        levels = _levels(chosen)
        with stage("Measuring storage"):
            measured = measure(pictures, scale)
        _show("storage", measured, json=json, levels=levels)
        return
    with _samples(folder, scale.chart) as samples, stage("Measuring storage"):
        opened = samples if folder is not None else None
        measured = measure(pictures_of(samples, scale.pictures), scale, opened=opened)
    _show("storage", measured, json=json)


@app.command()
def draw(samples: SamplesOrDemo = None, quick: Quick = False, json: Json = False) -> None:
    """Time drawing against decoding old samples, matplotlib, PIL and a memset.

    \b
    Example:
      quantsig bench draw
      quantsig bench draw samples --json
    """
    from quantsig.signals.benchmarks.drawing import measure

    scale = _scale(quick)
    with _samples(samples, scale.chart) as opened, stage("Measuring drawing"):
        measured = measure(opened, scale)
    _show("draw", measured, json=json)


@app.command()
def loader(
    samples: SamplesOrDemo = None,
    device: Device = None,
    quick: Quick = False,
    json: Json = False,
) -> None:
    """Time the loader against old samples, and on a GPU a training that it feeds.

    \b
    Example:
      quantsig bench loader
      quantsig bench loader --device cuda --json
    """
    from quantsig.signals.benchmarks import feeding, loading
    from quantsig.signals.scoring.device import find_device

    scale, target = _scale(quick), find_device(device or "auto")
    with _samples(samples, scale.chart) as opened, stage("Measuring the loader"):
        measured = loading.measure(opened, scale)
    if target.type == "cuda":
        with _samples(samples, scale.gpu_chart) as opened, stage("Training on the GPU"):
            fed = feeding.measure(opened, scale, target)
    else:
        fed = feeding.not_measured("torch sees no GPU, or --device says cpu")
    _show("loader", measured + fed, json=json)


@app.command()
def train(
    samples: SamplesOrDemo = None,
    model: Model = None,
    device: Device = None,
    quick: Quick = False,
    json: Json = False,
) -> None:
    """Time a training step against a bare loop, the loader's part, cross-sections, and bf16.

    A model names the one whose steps are timed, and what is like it in what it reads: charts, or
    sequences and cross-sections. On a GPU also ResNet-50, ResNet-152 and swin: samples a second,
    memory, and their share of the rate at which the GPU multiplies matrices.

    \b
    Example:
      quantsig bench train
      quantsig bench train --model alstm --json
      quantsig bench train --device cuda --json
    """
    from quantsig.data.benchmarks.figures import BenchmarkFigures
    from quantsig.signals.benchmarks import card, cross_sections, memory_order, scoring, stepping
    from quantsig.signals.scoring.device import find_device

    scale, target = _scale(quick), find_device(device or "auto")
    networks = _timed_networks(model)
    measured = BenchmarkFigures(figures={})
    with _samples(samples, scale.step_chart) as opened:
        if "planes" in networks:
            with stage("Measuring training steps"):
                measured += stepping.measure(opened, scale, target, networks["planes"])
            with stage("Measuring scoring"):
                measured += scoring.measure(opened, scale)
            with stage("Measuring orders of memory"):
                measured += memory_order.measure(opened, scale)
        if "sequence" in networks:
            with stage("Measuring steps on sequences"):
                network = networks["sequence"]
                measured += stepping.measure_sequences(opened, scale, target, network)
    if "cross_section" in networks:
        with stage("Measuring cross-sections"):
            measured += cross_sections.measure(scale, target, networks["cross_section"])
    if target.type == "cuda" and "planes" in networks:
        with _samples(samples, scale.gpu_chart) as opened, stage("Training on the GPU"):
            measured += card.measure(opened, scale, target)
    elif "planes" in networks:
        measured += card.not_measured("torch sees no GPU, or --device says cpu")
    _show("train", measured, json=json)


def _timed_networks(model: str | None) -> dict[str, str]:
    """The network of each kind of input whose steps are timed."""
    from quantsig.signals.benchmarks import cross_sections, stepping
    from quantsig.signals.models import find_model

    sequences = {"sequence": stepping.OF_SEQUENCES, "cross_section": cross_sections.NETWORK}
    if model is None:
        return {"planes": stepping.NETWORK, **sequences}
    found = find_model(model)
    reads = found.reads
    if reads == "news" or found.fit:
        why = "it reads news" if reads == "news" else "it is fitted at once"
        raise UsageError(
            phrase("the steps of {model} are not timed: {why}.", model=model, why=term(why)),
            where="--model",
            remedy="Name a network that reads charts, sequences or cross-sections.",
        )
    return {"planes": model} if reads == "planes" else {**sequences, reads: model}


@app.command()
def planted(
    model: Model = None, device: Device = None, quick: Quick = False, json: Json = False
) -> None:
    """Train a network on bars that hold a known pattern, three times, and judge it by an oracle.

    One that reads all symbols together is shown symbols that follow one of them; one that reads
    news, items with a word that decides, and once more where these come after the decision.

    \b
    Example:
      quantsig bench planted --json
      quantsig bench planted --model alstm
      quantsig bench planted --model dtml
      quantsig bench planted --model han
    """
    from quantsig.signals.benchmarks.planted import leader, news, pattern
    from quantsig.signals.models import find_model
    from quantsig.signals.scoring.device import find_device

    target, network = find_device(device or "auto"), model or pattern.NETWORK
    controls = {"cross_section": leader.measure, "news": news.measure}
    with stage("Training on the planted pattern") as progress:
        measure = controls.get(find_model(network).reads, pattern.measure)
        measured = measure(_scale(quick), target, progress, network)
    _show("planted", measured, json=json)


@app.command()
def acl18(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER",
            help="The daily bars of stocknet-dataset with their adjusted closes.",
        ),
    ],
    device: Device = None,
    quick: Quick = False,
    json: Json = False,
) -> None:
    """Train the published networks of ACL18 from five seeds, beside rules and simple models.

    Intervals draw whole days again; published numbers stand beside ours.

    \b
    Example:
      quantsig bench acl18 stocknet-dataset/price/raw
    """
    from quantsig.signals.benchmarks.acl18 import measure, read_acl18

    bars = read_acl18(folder)
    with stage("Training on ACL18") as progress:
        measured = measure(bars, _scale(quick), device or "auto", progress)
    _show("acl18", measured, json=json, tables=("models",))


@app.command()
def thresholds(quick: Quick = False, json: Json = False) -> None:
    """Time the trade-off table, and count how often a promise of precision is broken.

    \b
    Example:
      quantsig bench thresholds --json
    """
    from quantsig.signals.benchmarks.thresholds import table as threshold_table
    from quantsig.signals.benchmarks.thresholds.promises import measure

    scale = _scale(quick)
    with stage("Measuring the trade-off table"):
        table = threshold_table.measure(scale)
    with stage("Simulating calibration sets"):
        promises = measure(scale)
    _show("thresholds", table + promises, json=json, tables=("families",))


@app.command()
def verdict(quick: Quick = False, json: Json = False) -> None:
    """Count how often the verdict claims an edge where there is none, and where one is planted.

    Made markets with known truth are traded and described by the product's own functions.

    \b
    Example:
      quantsig bench verdict --json
    """
    from quantsig.backtest.benchmarks.verdict import measure

    with stage("Simulating markets") as progress:
        measured = measure(_scale(quick), progress)
    _show("verdict", measured, json=json)


@app.command("forward")
def watched(quick: Quick = False, json: Json = False) -> None:
    """Count how often a promise that is watched at every window is called broken, kept or not.

    \b
    Example:
      quantsig bench forward --json
    """
    from quantsig.signals.benchmarks.forward.promises import measure

    with stage("Watching promises") as progress:
        measured = measure(_scale(quick), progress)
    _show("forward", measured, json=json, tables=("worlds",))


@app.command()
def trust(quick: Quick = False, json: Json = False) -> None:
    """Count changed bytes that are told, planted leaks that are found, and time an audit.

    \b
    Example:
      quantsig bench trust --json
    """
    from quantsig.backtest.benchmarks import leak_audit
    from quantsig.backtest.benchmarks.trust import measure

    scale = _scale(quick)
    with stage("Changing bytes") as progress:
        measured = measure(scale, progress)
    with stage("Auditing planted leaks") as progress:
        measured += leak_audit.measure(scale, progress)
    _show("trust", measured, json=json)


@app.command()
def sweep(quick: Quick = False, json: Json = False) -> None:
    """Time and weigh the sweep against vectorbt and backtesting.py, and compare their equities.

    vectorbt takes some 10 GB of memory for the full size.

    \b
    Example:
      quantsig bench sweep --json
    """
    from quantsig.backtest.benchmarks.sweep import measure

    with stage("Measuring the sweep") as progress:
        measured = measure(_scale(quick), progress)
    _show("sweep", measured, json=json)


@app.command()
def real(quick: Quick = False, json: Json = False) -> None:
    """Weigh and time `backtest` and `signals --latest` as a user runs them.

    Makes 1.35 million 5-minute bars of 14 futures and trains a network on them for an epoch, then
    1.5 million daily bars of 1,026 stocks for `backtest --deciles 10`; what counts are the whole
    processes afterwards, imports included.

    \b
    Example:
      quantsig bench real --json
    """
    from quantsig.backtest.benchmarks.real import measure

    with stage("Measuring whole commands") as progress:
        measured = measure(_scale(quick), progress)
    _show("real", measured, json=json)


@app.command("scale")
def growth(quick: Quick = False, json: Json = False) -> None:
    """Weigh and time each step from bars to the report on 100, 1,000 and 10,000 symbols.

    The largest size is 10 million bars and a million samples: hours on a slow machine.

    \b
    Example:
      quantsig bench scale --json
    """
    from quantsig.backtest.benchmarks.growth import measure

    with stage("Measuring growth") as progress:
        measured = measure(_scale(quick), progress)
    _show("scale", measured, json=json, tables=("steps",))


@app.command()
def explain(quick: Quick = False, json: Json = False) -> None:
    """Rank the planes of networks that learnt a planted pattern, and of shuffled labels.

    \b
    Example:
      quantsig bench explain --json
    """
    from quantsig.signals.benchmarks.explaining import measure

    with stage("Explaining trainings") as progress:
        measured = measure(_scale(quick), progress)
    _show("explain", measured, json=json)


@app.command()
def start(quick: Quick = False, json: Json = False) -> None:
    """Time and weigh `runs list` and `thresholds` as whole processes, medians of five.

    \b
    Example:
      quantsig bench start --json
    """
    from quantsig.backtest.benchmarks.start import measure

    with stage("Starting verbs") as progress:
        measured = measure(_scale(quick), progress)
    _show("start", measured, json=json)


@app.command()
def tasks(quick: Quick = False, json: Json = False) -> None:
    """Do the same tasks in processes and in Ray, and foretell 1 to 1,024 workers.

    The growth is simulated event by event, from the times of tasks, of handing one over and of
    starting a worker that were measured here.

    \b
    Example:
      quantsig bench tasks --json
    """
    from quantsig.data.benchmarks.many_tasks import measure

    with stage("Doing tasks") as progress:
        measured = measure(_scale(quick).repetitions, quick=quick, progress=progress)
    _show("tasks", measured, json=json, tables=("growth",))


def _scale(quick: bool) -> "Scale":
    from quantsig.data.benchmarks.scale import FULL, QUICK

    return QUICK if quick else FULL


@contextmanager
def _samples(path: Path | None, chart: "ChartSpec") -> Iterator["SampleSet"]:
    """The named set, or one of the demo bars for as long as it is measured."""
    from quantsig.data.demo import demo_bars
    from quantsig.data.label_spec import LabelSpec
    from quantsig.data.samples.build import build_samples
    from quantsig.data.samples.store import open_samples

    if path is not None:
        yield open_samples(path)
        return
    with tempfile.TemporaryDirectory(prefix="quantsig-bench-") as folder:
        yield build_samples(demo_bars(), Path(folder) / "demo", chart=chart, label=LabelSpec())


def _legacy_files(folder: Path) -> list[Path]:
    from quantsig.data.benchmarks.levels import legacy_files
    from quantsig.data.errors import DataError

    files = legacy_files(folder) if folder.is_dir() else []
    if not files:
        raise DataError(
            "this is neither a sample set nor a folder of samples.",
            where=str(folder),
            remedy="Name a folder with a manifest.json, or with .zst, .xz, .lzma or .pt files.",
        )
    return files


def _levels(files: list[Path]) -> list[dict[str, Any]]:
    from quantsig.data.benchmarks.levels import level_table

    with stage("Compressing your files") as progress:
        return list(level_table(files, progress))


def _show(
    benchmark: str,
    measured: "BenchmarkFigures",
    *,
    json: bool,
    levels: list[dict[str, Any]] | None = None,
    tables: tuple[str, ...] = (),
) -> None:
    from quantsig.data.benchmarks.bounds import BOUNDS

    bounds = {name: one for name, one in BOUNDS[benchmark].items() if name in measured.figures}
    figures = {name: measured.figures[name] for name in bounds}
    if json:
        print_document(
            "bench",
            figures,
            benchmark=benchmark,
            missing=measured.missing,
            details=measured.details,
            remarks=measured.remarks,
            levels=levels or [],
            machine=platform.platform(),
        )
        return
    print_table((_row(name, figures[name], bound) for name, bound in bounds.items()), COLUMNS)
    print_figures({name: one for name, one in measured.details.items() if name not in tables})
    for name in tables:
        rows = measured.details[name]
        print_table(rows, {column: column.replace("_", " ") for column in rows[0]})
    if levels:
        print_table(levels, LEVEL_COLUMNS)
    for name, reason in measured.missing.items():
        print_line(phrase("{name} was not measured: {reason}.", name=name, reason=term(reason)))
    for remark in measured.remarks:
        print_line(remark)


def _row(name: str, figure: float | None, bound: "Bound") -> dict[str, Any]:
    return {
        "figure": name,
        "measured": figure,
        "goal": str(bound),
        "met": None if figure is None else ("yes" if bound.met(figure) else "no"),
        "says": bound.says,
    }
