"""What each threshold promises, which one was frozen, and what it then delivered."""

from typing import Any

import polars as pl
from plotly.graph_objects import Scatter

from quantsig.data.language.saying import join, retell, say
from quantsig.data.storage.records import Figures
from quantsig.reports.figures.columns import figure_column
from quantsig.reports.figures.signals.fitted_axis import fitted
from quantsig.reports.figures.signals.threshold_explorer import explorable, explorer
from quantsig.reports.figures.thinning import spread
from quantsig.reports.inputs import Inputs
from quantsig.reports.page import theme
from quantsig.reports.page.content import Column, Explorer, Figure, Number, Section, Table
from quantsig.reports.page.numerals import count, gain, interval, moment, number, share, things
from quantsig.signals.choice import Choice
from quantsig.signals.figures import FIGURES
from quantsig.signals.thresholds.rules import RULES

TABLE_ROWS = 15
LINE_POINTS = 500
RECALL_AXIS = {
    "range": [0, 1.02],
    "tickformat": theme.PERCENT,
    "overlaying": "y",
    "tickmode": "auto",  # else its ticks stand where those of the left axis do
    "side": "right",
    "showgrid": False,
}

COLUMNS = {
    "threshold": figure_column("threshold"),
    "signals": figure_column("signals"),
    "precision": figure_column("precision"),
    "precision_low": Column(
        label="low",
        write=share,
        numeric=True,
        meaning="Lower end of the 90 % interval of the precision: Wilson, on the effective number "
        "of signals.",
    ),
    "precision_high": Column(
        label="high",
        write=share,
        numeric=True,
        meaning="Upper end of the 90 % interval of the precision: Wilson, on the effective number "
        "of signals.",
    ),
    "recall": figure_column("recall"),
    "f1": figure_column("f1"),
    "lift": figure_column("lift"),
    "signals_per_month": figure_column("signals_per_month", label="A month"),
    "expectancy": figure_column("expectancy"),
    "expectancy_after_costs": figure_column("expectancy_after_costs", label="After costs"),
}
ANSWERS = {
    True: "the promise was kept",
    False: "the promise was broken",
    None: "no target was promised",
}
GAPS = {name: FIGURES[name].label for name in ("precision", "recall", "expectancy")}


def section(inputs: Inputs) -> Section:
    """The frozen choice, promise against outcome, and every threshold under a slider."""
    table, choice = inputs.thresholds, inputs.choice
    if choice is not None and not inputs.run.calibrates:
        return Section(
            title="Threshold",
            warnings=_warnings(inputs),
            paragraphs=(_unjudged(choice),),
            numbers=(*_numbers(inputs)[:1], *_basis(choice), *_kept(choice)),
            tables=_outcome(choice),
        )
    if table is None or table.is_empty():
        return Section(
            title="Threshold",
            missing="No threshold table yet: quantsig thresholds writes it.",
        )
    slider = _slider(inputs, table, choice)
    return Section(
        title="Threshold",
        warnings=_warnings(inputs),
        paragraphs=(_frozen(choice),),
        numbers=(*_numbers(inputs), *_basis(choice), *_kept(choice)),
        explorer=slider,
        figures=() if slider else _drawings(table, choice),
        tables=(*_outcome(choice), *_gaps(choice), _candidates(table, choice)),
    )


def _slider(inputs: Inputs, table: pl.DataFrame, choice: Choice | None) -> Explorer | None:
    found = explorable(inputs)
    return explorer(inputs, found, _drawings(table, choice)) if found else None


def _drawings(table: pl.DataFrame, choice: Choice | None) -> tuple[Figure, ...]:
    return (_trade_off(table, choice), _expectancy(table, choice))


def _warnings(inputs: Inputs) -> tuple[str, ...]:
    frozen = len(inputs.choices)
    if frozen < 2:
        return ()
    return (say("{n} thresholds were frozen in this run; the one shown is one of them.", n=frozen),)


