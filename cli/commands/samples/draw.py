"""`quantsig samples draw`: look at one sample."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quantsig.cli.arguments import Config, Force, Json, SamplesPath, writable
from quantsig.cli.output import note, print_document, print_figures
from quantsig.data.language.messages import phrase, term
from quantsig.data.language.saying import language

if TYPE_CHECKING:
    from quantsig.data.samples.store import SampleSet

DAY = timedelta(days=1)
CHINESE = "zh"  # whose screens show what rises in red


def draw(
    samples: SamplesPath = None,
    sample: Annotated[
        int | None, typer.Option("--sample", help="Its sample_id; the last if left out.")
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", callback=writable, help="The PNG file to write.")
    ] = Path("sample.png"),
    composite: Annotated[
        bool, typer.Option("--composite/--no-composite", help="Show coloured candles and volume.")
    ] = True,
    sheet: Annotated[
        bool, typer.Option("--sheet/--no-sheet", help="Show every plane with its name.")
    ] = True,
    red_up: Annotated[
        bool | None,
        typer.Option(
            "--red-up/--blue-up", help="Colour of higher closes; red if left out in Chinese."
        ),
    ] = None,
    config: Config = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Show a sample: coloured candles, and every plane with its name.

    Candles that closed higher are hollow, others filled; blue and orange, or red and green.
    It is the chart of the sample's own symbol: a model of sequences, cross-sections or news reads
    numbers of the same bars in its place, and those of other symbols or items are not drawn.

    \b
    Example:
      quantsig samples draw samples --sample 120 --out x.png
      quantsig samples draw samples --sample 120 --no-sheet
    """
    import numpy as np

    from quantsig.cli.config import load
    from quantsig.data.charts.layout import missing_font
    from quantsig.data.charts.picture import RED_UP, SAFE, as_planes, sample_picture
    from quantsig.data.charts.png import write_png
    from quantsig.data.errors import UsageError
    from quantsig.data.samples.store import open_samples
    from quantsig.data.storage.atomic import refuse_existing

    if not (composite or sheet):
        raise UsageError(
            "nothing is left to draw.",
            where="--no-composite --no-sheet",
            remedy="Leave one of the two out.",
        )
    refuse_existing(out, force=force)
    opened = open_samples(load(config, {"samples.path": samples}).samples.path)
    number = _checked(sample, opened)
    named = as_planes(opened.read(np.array([number]))[0], opened.manifest.planes or ())
    names, planes = list(named), np.stack(list(named.values()))
    title = _title(opened, number)
    red = language() == CHINESE if red_up is None else red_up
    write_png(
        out,
        sample_picture(
            planes,
            names,
            title=title,
            composite=composite,
            sheet=sheet,
            market=RED_UP if red else SAFE,
        ),
    )
    empty = [name for name, plane in zip(names, planes, strict=True) if not plane.any()]
    volume = [name for name in names if "volume" in name]
    if volume and set(volume) <= set(empty):
        note("no volume: there is none in this window, so the volume planes are empty")
    lacking = missing_font()
    if lacking:
        note(lacking)
    figures = _figures(opened, number, planes.shape, empty)
    if json:
        print_document("samples.draw", figures, path=str(out), empty_planes=empty)
        return
    print_figures(figures)
    print(out)


def _checked(sample: int | None, samples: "SampleSet") -> int:
    from quantsig.data.errors import UsageError

    number = len(samples) - 1 if sample is None else sample
    if 0 <= number < len(samples):
        return number
    raise UsageError(
        phrase("there is no sample {number}.", number=number),
        where=str(samples.path),
        remedy=phrase("It has the samples 0 to {last}.", last=len(samples) - 1),
    )


def _title(samples: "SampleSet", number: int) -> str:
    from quantsig.data.charts.layout import drawn_word

    row = samples.index.row(number, named=True)
    symbol, decided, label = row.get("symbol"), row.get("decision_time"), row.get("label")
    parts = [drawn_word(phrase("sample {number}", number=number)), symbol]
    if decided is not None:
        parts.append(_when(decided, samples.manifest.interval_seconds))
    if label is not None:
        of_class = samples.classes[int(label)] if samples.classes else f"{label:g}"
        parts.append(drawn_word(phrase("label: {label}", label=term(of_class))))
    if row.get("forward_return") is not None:
        earned = phrase("forward return {share:+.2%}", share=row["forward_return"])
        parts.append(drawn_word(earned))
    return "   ".join(part for part in parts if part)


def _when(decided: datetime, interval_seconds: float | None) -> str:
    """A decision's time; that of a daily bar is the day that the bar covers."""
    if interval_seconds is not None and interval_seconds >= DAY.total_seconds():
        return (decided - DAY / 2).strftime("%Y-%m-%d")
    return decided.strftime("%Y-%m-%d %H:%M UTC")


def _figures(
    samples: "SampleSet", number: int, shape: tuple[int, ...], empty: list[str]
) -> dict[str, Any]:
    row = samples.index.row(number, named=True)
    known = ("symbol", "decision_time", "label", "forward_return")
    planes, height, width = shape
    return {
        "sample": number,
        **{name: row.get(name) for name in known},
        "planes": planes,
        "empty_planes": len(empty),
        "height": height,
        "width": width,
    }
