"""How well the score separates the event from the rest, before any threshold."""

import numpy as np
import polars as pl
from plotly.graph_objects import Bar, Scatter
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

from quantsig.reports import theme
from quantsig.reports.inputs import Document, Inputs
from quantsig.reports.numerals import count, number, share
from quantsig.reports.page import Figure, Number, Section
from quantsig.reports.thinning import spread

SPLITS = ("calibration", "test")  # rows the weights and the chosen epoch have not seen
CURVE_POINTS = 400
BINS = 40


def section(inputs: Inputs) -> Section:
    """Precision-recall curves and the scores by class."""
    judged = _judged(inputs)
    if not judged:
        return Section(
            title="Signal",
            missing="No calibration or test rows with both classes have been predicted yet.",
        )
    return Section(
        title="Signal",
        paragraphs=(_opened(judged),),
        numbers=tuple(number for name, rows in judged.items() for number in _numbers(name, rows)),
        figures=(_curves(judged, inputs.choice), _scores("calibration", judged["calibration"]))
        if "calibration" in judged
        else (),
    )


def _judged(inputs: Inputs) -> dict[str, pl.DataFrame]:
    """Labelled rows of the splits that may be judged and hold both classes."""
    if inputs.predictions is None:
        return {}
    labelled = inputs.predictions.drop_nulls(["label", "score", "probability"])
    labelled = labelled.with_columns(event=inputs.run.event.expression())
    splits = {split: labelled.filter(split=split) for split in SPLITS}
    return {split: rows for split, rows in splits.items() if rows["event"].n_unique() == 2}


def _opened(judged: dict[str, pl.DataFrame]) -> str:
    if "test" in judged:
        return (
            "The weights have seen neither split. The threshold was chosen on the calibration "
            "rows; the test rows were opened for that choice alone."
        )
    return "The test split is still locked; only calibration rows are shown."


def _numbers(split: str, rows: pl.DataFrame) -> list[Number]:
    event, score = rows["event"].to_numpy(), rows["score"].to_numpy()
    base = float(event.mean())
    size = f"{count(rows.height)} {split} rows, {count(event.sum())} positive."
    return [
        Number(
            label=f"Average precision ({split})",
            value=number(average_precision_score(event, score), 3),
            meaning=f"Sum of precision times the step in recall over all thresholds; {size}",
            beside=f"chance {number(base, 3)}",
        ),
        Number(
            label=f"ROC AUC ({split})",
            value=number(roc_auc_score(event, score), 3),
            meaning=f"Chance that a positive scores above a negative; {size}",
            beside="chance 0.500",
        ),
    ]


def _curves(judged: dict[str, pl.DataFrame], choice: Document | None) -> Figure:
    """Every threshold on the calibration rows; of the test rows the frozen one alone."""
    traces = _curve("calibration", judged["calibration"])
    traces += [_base_rate(split, rows) for split, rows in judged.items()]
    traces += [_chosen(split, choice[split]) for split in SPLITS if choice and choice.get(split)]
    shares = {"range": [0, 1.02], "tickformat": theme.PERCENT}
    return Figure(
        name="precision-recall",
        title="Precision against recall",
        drawing=theme.draw(
            *traces,
            x=theme.named("recall", **shares),
            y=theme.named("precision", **shares),
            height_px=380,
        ),
        meaning="The line has a point per threshold, on calibration rows. Of the test rows only "
        "the frozen threshold is shown. The dotted lines are the base rates, which signals drawn "
        "at random would reach.",
        wide=True,
    )


def _curve(split: str, rows: pl.DataFrame) -> list[Scatter]:
    precision, recall, thresholds = precision_recall_curve(
        rows["event"], rows["score"], drop_intermediate=True
    )
    kept = spread(len(thresholds), CURVE_POINTS)  # the last point of the curve has no threshold
    return [
        Scatter(
            name=split,
            x=recall[kept].round(5).tolist(),
            y=precision[kept].round(5).tolist(),
            mode="lines",
            line={"color": theme.SPLIT_COLOURS[split], "width": 2},
            hovertemplate="recall %{x:.1%}, precision %{y:.1%}",
        )
    ]


def _base_rate(split: str, rows: pl.DataFrame) -> Scatter:
    return Scatter(
        name=f"base rate ({split})",
        x=[0, 1],
        y=[rows["event"].mean()] * 2,
        mode="lines",
        line={"color": theme.SPLIT_COLOURS[split], "width": 1.5, "dash": "dot"},
        hovertemplate="base rate %{y:.1%}",
    )


def _chosen(split: str, figures: Document) -> Scatter:
    """The frozen threshold on the rows of a split; nothing where it selects none."""
    known = figures["precision"] is not None
    return Scatter(
        name=f"frozen threshold ({split})",
        x=[figures["recall"]] if known else [],
        y=[figures["precision"]] if known else [],
        mode="markers",
        marker={"color": theme.SPLIT_COLOURS[split], "size": 11},
        hovertemplate="recall %{x:.1%}, precision %{y:.1%}",
    )


def _scores(split: str, rows: pl.DataFrame) -> Figure:
    edges = np.linspace(0, 1, BINS + 1)
    classes = {"no event": theme.GREY, "event": theme.BLUE}
    traces = []
    for name, colour in classes.items():
        values = rows.filter(event=name == "event")["probability"].to_numpy()
        counts, _ = np.histogram(values, edges)
        traces.append(
            Bar(
                name=f"{name} ({count(len(values))})",
                x=((edges[:-1] + edges[1:]) / 2).round(4).tolist(),
                y=(counts / len(values)).round(6).tolist(),
                marker={"color": colour, "opacity": 0.65},
                hovertemplate="%{y:.1%} at probability %{x:.2f}",
            )
        )
    return Figure(
        name=f"scores-{split}",
        title=f"Probabilities by class, {split} rows",
        drawing=theme.draw(
            *traces,
            x=theme.named("calibrated probability", range=[0, 1]),
            y=theme.named("share of the class", tickformat=theme.PERCENT),
            barmode="overlay",
        ),
        meaning=f"Share of each class per bin of {share(1 / BINS)}; apart is good, alike is not.",
    )