def _frozen(choice: Choice | None) -> str:
    if choice is None:
        return say("No threshold has been frozen yet. All rows below are calibration rows.")
    on = choice.on
    if on:
        frozen = say(
            "Frozen on {rows} of the walk {walk} by the rule “{rule}” at {moment} UTC, trial "
            "{trial}: what it promises speaks of models trained like this one, fold by fold, of "
            "which this is another.",
            rows=things(on.samples, "out-of-fold row"),
            walk=on.walk_id,
            rule=say(_rule(choice)),
            moment=moment(choice.created),
            trial=choice.trial_id,
        )
        return join(frozen, _remark(choice))
    frozen = say(
        "Frozen on calibration rows by the rule “{rule}” at {moment} UTC, trial {trial}.",
        rule=say(_rule(choice)),
        moment=moment(choice.created),
        trial=choice.trial_id,
    )
    return join(frozen, _remark(choice))


def _rule(choice: Choice) -> str:
    return RULES[choice.rule].words if choice.rule in RULES else choice.rule


def _unjudged(choice: Choice) -> str:
    """Of a run without calibration: how its threshold came about."""
    if choice.on:
        return _frozen(choice)
    return say(
        "Frozen as a number at {moment} UTC, trial {trial}: the run kept no rows for calibration, "
        "so none judged it.",
        moment=moment(choice.created),
        trial=choice.trial_id,
    )


def _remark(choice: Choice) -> str:
    return retell(choice.remark, whole=True)


def _numbers(inputs: Inputs) -> tuple[Number, ...]:
    choice = inputs.choice
    if choice is None:
        return ()
    promise, outcome = choice.calibration, choice.reached
    size = things(promise.get("signals"), "signal")
    return (
        Number(
            label="Threshold",
            value=inputs.threshold,
            meaning="A calibrated probability at or above this is a signal.",
        ),
        Number(
            label="Promised precision" if choice.promise else "Precision on calibration rows",
            value=share(promise.get("precision")),
            meaning=say(
                "Signals in which the event happened, over signals; {size} on calibration rows; "
                "90 % interval by Wilson on the effective number of signals.",
                size=size,
            ),
            beside=interval(promise.get("precision_low"), promise.get("precision_high"), share),
        ),
        Number(
            label="Recall on calibration rows",
            value=share(promise.get("recall")),
            meaning=say(
                "Signals in which the event happened, over all events; {size} on calibration rows.",
                size=size,
            ),
            beside=say("on test {value}", value=share(outcome["recall"]))
            if outcome.get("recall") is not None
            else "",
        ),
        Number(
            label="Return a signal after costs",
            value=gain(promise.get("expectancy_after_costs")),
            meaning=say(
                "Mean forward return of a signal less the costs of a round trip; {size} on "
                "calibration rows.",
                size=size,
            ),
            beside=say("on test {value}", value=gain(outcome["expectancy_after_costs"]))
            if outcome.get("expectancy_after_costs") is not None
            else "",
        ),
    )


def _basis(choice: Choice | None) -> tuple[Number, ...]:
    """What the choice was made on beside the calibration rows, and whether regimes were seen."""
    if choice is None:
        return ()
    walked, seen = choice.walk, choice.promise.regimes if choice.promise else None
    found = []
    if walked:
        found.append(
            Number(
                label="Precision on the walk",
                value=share(walked.get("precision")),
                meaning=say(
                    "Signals in which the event happened, over signals; {size} on the out-of-fold "
                    "rows of the walk that the threshold was chosen on.",
                    size=things(walked.get("signals"), "signal"),
                ),
                beside=interval(walked.get("precision_low"), walked.get("precision_high"), share),
            )
        )
    if seen:
        found.append(
            Number(
                label="Regimes",
                value=share(seen.seen),
                meaning="How likely it is, by the rows that the threshold was chosen on, that the "
                "base rate wanders slowly; 50 % before any row is seen. The promise is widened "
                "by it.",
                beside=say("spread of the log-odds {size}", size=number(seen.deviation, 2)),
            )
        )
    return tuple(found)


def _kept(choice: Choice | None) -> tuple[Number, ...]:
    """Whether the test rows kept what was promised, once they were opened."""
    if choice is None or not choice.test:
        return ()
    outcome, target = choice.test, choice.target
    answer = ANSWERS[(choice.transfer or {}).get("promise_kept")]
    return (
        Number(
            label="Precision on test",
            value=share(outcome.get("precision")),
            meaning=say(
                "Signals in which the event happened, over signals; {size} on test rows; the "
                "promise is kept where this reaches the precision that was asked for.",
                size=things(outcome.get("signals"), "signal"),
            ),
            beside=join(
                say("At least {target}:", target=share(target)) if target else "",
                say(answer),
            ),
        ),
        *_likelier(outcome),
    )


