"""Every figure of a training by epoch, beside what no model at all would reach."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl
from plotly.graph_objects import Figure as Drawing
from plotly.graph_objects import Scatter

from quantsig.data.language.saying import join, say, word
from quantsig.reports.page import theme
from quantsig.reports.page.content import Figure
from quantsig.signals.figures import FIGURES

RUNNING, TRAIN, VALIDATION = "running", "train", "validation"
LINES = {
    RUNNING: {"color": theme.AMBER, "width": 2, "dash": "dot"},
    TRAIN: {"color": theme.GREY, "width": 2},
    VALIDATION: {"color": theme.BLUE, "width": 2},
}
TUNED_COLUMN = "_best_f1"
TUNED = {"color": theme.PURPLE, "width": 2, "dash": "dash"}  # at the threshold of the best F1
REFERENCES = ("dot", "dashdot")  # one after the other, where there are several lines to beat
FEW_EPOCHS = 12  # up to here each has its own tick
TALL_PX, LOW_PX = 320, 280
AT_TWO_THRESHOLDS = (
    "Chosen from a score of zero up (even odds, or a return of zero), or (dashed) from the "
    "validation score of the best F1 up."
)
WORDS = {"f1": "f-one", "r2": "r-squared"}  # names of drawings hold no digits
PARTS = "loss_"  # prefix of the parts of a composite loss

Baselines = Mapping[str, float | None]  # those of run.json


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """A figure of metrics.parquet, and the lines that it has to beat."""

    title: str
    meaning: str
    references: Callable[[Baselines], dict[str, float | None]] = lambda lines: {}
    ticks: str = ""


def _always(lines: Baselines) -> dict[str, float | None]:
    """F1 of choosing every row: 2 p / (1 + p)."""
    rate = lines.get("base_rate")
    return {"choosing all": None if rate is None else 2 * rate / (1 + rate)}


CURVES = {
    "average_precision": Metric(
        title=FIGURES["average_precision"].label,
        meaning=FIGURES["average_precision"].formula,
        references=lambda lines: {"base rate": lines.get("base_rate")},
    ),
    "r2": Metric(
        title=FIGURES["r2"].label,
        meaning=FIGURES["r2"].formula,
        references=lambda lines: {"their mean": 0.0},
    ),
    "rank_correlation": Metric(
        title=FIGURES["rank_correlation"].label,
        meaning=FIGURES["rank_correlation"].formula,
        references=lambda lines: {"chance": 0.0},
    ),
    "roc_auc": Metric(
        title=FIGURES["roc_auc"].label,
        meaning=FIGURES["roc_auc"].formula,
        references=lambda lines: {"chance": 0.5},
    ),
    "accuracy": Metric(
        title=FIGURES["accuracy"].label,
        meaning="Share of rows decided rightly. The majority always says the more frequent "
        "outcome; the window rule says that the move inside the window goes on.",
        references=lambda lines: {
            "majority": lines.get("majority_accuracy"),
            "window": lines.get("window_accuracy"),
        },
        ticks=".1%",
    ),
    "precision": Metric(
        title=FIGURES["precision"].label,
        meaning="Share of the chosen rows in which the event happened.",
        references=lambda lines: {
            "base rate": lines.get("base_rate"),
            "window": lines.get("window_precision"),
        },
        ticks=theme.PERCENT,
    ),
    "recall": Metric(
        title=FIGURES["recall"].label,
        meaning="Share of the events that were chosen.",
        references=lambda lines: {"window": lines.get("window_recall")},
        ticks=theme.PERCENT,
    ),
    "f1": Metric(
        title=FIGURES["f1"].label,
        meaning=FIGURES["f1"].formula,
        references=_always,
    ),
    "mcc": Metric(
        title="Matthews correlation",
        meaning=FIGURES["mcc"].formula,
        references=lambda lines: {"chance": 0.0},
    ),
    "expectancy": Metric(
        title=FIGURES["expectancy"].label,
        meaning="Mean return of the chosen rows from fill to exit, before costs.",
        references=lambda lines: {"nothing earned": 0.0},
        ticks=".2%",
    ),
}


def baselines(metrics: pl.DataFrame, recorded: Baselines | None) -> Baselines:
    """Those of the record; of a run that has none, those that follow from the base rate."""
    if recorded:
        return recorded
    known = metrics.filter(split=VALIDATION)
    rate = known["base_rate"].first() if "base_rate" in known.columns else None
    if not isinstance(rate, float):
        return {}
    return {"base_rate": rate, "majority_accuracy": max(rate, 1.0 - rate)}


def loss_curve(metrics: pl.DataFrame, kept: int | None) -> Figure:
    """The loss of every split, and of the steps where that was written down."""
    meaning = [say("Lower is better.")]
    if "seconds" in metrics.columns:  # earlier runs have it, and of train only the running loss
        meaning.append(
            say("Train is the loss as the steps saw it, so that it may lie above validation.")
        )
    else:
        meaning.append(say("Train and validation are measured alike, at the end of the epoch."))
    if metrics.filter(split=RUNNING).height:
        running = "Running is the loss as the steps saw it: weights on the move, sampler's mix."
        meaning.append(say(running))
    return Figure(
        name="loss",
        title="Loss per epoch",
        drawing=_per_epoch(_splits(metrics, "loss", tuple(LINES)), "loss", kept),
        meaning=join(*meaning),
    )


def figure_curves(metrics: pl.DataFrame, lines: Baselines, kept: int | None) -> list[Figure]:
    """One drawing for each figure that the run has."""
    return [
        _figure(metrics, name, CURVES[name], lines, kept)
        for name in CURVES
        if _is_known(metrics, name) or _is_known(metrics, name + TUNED_COLUMN)
    ]


def part_curves(metrics: pl.DataFrame, kept: int | None) -> list[Figure]:
    """What a loss of several parts is made of; nothing for other losses."""
    parts = [name for name in metrics.columns if name.startswith(PARTS)]
    if len(parts) < 2:
        return []
    shown = metrics.filter(split=VALIDATION).sort("epoch")
    colours = (theme.BLUE, theme.ORANGE, theme.GREEN, theme.PURPLE, theme.AMBER, theme.GREY)
    traces = [
        _trace(shown, name, word(name.removeprefix(PARTS).replace("_", " ")), {"color": colour})
        for name, colour in zip(parts, colours, strict=False)
    ]
    return [
        Figure(
            name="parts",
            title="Parts of the loss",
            drawing=_per_epoch(traces, "loss", kept, LOW_PX),
            meaning="What the validation loss is made of, each part before its share.",
        )
    ]


def rate_curve(metrics: pl.DataFrame) -> list[Figure]:
    """The learning rate; nothing where it is not known or nothing was learnt by steps."""
    rates = metrics.filter(split=VALIDATION).sort("epoch")
    if "learning_rate" not in rates.columns or not (rates["learning_rate"] > 0.0).any():
        return []
    name = say("learning rate")
    trace = _trace(rates, "learning_rate", name, {"color": theme.GREEN}, "%{y:.2e}")
    return [
        Figure(
            name="learning-rate",
            title="Learning rate per epoch",
            drawing=_per_epoch([trace], "learning rate", None, LOW_PX, tickformat=".1e"),
            meaning="The rate of the optimiser at the end of the epoch, as its schedule set it.",
        )
    ]


def norm_curve(metrics: pl.DataFrame) -> list[Figure]:
    """The gradient's norm; nothing where it was not written down."""
    rows = metrics.filter(split=VALIDATION).sort("epoch")
    if "gradient_norm" not in rows.columns or not rows["gradient_norm"].count():
        return []
    trace = _trace(rows, "gradient_norm", say("gradient norm"), {"color": theme.PURPLE}, "%{y:.3g}")
    return [
        Figure(
            name="gradient-norm",
            title="Gradient norm per epoch",
            drawing=_per_epoch([trace], "gradient norm", None, LOW_PX),
            meaning="Median norm of the gradient before it is clipped, over the newest steps of "
            "the epoch that the guard keeps; steps that it left out do not count.",
            log_axis="yaxis",
        )
    ]


