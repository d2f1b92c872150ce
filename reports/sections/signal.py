"""How well the score separates the event from the rest."""

import numpy as np
import polars as pl
from plotly.graph_objects import Bar, Scatter

from quantsig.data.language.saying import join, say, word
from quantsig.data.storage.records import Figures
from quantsig.reports.figures.backtest.information_coefficient import (
    coefficient_number,
    coefficients,
    monthly,
)
from quantsig.reports.figures.signals.fitted_axis import fitted
from quantsig.reports.figures.signals.signal_groups import groups
from quantsig.reports.figures.thinning import spread
from quantsig.reports.inputs import Inputs, session_days
from quantsig.reports.page import theme
from quantsig.reports.page.content import Column, Figure, Number, Section, Table
from quantsig.reports.page.numerals import count, number, share
from quantsig.signals.choice import Choice
from quantsig.signals.curves import Curve, curve, ranking

SPLITS = ("calibration", "test")  # rows the weights and the chosen epoch have not seen
CURVE_POINTS = 400
BINS = 40


def section(inputs: Inputs) -> Section:
    """Curves, scores by class, confusion, lift, information coefficient, symbols and regimes."""
    judged = _judged(inputs)
    if not judged:
        return Section(
            title="Signal",
            missing="No calibration or test rows with both classes have been predicted yet.",
        )
    months = _months(inputs, judged.get("calibration"))
    informed = (coefficient_number(months),) if months.height else ()
    return Section(
        title="Signal",
        paragraphs=(_opened(judged, foreign=inputs.run.record.judged is not None),),
        numbers=(
            *(number for name, rows in judged.items() for number in _numbers(name, rows)),
            *informed,
        ),
        figures=_figures(inputs, judged, months),
        parts=groups(inputs),
        tables=_confusion(inputs.choice),
    )


def _months(inputs: Inputs, rows: pl.DataFrame | None) -> pl.DataFrame:
    """The information coefficient of each month; empty where nothing is known."""
    if rows is None:
        return pl.DataFrame()
    return monthly(rows, session_days(rows["decision_time"], inputs))


def _judged(inputs: Inputs) -> dict[str, pl.DataFrame]:
    """Labelled rows of the splits that may be judged and hold both classes."""
    if inputs.predictions is None:
        return {}
    labelled = inputs.predictions.drop_nulls(["label", "score", "probability"])
    labelled = labelled.with_columns(event=inputs.run.event.expression())
    splits = {split: labelled.filter(split=split) for split in SPLITS}
    return {split: rows for split, rows in splits.items() if rows["event"].n_unique() == 2}


def _opened(judged: dict[str, pl.DataFrame], *, foreign: bool) -> str:
    if "test" in judged and foreign:
        return (
            "The threshold was chosen on the calibration rows, and the test rows were opened for "
            "that choice alone. Whether the model had seen either is not known here."
        )
    if "test" in judged:
        return (
            "The weights have seen neither split. The threshold was chosen on the calibration "
            "rows; the test rows were opened for that choice alone."
        )
    return "The test split is still locked; only calibration rows are shown."


def _numbers(split: str, rows: pl.DataFrame) -> list[Number]:
    event, score = rows["event"].to_numpy(), rows["score"].to_numpy()
    found = ranking(event, score)
    size = {"rows": count(rows.height), "split": word(split), "positives": count(event.sum())}
    return [
        Number(
            label=say("Average precision ({split})", split=word(split)),
            value=number(found.average_precision, 3),
            meaning=say(
                "Sum of precision times the step in recall over all thresholds; {rows} {split} "
                "rows, {positives} positive.",
                **size,
            ),
            beside=say("chance {value}", value=number(float(event.mean()), 3)),
        ),
        Number(
            label=say("ROC AUC ({split})", split=word(split)),
            value=number(found.roc_auc, 3),
            meaning=say(
                "Chance that a positive scores above a negative; {rows} {split} rows, {positives} "
                "positive.",
                **size,
            ),
            beside=say("chance {value}", value="0.500"),
        ),
    ]


def _figures(
    inputs: Inputs, judged: dict[str, pl.DataFrame], months: pl.DataFrame
) -> tuple[Figure, ...]:
    if "calibration" not in judged:
        return ()
    rows = judged["calibration"]
    points = curve(rows["event"].to_numpy(), rows["score"].to_numpy())
    informed = (coefficients(months),) if months.height > 1 else ()
    return (
        _precision_recall(inputs, judged, points),
        _roc(points, judged, inputs.choice),
        _lift(points, inputs.choice),
        _scores("calibration", rows),
        *informed,
    )


def _kept(points: Curve) -> list[int]:
    return spread(len(points.threshold), CURVE_POINTS)