def _likelier(outcome: Figures) -> tuple[Number, ...]:
    """How often the likelier answer was right on the test rows; files of before say nothing."""
    if outcome.get("accuracy") is None:
        return ()
    return (
        Number(
            label="Accuracy on test",
            value=share(outcome["accuracy"]),
            meaning="Test rows whose likelier answer, event or none at a probability of one half, "
            "was right, over all test rows; the threshold plays no part.",
            beside=say(
                "always the more frequent answer {value}",
                value=share(outcome.get("majority_accuracy")),
            ),
        ),
        Number(
            label="MCC on test",
            value=number(outcome.get("mcc"), 3),
            meaning="Matthews correlation of the likelier answer with what happened: 1 is always "
            "right, 0 no better than chance; a dash where one answer is given for all rows.",
        ),
    )


def _thinned(table: pl.DataFrame, points: int) -> pl.DataFrame:
    ordered = table.sort("threshold")
    return ordered[spread(ordered.height, points)]


def _thresholds(rows: pl.DataFrame, choice: Choice | None) -> theme.Axis:
    """The axis of thresholds, wide enough for all candidates and the frozen choice."""
    shown = [*rows["threshold"], *([choice.threshold] if choice else [])]
    margin = max(0.02 * (max(shown) - min(shown)), 0.005)
    return theme.named("threshold", range=[min(shown) - margin, max(shown) + margin])


def _marks(rows: pl.DataFrame, choice: Choice | None) -> dict[str, Any]:
    """The frozen threshold, and the line that the slider moves."""
    at = choice.threshold if choice else rows["threshold"].median()
    frozen = theme.upright(at, "frozen") if choice else {"shapes": [], "annotations": []}
    span = {"xref": "x", "yref": "paper", "x0": at, "x1": at, "y0": 0, "y1": 1}
    moved = {"type": "line", "name": "slider", **span, "line": {"color": theme.PURPLE, "width": 2}}
    return {**frozen, "shapes": [*frozen["shapes"], moved]}


def _trade_off(table: pl.DataFrame, choice: Choice | None) -> Figure:
    rows = _thinned(table, LINE_POINTS)
    edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
    thresholds = rows["threshold"].to_list()
    delivered = choice.test if choice and choice.test else {}
    reach = fitted([rows["precision"]], rows["signals"], [delivered.get("precision")])
    low = Scatter(x=thresholds, y=rows["precision_low"].to_list(), **edge)
    high = Scatter(
        x=thresholds,
        y=rows["precision_high"].to_list(),
        fill="tonexty",
        fillcolor=theme.BLUE_SOFT,
        **edge,
    )
    return Figure(
        name="trade-off",
        title="Precision and recall at each threshold",
        drawing=theme.draw(
            low,
            high,
            _line(rows, "precision", theme.BLUE, "%{y:.1%}", say("precision")),
            _line(rows, "recall", theme.ORANGE, "%{y:.1%}", say("recall")).update(yaxis="y2"),
            *_delivered(choice),
            x=_thresholds(rows, choice),
            y=reach.axis("precision", least=0.0, tickformat=theme.PERCENT),
            yaxis2=theme.axis(theme.named("recall", **RECALL_AXIS)),
            hovermode="x unified",
            **_marks(rows, choice),
        ),
        meaning=join(
            say(
                "Calibration rows; precision on the left, recall on the right; the band is the "
                "90 % interval of the precision. Diamonds are what the frozen threshold delivered "
                "on the test rows."
            ),
            reach.note,
        ),
    )


def _delivered(choice: Choice | None) -> list[Scatter]:
    if choice is None or not choice.test:
        return []
    outcome = choice.test
    names = {"precision": say("precision on test"), "recall": say("recall on test")}
    return [
        Scatter(
            name=names[figure],
            x=[choice.threshold],
            y=[outcome.get(figure)],
            mode="markers",
            marker={"symbol": "diamond", "size": 10, "color": colour},
            hovertemplate="%{y:.1%}",
            yaxis=axis,
        )
        for figure, colour, axis in (
            ("precision", theme.BLUE, "y"),
            ("recall", theme.ORANGE, "y2"),
        )
    ]


