"""How the model learned, epoch by epoch."""

import polars as pl
from plotly.graph_objects import Figure as Drawing
from plotly.graph_objects import Scatter

from quantsig.reports import theme
from quantsig.reports.inputs import Inputs
from quantsig.reports.numerals import count, duration, number, share
from quantsig.reports.page import Column, Figure, Number, Section, tabulate

COLOURS = {"running": theme.AMBER, "train": theme.GREY, "validation": theme.BLUE}
MANY_EPOCHS = 200
FEW_EPOCHS = 12  # up to here each has its own tick

COLUMNS = {
    "epoch": Column(label="Epoch", write=count, numeric=True),
    "split": Column(label="Split"),
    "loss": Column(label="Loss", write=lambda value: number(value, 4), numeric=True),
    "average_precision": Column(
        label="Average precision", write=lambda value: number(value, 3), numeric=True
    ),
    "roc_auc": Column(label="ROC AUC", write=lambda value: number(value, 3), numeric=True),
    "precision": Column(label="Precision", write=share, numeric=True),
    "recall": Column(label="Recall", write=share, numeric=True),
    "learning_rate": Column(
        label="Learning rate",
        write=lambda value: "–" if value is None else f"{value:.1e}",
        numeric=True,
    ),
}


def section(inputs: Inputs) -> Section:
    """Loss and average precision per epoch, and the epoch whose weights were kept."""
    metrics, chosen = inputs.metrics, inputs.run.record.get("best_epoch")
    if metrics is None or metrics.is_empty():
        return Section(title="Training", missing="This run has no metrics: it was not trained yet.")
    return Section(
        title="Training",
        numbers=_numbers(metrics, chosen),
        figures=(_loss(metrics, chosen), _average_precision(metrics, chosen)),
        tables=(tabulate("Epochs", metrics, COLUMNS, limit=MANY_EPOCHS, sortable=True),),
    )


def _numbers(metrics: pl.DataFrame, chosen: int | None) -> tuple[Number, ...]:
    validation = metrics.filter(split="validation")
    kept = validation.filter(epoch=chosen)
    best = kept["average_precision"].first() if kept.height else None
    base = kept["base_rate"].first() if kept.height else None
    return (
        Number(
            label="Epochs",
            value=count(metrics["epoch"].n_unique()),
            meaning="Passes over the training samples before training stopped.",
        ),
        Number(
            label="Kept epoch",
            value=count(chosen),
            meaning="The epoch whose weights were kept: the lowest validation loss.",
        ),
        Number(
            label="Validation average precision",
            value=number(best, 3),  # type: ignore[arg-type]
            meaning="Area under the precision-recall curve of the validation rows, kept epoch.",
            beside=f"chance {number(base, 3)}",  # type: ignore[arg-type]
        ),
        Number(
            label="Time",
            value=duration(metrics["seconds"].max()),  # type: ignore[arg-type]
            meaning="From the start of the training to the end of its last epoch.",
        ),
    )


def _loss(metrics: pl.DataFrame, chosen: int | None) -> Figure:
    lines = [_line(metrics, split, "loss") for split in COLOURS]
    return Figure(
        name="loss",
        title="Loss per epoch",
        drawing=_per_epoch(lines, "loss", chosen),
        meaning="Mean loss of each split at the end of the epoch; lower is better.",
    )


def _average_precision(metrics: pl.DataFrame, chosen: int | None) -> Figure:
    chance = _line(metrics.filter(split="validation"), "validation", "base_rate")
    chance.update(name="chance", line={"color": theme.SOFT_INK, "dash": "dot"}, mode="lines")
    lines = [_line(metrics, split, "average_precision") for split in COLOURS]
    return Figure(
        name="average-precision",
        title="Average precision per epoch",
        drawing=_per_epoch([*lines, chance], "average precision", chosen),
        meaning="Area under the precision-recall curve; a model that knows nothing reaches the "
        "base rate, drawn as chance.",
    )


def _line(metrics: pl.DataFrame, split: str, column: str) -> Scatter:
    rows = metrics.filter(split=split).sort("epoch")
    return Scatter(
        name=split,
        x=rows["epoch"].to_list(),
        y=rows[column].to_list(),
        mode="lines+markers",
        line={"color": COLOURS[split], "width": 2},
        hovertemplate="%{y:.4f}",
    )


def _per_epoch(lines: list[Scatter], title: str, chosen: int | None) -> Drawing:
    mark = {} if chosen is None else theme.upright(chosen, "kept")
    last = max(max(line.x, default=0) for line in lines)
    ticks = {"dtick": 1} if last < FEW_EPOCHS else {}
    epochs = theme.named("epoch", tickformat="d", **ticks)
    return theme.draw(*lines, x=epochs, y=title, hovermode="x unified", **mark)
