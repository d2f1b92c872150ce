"""How the model learned, epoch by epoch."""

from dataclasses import replace
from typing import Any

import polars as pl

from quantsig.data.language.saying import join, retell, say, word
from quantsig.reports.figures.columns import figure_column
from quantsig.reports.figures.signals.learning_curves import (
    Baselines,
    baselines,
    figure_curves,
    loss_curve,
    norm_curve,
    part_curves,
    rate_curve,
)
from quantsig.reports.inputs import Document, Inputs
from quantsig.reports.page.content import Column, Figure, Number, Section, Table, tabulate
from quantsig.reports.page.numerals import DASH, count, duration, number, share
from quantsig.reports.sections import members, scores
from quantsig.signals.figures import FIGURES
from quantsig.signals.run_record import FIRST_EPOCH, RunRecord

MANY_EPOCHS = 200
FEWEST_DRAWN = 5  # epochs; fewer stand in the table alone
CARRIED = 0.5  # of what was learnt beyond chance; less that holds elsewhere is overfitting
GIGABYTE = 1e9
NEGLIGIBLE = 0.01  # of a moved log-odds: less is not worth a word


COLUMNS = {
    "epoch": Column(label="Epoch", write=count, numeric=True),
    "split": Column(label="Split", write=word),
    "loss": Column(label=FIGURES["loss"].label, write=lambda v: number(v, 4), numeric=True),
    "average_precision": figure_column("average_precision", meaning=""),
    "roc_auc": figure_column("roc_auc", meaning=""),
    "accuracy": figure_column("accuracy", meaning=""),
    "precision": figure_column("precision", meaning=""),
    "recall": figure_column("recall", meaning=""),
    "f1": figure_column("f1", meaning=""),
    "mcc": figure_column("mcc", meaning=""),
    "expectancy": Column(
        label=FIGURES["expectancy"].label, write=lambda v: share(v, 2), numeric=True
    ),
    "r2": figure_column("r2", meaning=""),
    "rank_correlation": figure_column("rank_correlation", meaning=""),
    "learning_rate": Column(
        label="Learning rate",
        write=lambda value: f"{value:.1e}" if value else DASH,  # none of what is learnt at once
        numeric=True,
    ),
}
SEEDS = {"seed": Column(label="Seed", numeric=True)} | {
    name: column for name, column in COLUMNS.items() if name != "split"
}
COMPARED = {"model": Column(label="Model", write=word)} | {
    name: column for name, column in COLUMNS.items() if name not in ("epoch", "split")
}
WORTH_LABELS = {
    "average_precision": "Validation average precision",
    "rank_correlation": "Validation rank correlation",
    "r2": "Validation R²",
}
WORTH = {  # the number in large type, by what the model predicts
    "average_precision": "Area under the precision-recall curve of the validation rows, kept "
    "epoch; chance reaches the base rate.",
    "rank_correlation": "Spearman's correlation of predicted and true returns of the validation "
    "rows, kept epoch; chance 0.",
    "r2": "Share of the validation returns' variance that is foreseen, kept epoch; their own "
    "mean scores 0.",
}


def section(inputs: Inputs) -> Section:
    """What went wrong first, then every figure per epoch and the epoch that was kept."""
    metrics, record = inputs.metrics, inputs.run.record
    if record.judged is not None:
        return scores.section(inputs, record.judged)
    if record.ensemble is not None:
        return members.section(inputs, record.ensemble)
    if metrics is None or metrics.is_empty():
        return Section(title="Training", missing="This run has no metrics: it was not trained yet.")
    metrics = metrics.with_columns(pl.col("epoch") + FIRST_EPOCH)
    kept, lines = record.best_epoch + FIRST_EPOCH, baselines(metrics, record.baselines)
    return Section(
        title="Training",
        warnings=_warnings(record),
        paragraphs=_gap(metrics, lines, kept),
        numbers=(*_numbers(inputs, metrics, record, lines), *_sampling(record), *_shift(record)),
        figures=_figures(metrics, lines, kept) if _epochs(metrics) >= FEWEST_DRAWN else (),
        tables=(
            *_compared(inputs, metrics, kept),
            *_seeds(record),
            tabulate("Epochs", metrics, COLUMNS, limit=MANY_EPOCHS),
        ),
    )