def _figure(
    metrics: pl.DataFrame, name: str, curve: Metric, lines: Baselines, kept: int | None
) -> Figure:
    traces = _splits(metrics, name, (TRAIN, VALIDATION))
    tuned, meaning = name + TUNED_COLUMN, say(curve.meaning)
    if _is_known(metrics, tuned):
        rows = metrics.filter(split=VALIDATION).sort("epoch")
        traces.append(_trace(rows, tuned, say("best F1"), TUNED))
        meaning = join(meaning, AT_TWO_THRESHOLDS)
    known = {name: value for name, value in curve.references(lines).items() if value is not None}
    for (label, value), dash in zip(known.items(), REFERENCES, strict=False):
        traces.append(_level(metrics, say(label), value, dash))
    first = name == "average_precision"
    drawing = _per_epoch(
        traces, curve.title, kept, TALL_PX if first else LOW_PX, tickformat=curve.ticks
    )
    return Figure(
        name=WORDS.get(name, name).replace("_", "-"),
        title=say("{figure} per epoch", figure=say(curve.title)),
        drawing=drawing,
        meaning=meaning,
    )


def _is_known(metrics: pl.DataFrame, name: str) -> bool:
    return name in metrics.columns and metrics.filter(split=VALIDATION)[name].count() > 0


def _splits(metrics: pl.DataFrame, name: str, splits: tuple[str, ...]) -> list[Scatter]:
    """A line for each split that has rows."""
    rows = {split: metrics.filter(split=split).sort("epoch") for split in splits}
    return [
        _trace(found, name, word(split), LINES[split])
        for split, found in rows.items()
        if found.height
    ]


def _trace(
    rows: pl.DataFrame,
    column: str,
    name: str,
    line: Mapping[str, object],
    hover: str = "%{y:.4f}",
) -> Scatter:
    return Scatter(
        name=name,
        x=rows["epoch"].to_list(),
        y=rows[column].to_list(),
        mode="lines+markers",
        marker={"size": 5},
        line=dict(line),
        hovertemplate=hover,
    )


def _level(metrics: pl.DataFrame, name: str, value: float, dash: str) -> Scatter:
    """A line at one height from the first epoch to the last; a lone epoch has it on both sides."""
    epochs = metrics["epoch"]
    first, last = int(epochs.min()), int(epochs.max())  # type: ignore[arg-type]
    aside = 0.5 if first == last else 0.0
    return Scatter(
        name=name,
        x=[first - aside, last + aside],
        y=[value, value],
        mode="lines",
        line={"color": theme.SOFT_INK, "width": 1.5, "dash": dash},
        hovertemplate="%{y:.4f}",
    )


def _per_epoch(
    traces: list[Scatter],
    title: str,
    kept: int | None,
    height_px: int = TALL_PX,
    **axis: str,
) -> Drawing:
    mark = {} if kept is None else theme.upright(kept, "kept")
    last = max((max(trace.x, default=0) for trace in traces), default=0)
    ticks = {"dtick": 1} if last < FEW_EPOCHS else {}
    epochs = theme.named("epoch", tickformat="d", **ticks)
    values = theme.named(title, **axis)
    return theme.draw(
        *traces,
        x=epochs,
        y=values,
        height_px=height_px,
        hovermode="x unified",
        showlegend=True,
        **mark,
    )