def _expectancy(table: pl.DataFrame, choice: Choice | None) -> Figure:
    rows = _thinned(table, LINE_POINTS)
    both = [rows["expectancy"], rows["expectancy_after_costs"]]
    reach = fitted(both, rows["signals"], [0.0])
    return Figure(
        name="expectancy",
        title="Return a signal at each threshold",
        drawing=theme.draw(
            _line(rows, "expectancy", theme.GREY, "%{y:.3%}", say("before costs")),
            _line(rows, "expectancy_after_costs", theme.BLUE, "%{y:.3%}", say("after costs")),
            x=_thresholds(rows, choice),
            y=reach.axis("", tickformat=".2%", zeroline=True, zerolinecolor=theme.SOFT_INK),
            hovermode="x unified",
            **_marks(rows, choice),
        ),
        meaning=join(
            say(
                "Mean forward return of the calibration rows that would signal; the right end "
                "rests on few of them."
            ),
            reach.note,
        ),
    )


def _line(rows: pl.DataFrame, column: str, colour: str, hover: str, name: str) -> Scatter:
    return Scatter(
        name=name,
        x=rows["threshold"].to_list(),
        y=rows[column].to_list(),
        mode="lines" if rows.height > 2 else "lines+markers",
        line={"color": colour, "width": 2},
        hovertemplate=hover,
    )


def _outcome(choice: Choice | None) -> tuple[Table, ...]:
    """Promise against outcome, once the test split was opened."""
    if choice is None or not choice.test:
        return ()
    columns = {name: column for name, column in COLUMNS.items() if name != "threshold"}
    opening = choice.test.get("opening")
    before = say("calibration (promise)") if choice.promise else say("calibration")
    titles = {before: choice.calibration, say("test"): choice.test}
    return (
        Table(
            title="Promise and outcome" if choice.promise else "Calibration and test",
            columns=(Column(label="Rows"), *columns.values()),
            rows=tuple((title, *map(figures.get, columns)) for title, figures in titles.items()),
            note=say("Opening number {n} of this test split.", n=opening) if opening else "",
        ),
    )


def _gaps(choice: Choice | None) -> tuple[Table, ...]:
    """How far the test rows fell from the promise, with how sure that is."""
    transfer = (choice.transfer if choice else None) or {}
    rows = tuple(
        (say(label), *(transfer.get(f"{name}_gap{end}") for end in ("", "_low", "_high")))
        for name, label in GAPS.items()
        if transfer.get(f"{name}_gap") is not None
    )
    if not rows:
        return ()
    return (
        Table(
            title="Test less calibration",
            columns=(
                Column(label="Figure"),
                Column(label="Gap", write=gain, numeric=True, signed=True),
                Column(label="Gap, low", write=gain, numeric=True, signed=True),
                Column(label="Gap, high", write=gain, numeric=True, signed=True),
            ),
            rows=rows,
            note="The figure on test rows less that on calibration rows, with its 90 % "
            "interval. An interval that holds zero may be chance.",
        ),
    )


def _candidates(table: pl.DataFrame, choice: Choice | None) -> Table:
    """A few candidates in the order of the threshold, the frozen choice among them and marked."""
    rows = [
        tuple(row[name] for name in COLUMNS)
        for row in _thinned(table, TABLE_ROWS).iter_rows(named=True)
    ]
    marked = frozenset[int]()
    note = say(
        "{shown} of {all} candidates, calibration rows.", shown=len(rows), all=count(table.height)
    )
    if choice is not None:
        frozen = tuple(choice.calibration.get(name) for name in COLUMNS)
        rows = sorted([*(row for row in rows if row[0] != frozen[0]), frozen])
        marked = frozenset({rows.index(frozen)})
        note = join(note, "The frozen choice is marked.")
    return Table(
        title="Trade-off",
        columns=tuple(COLUMNS.values()),
        rows=tuple(rows),
        marked=marked,
        note=note,
    )