def _precision_recall(inputs: Inputs, judged: dict[str, pl.DataFrame], points: Curve) -> Figure:
    """Every threshold on the calibration rows; of the test rows the frozen one alone."""
    kept, choice = _kept(points), inputs.choice
    line = Scatter(
        name=word("calibration"),
        x=points.recall[kept].round(5).tolist(),
        y=points.precision[kept].round(5).tolist(),
        mode="lines",
        line={"color": theme.SPLIT_COLOURS["calibration"], "width": 2},
        hovertemplate=say("recall %{x:.1%}, precision %{y:.1%}"),
    )
    traces = [*_band(inputs.thresholds), line]
    traces += [_base_rate(split, rows) for split, rows in judged.items()]
    frozen = _frozen(choice)
    traces += [_chosen(split, figures) for split, figures in frozen.items()]
    marks = [rows["event"].mean() for rows in judged.values()]
    reach = fitted(
        [points.precision[kept]],
        (points.hits + points.false_alarms)[kept],
        [*marks, *(figures["precision"] for figures in frozen.values())],
    )
    return Figure(
        name="precision-recall",
        title="Precision against recall",
        drawing=theme.draw(
            *traces,
            x=theme.named("recall", range=[0, 1.02], tickformat=theme.PERCENT),
            y=reach.axis("precision", least=0.0, tickformat=theme.PERCENT),
            height_px=380,
        ),
        meaning=join(
            say(
                "The line has a point per threshold, on calibration rows; the band is the 90 % "
                "interval of the precision. Of the test rows only the frozen threshold is shown. "
                "The dotted lines are the base rates, which signals drawn at random would reach."
            ),
            reach.note,
        ),
        wide=True,
    )


def _band(table: pl.DataFrame | None) -> list[Scatter]:
    """The interval of the precision at each recall, by blocks of time where there are enough."""
    if table is None or not {"precision_low", "recall"} <= set(table.columns):
        return []
    blocks = "precision_block_low" in table.columns and table["precision_block_low"].count()
    low, high = (f"precision_{'block_' if blocks else ''}{end}" for end in ("low", "high"))
    rows = table.drop_nulls([low, high, "recall"]).sort("recall")
    edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
    recall = rows["recall"].round(5).to_list()
    return [
        Scatter(x=recall, y=rows[low].round(5).to_list(), **edge),
        Scatter(
            x=recall,
            y=rows[high].round(5).to_list(),
            fill="tonexty",
            fillcolor=theme.BLUE_SOFT,
            **edge,
        ),
    ]


def _base_rate(split: str, rows: pl.DataFrame) -> Scatter:
    return Scatter(
        name=say("base rate ({split})", split=word(split)),
        x=[0, 1],
        y=[rows["event"].mean()] * 2,
        mode="lines",
        line={"color": theme.SPLIT_COLOURS[split], "width": 1.5, "dash": "dot"},
        hovertemplate=say("base rate %{y:.1%}"),
    )


def _chosen(split: str, figures: Figures) -> Scatter:
    """The frozen threshold on the rows of a split; nothing where it selects none."""
    known = figures["precision"] is not None
    return Scatter(
        name=say("frozen threshold ({split})", split=word(split)),
        x=[figures["recall"]] if known else [],
        y=[figures["precision"]] if known else [],
        mode="markers",
        marker={"color": theme.SPLIT_COLOURS[split], "size": 11},
        hovertemplate=say("recall %{x:.1%}, precision %{y:.1%}"),
    )


def _roc(points: Curve, judged: dict[str, pl.DataFrame], choice: Choice | None) -> Figure:
    kept = _kept(points)
    shares = {"range": [0, 1.02], "tickformat": theme.PERCENT}
    chance = Scatter(
        name=say("chance"),
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"color": theme.SOFT_INK, "width": 1.2, "dash": "dot"},
        hoverinfo="skip",
    )
    line = Scatter(
        name=word("calibration"),
        x=[0, *points.false_positive_rate[kept].round(5).tolist()],
        y=[0, *points.recall[kept].round(5).tolist()],
        mode="lines",
        line={"color": theme.SPLIT_COLOURS["calibration"], "width": 2},
        hovertemplate=say("%{x:.1%} of the others, %{y:.1%} of the events"),
    )
    frozen = []
    for split in judged:
        found = _confused(_frozen(choice).get(split))
        if found is not None:
            hits, alarms, missed, rest = found
            frozen.append(_on_roc(split, alarms / (alarms + rest), hits / (hits + missed)))
    return Figure(
        name="roc",
        title="Receiver operating characteristic",
        drawing=theme.draw(
            chance,
            line,
            *frozen,
            x=theme.named("share of the other rows that signal", **shares),
            y=theme.named("recall", **shares),
            height_px=340,
        ),
        meaning="A point per threshold, on calibration rows; the diagonal is chance. With rare "
        "events precision against recall says more.",
    )