def _epochs(metrics: pl.DataFrame) -> int:
    return metrics["epoch"].n_unique()


def _gap(metrics: pl.DataFrame, lines: Baselines, kept: int) -> tuple[str, ...]:
    """How much of what was learnt holds on rows that were not learnt from."""
    if "average_precision" not in metrics.columns:
        return ()
    rows = {
        split: metrics.filter(split=split, epoch=kept)["average_precision"].drop_nulls()
        for split in ("train", "validation")
    }
    chance = lines.get("base_rate")
    if chance is None or not all(len(row) for row in rows.values()):
        return ()
    learnt, held = (float(row[0]) for row in rows.values())
    told = say(
        "At the kept epoch the average precision is {learnt} on the rows it learnt from and {held} "
        "on validation rows; chance is {chance}.",
        learnt=number(learnt, 3),
        held=number(held, 3),
        chance=number(chance, 3),
    )
    if held - chance >= CARRIED * (learnt - chance):
        return (told,)
    lost = say("Most of what it learnt does not hold on rows that it has not seen: it overfits.")
    return (join(told, lost),)


def _compared(inputs: Inputs, metrics: pl.DataFrame, kept: int | None) -> tuple[Table, ...]:
    """The run between the simple models, the best first."""
    simple = (inputs.baselines or {}).get("rows")
    if not simple:
        return ()
    own = metrics.filter(split="validation", epoch=kept).to_dicts()
    rows = [{"model": say("this run"), **row} for row in own] + simple
    shown = [name for name in COMPARED if any(row.get(name) is not None for row in rows)]
    table = pl.DataFrame([{name: row.get(name) for name in shown} for row in rows])
    ranked = table.sort("average_precision", descending=True, nulls_last=True)
    columns = {name: COMPARED[name] for name in shown}
    found = tabulate("Simple models beside it", ranked, columns, limit=MANY_EPOCHS)
    note = "On validation. They see the scaled bars that the charts show, and learn at once."
    return (replace(found, note=note),)


def _seeds(record: RunRecord) -> tuple[Table, ...]:
    """The models of a training from several seeds, one by one."""
    if not record.members:
        return ()
    spread = record.spread or {}
    apart = [
        say(
            "{figure} {mean} ± {deviation}",
            figure=say(COLUMNS[name].label),
            mean=number(found["mean"], 4),
            deviation=number(found["std"], 4),
        )
        for name, found in spread.items()
        if name in COLUMNS
    ]
    table = tabulate("Seeds", pl.DataFrame(list(record.members)), SEEDS, limit=MANY_EPOCHS)
    told = "On validation; mean and standard deviation (ddof 1): {figures}."
    note = say(told, figures="; ".join(apart)) if apart else ""
    return (replace(table, note=note),)


def _warnings(record: RunRecord) -> tuple[str, ...]:
    rung = [
        say(
            "Alarm after epoch {epoch}: {message}",
            epoch=alarm["epoch"] + FIRST_EPOCH,
            message=retell(alarm["message"]),
        )
        for alarm in record.alarms
    ]
    return (*rung, *(retell(text, whole=True) for text in record.warnings))


def _figures(metrics: pl.DataFrame, lines: Baselines, kept: int | None) -> tuple[Figure, ...]:
    first, *others = [loss_curve(metrics, kept), *figure_curves(metrics, lines, kept)]
    more = [*part_curves(metrics, kept), *rate_curve(metrics), *norm_curve(metrics)]
    return (first, *others, *more)


