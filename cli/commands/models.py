"""`quantsig models`: what can be trained, and what each model takes for the charts at hand."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quantsig.cli.arguments import Config, Json, SamplesPath
from quantsig.cli.output import note, print_document, print_line, print_table
from quantsig.data.language.messages import Message, phrase, term

if TYPE_CHECKING:
    from pathlib import Path

    from quantsig.settings import Settings
    from quantsig.signals.models.sequences.settings import ModelSettings
    from quantsig.signals.shape import ModelShape

MEBIBYTE = 1024**2
READS = {  # what a split is called by is another word in other languages
    "planes": term("planes"),
    "sequence": Message("sequence", code="a sequence of bars", params={}),
    "cross_section": term("all symbols of a time"),
    "news": term("news"),
}
COLUMNS = {
    "model": "model",
    "reads": "reads",
    "learns": "learns",
    "parameters": "parameters",
    "gflops": "GFLOPs a sample",
    "training_mib": "MiB to train",
    "settings": "settings",
}


def models(
    samples: SamplesPath = None,
    batch_size: Annotated[
        int | None, typer.Option("--batch-size", min=1, help="Samples of a training step.")
    ] = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """List the models with parameters, GFLOPs and memory for the samples or charts at hand.

    GFLOPs are those of a forward pass of one sample, two for each multiply-add. The memory is an
    estimate in float32: weights, gradients, AdamW moments and the activations of one batch.

    \b
    Example:
      quantsig models
      quantsig models samples --batch-size 16 --json
    """
    from quantsig.cli.config import load

    settings = load(config, {"samples.path": samples, "train.batch_size": batch_size})
    shape, source = shape_at_hand(settings, samples)
    size = settings.train.batch_size
    rows = rows_of(shape, size, settings.model)
    figures = {
        "models": len(rows),
        "planes": shape.planes,
        "height": shape.height,
        "width": shape.width,
        "outputs": shape.outputs,
        "batch_size": size,
    }
    if json:
        print_document("models", figures, source=source, rows=rows)
        return
    outputs = (
        phrase("{n} output", n=1) if shape.outputs == 1 else phrase("{n} outputs", n=shape.outputs)
    )
    print_line(
        phrase(
            "{source}: {planes} planes of {height} x {width}, {outputs}, batches of {size}",
            source=source,
            planes=shape.planes,
            height=shape.height,
            width=shape.width,
            outputs=outputs,
            size=size,
        )
    )
    shown = [{**row, "settings": _told(row["settings"])} for row in rows if row["why_not"] is None]
    print_table(shown, COLUMNS)
    for row in rows:
        if row["why_not"] is not None:
            note(phrase("{model}: {why}", model=row["model"], why=term(row["why_not"])))


def shape_at_hand(settings: "Settings", named: "Path | None") -> tuple["ModelShape", str]:
    """That of the sample set, or of the charts of the settings where there is none."""
    from quantsig.data.label_spec import LABELS
    from quantsig.data.samples.manifest import MANIFEST
    from quantsig.data.samples.store import open_samples
    from quantsig.signals.shape import shape_of_chart, shape_of_samples

    path = settings.samples.path
    if named is not None or (path / MANIFEST).is_file():
        opened = open_samples(path)
        spec = settings.input
        if spec.universe is None and opened.drawn and len(opened.manifest.symbols) > 1:
            spec = replace(spec, universe=opened.manifest.symbols)  # as all of them train
        return shape_of_samples(opened, len(opened.classes) or 1, spec), str(path)
    classes = LABELS[settings.label.name].classes
    shape = shape_of_chart(settings.samples.chart, len(classes) or 1, settings.input)
    return shape, term("the charts of the settings")


def rows_of(shape: "ModelShape", batch_size: int, given: "ModelSettings") -> list[dict[str, Any]]:
    """A row per model, with what is given of its own settings; those that do not fit say why."""
    from quantsig.data.errors import ConfigError
    from quantsig.signals.models import MODELS
    from quantsig.signals.models.sequences.settings import own_parts
    from quantsig.signals.models.sizes import model_size

    rows = []
    for name, model in MODELS.items():
        own = own_parts(model.settings, given)
        row: dict[str, Any] = {
            "model": name,
            "reads": READS[model.reads],
            "learns": term("by gradient" if model.fit is None else "at once"),
            "parameters": None,
            "gflops": None,
            "training_mib": None,
            "settings": own,
            "why_not": None,
        }
        try:
            size = model_size(name, shape, batch_size, own)
        except ConfigError as error:
            rows.append({**row, "why_not": error.what})
            continue
        row |= {"parameters": size.parameters, "gflops": size.gflops}
        if size.training_bytes is not None:
            row["training_mib"] = -(-size.training_bytes // MEBIBYTE)
        rows.append(row)
    return rows


def _told(own: dict[str, Any]) -> str:
    """Settings by name, those that follow from others left out."""
    return ", ".join(f"{name} {value}" for name, value in own.items() if value is not None)