def _on_roc(split: str, alarms: float, recall: float) -> Scatter:
    return Scatter(
        name=say("frozen threshold ({split})", split=word(split)),
        x=[alarms],
        y=[recall],
        mode="markers",
        marker={"color": theme.SPLIT_COLOURS[split], "size": 10},
        showlegend=False,
        hovertemplate=say("%{x:.1%} of the others, %{y:.1%} of the events"),
    )


def _lift(points: Curve, choice: Choice | None) -> Figure:
    """How much oftener the event happens among the highest scores than at large."""
    kept = _kept(points)
    selected = (points.hits + points.false_alarms)[kept]
    rate = points.hits[-1] / (points.hits[-1] + points.false_alarms[-1])
    lift = points.precision[kept] / rate
    reach = fitted([lift], selected, [0.0, 1.0])
    mark = {}
    promise: Figures = choice.calibration if choice else {}
    if promise.get("signals") and promise.get("samples"):
        mark = theme.upright(promise["signals"] / promise["samples"], "frozen")
    return Figure(
        name="lift",
        title="Lift of the highest scores",
        drawing=theme.draw(
            Scatter(
                name=say("lift"),
                x=(selected / selected[-1]).round(6).tolist(),
                y=lift.round(4).tolist(),
                mode="lines",
                line={"color": theme.BLUE, "width": 2},
                hovertemplate=say("highest %{x:.1%}: %{y:.2f} times the base rate"),
            ),
            x=theme.named("share of rows, highest scores first", tickformat=theme.PERCENT),
            y=reach.axis("lift", least=0.0),
            height_px=340,
            showlegend=False,
            **mark,
        ),
        meaning=join(
            say(
                "Precision over the base rate among so many of the highest scores, on calibration "
                "rows; 1 is chance. The left end rests on few rows."
            ),
            reach.note,
        ),
    )


def _scores(split: str, rows: pl.DataFrame) -> Figure:
    highest = float(rows["probability"].to_numpy().max()) or 1.0
    edges = np.linspace(0, highest, BINS + 1)
    classes = {False: (say("no event"), theme.GREY), True: (say("event"), theme.BLUE)}
    traces = []
    for happened, (name, colour) in classes.items():
        values = rows.filter(event=happened)["probability"].to_numpy()
        counts, _ = np.histogram(values, edges)
        traces.append(
            Bar(
                name=f"{name} ({count(len(values))})",
                x=((edges[:-1] + edges[1:]) / 2).round(5).tolist(),
                y=(counts / len(values)).round(6).tolist(),
                marker={"color": colour, "opacity": 0.65},
                hovertemplate=say("%{y:.1%} at probability %{x:.3f}"),
            )
        )
    return Figure(
        name=f"scores-{split}",
        title=say("Probabilities by class, {split} rows", split=word(split)),
        drawing=theme.draw(
            *traces,
            x=theme.named("calibrated probability", range=[0, highest]),
            y=theme.named("share of the class", tickformat=theme.PERCENT),
            barmode="overlay",
        ),
        meaning=say(
            "Share of each class per bin of {width}; apart is good, alike is not.",
            width=share(highest / BINS, 2),
        ),
        wide=True,
    )


def _confusion(choice: Choice | None) -> tuple[Table, ...]:
    """What became of signals and of the rest at the frozen threshold."""
    found = {split: _confused(figures) for split, figures in _frozen(choice).items()}
    rows = tuple((word(split), *counts) for split, counts in found.items() if counts is not None)
    if not rows:
        return ()
    return (
        Table(
            title="Confusion at the frozen threshold",
            columns=(
                Column(label="Rows"),
                Column(
                    label="True positives",
                    write=count,
                    numeric=True,
                    meaning="Signals in which the event happened.",
                ),
                Column(
                    label="False positives",
                    write=count,
                    numeric=True,
                    meaning="Signals in which it did not.",
                ),
                Column(
                    label="False negatives",
                    write=count,
                    numeric=True,
                    meaning="Events without a signal.",
                ),
                Column(
                    label="True negatives",
                    write=count,
                    numeric=True,
                    meaning="Rows with neither.",
                ),
            ),
            rows=rows,
        ),
    )


def _frozen(choice: Choice | None) -> dict[str, Figures]:
    """Figures of the frozen threshold, of each split that it was held against."""
    if choice is None:
        return {}
    held = {"calibration": choice.calibration, "test": choice.reached}
    return {split: held[split] for split in SPLITS if held[split]}


def _confused(figures: Figures | None) -> tuple[int, int, int, int] | None:
    """Hits, false alarms, missed events and the rest; None where they are not known."""
    if not figures or not figures.get("samples") or figures.get("base_rate") is None:
        return None
    samples, signals, hits = (figures[name] for name in ("samples", "signals", "true_positives"))
    positives = round(figures["base_rate"] * samples)
    return hits, signals - hits, positives - hits, samples - positives - signals + hits