def _numbers(
    inputs: Inputs, metrics: pl.DataFrame, record: RunRecord, lines: Baselines
) -> tuple[Number, ...]:
    chosen = record.best_epoch + FIRST_EPOCH
    judge = word(next(iter(record.best), "loss").replace("_", " "))
    validation = metrics.filter(split="validation", epoch=chosen)
    names = ("average_precision",) if record.classes else tuple(WORTH)[::-1]
    return (
        Number(
            label="Epochs",
            value=count(_epochs(metrics)),
            meaning="Passes over the training samples before training stopped.",
        ),
        Number(
            label="Kept epoch",
            value=count(chosen),
            meaning=say(
                "The epoch whose weights were kept: the best {figure} on validation.", figure=judge
            ),
            beside=say("by {figure}", figure=judge),
        ),
        *(_worth(validation, name, lines) for name in names),
        Number(
            label="Time",
            value=duration(_seconds(inputs, metrics)),
            meaning="That the training was at work, breaks between two attempts left out.",
        ),
        *_memory(inputs.environment or {}),
    )


def _memory(environment: Document) -> tuple[Number, ...]:
    """The most memory that the training held, where it was written down."""
    held, device = (environment.get(f"peak_{kind}memory_bytes") for kind in ("", "device_"))
    if held is None:
        return ()
    beside = say("device {size} GB", size=number(device / GIGABYTE, 1)) if device else ""
    return (
        Number(
            label="Memory",
            value=f"{number(held / GIGABYTE, 1)} GB",
            meaning="The most memory that the training's process held, in 10⁹ bytes.",
            beside=beside,
        ),
    )


def _worth(validation: pl.DataFrame, name: str, lines: Baselines) -> Number:
    found = name in validation.columns and validation.height
    value: Any = validation[name].first() if found else None
    label, chance = WORTH_LABELS[name], number(lines.get("base_rate"), 3)
    beside = say("chance {value}", value=chance) if name == "average_precision" else ""
    return Number(label=label, value=number(value, 3), meaning=WORTH[name], beside=beside)


def _seconds(inputs: Inputs, metrics: pl.DataFrame) -> Any:
    """Of the environment; earlier runs have them in their metrics."""
    if "seconds" in metrics.columns:
        return metrics["seconds"].max()
    return (inputs.environment or {}).get("seconds")


def _sampling(record: RunRecord) -> tuple[Number, ...]:
    """What of the training rows was shown, and in which mix."""
    sampling = record.sampling
    if not sampling:
        return ()
    natural = (record.prior_shift or {}).get("natural_rate")
    return (
        Number(
            label="Positives shown",
            value=share(sampling["positive_share"]),
            meaning="Share of the samples of an epoch in which the event happened, beside that "
            "among all training rows.",
            beside=""
            if natural is None
            else say("{share} of the training rows", share=share(natural)),
        ),
        Number(
            label="Negatives shown",
            value=share(sampling["negatives_shown"]),
            meaning="Share of the training rows without the event that at least one epoch showed.",
        ),
    )


def _shift(record: RunRecord) -> tuple[Number, ...]:
    """By what sampling and weights moved the odds, and who takes it back."""
    shift = record.prior_shift
    if not shift:
        return ()
    odds = (
        _odds(shift["sampled_rate"])
        / _odds(shift["natural_rate"])
        * shift["weight_ratio"]
        * shift["alpha_ratio"]
    )
    taken = "taken off every score" if shift["exact"] else "left to the calibrator"
    return (
        Number(
            label="Prior shift",
            value=f"{number(odds)}×",
            meaning="By what sampling, class weights and focal alpha multiplied the odds of the "
            "event in training. Where the loss allows a closed form it is taken off every score "
            "before the calibrator sees it.",
            beside=taken if abs(odds - 1.0) > NEGLIGIBLE else "no shift",
        ),
    )


def _odds(rate: float) -> float:
    return rate / (1.0 - rate)
