"""What each threshold promises, which one was frozen, and what it then delivered."""

from typing import Any

import polars as pl
from plotly.graph_objects import Scatter

from quantsig.reports import theme
from quantsig.reports.inputs import Document, Inputs
from quantsig.reports.numerals import count, gain, moment, number, share
from quantsig.reports.page import Column, Figure, Number, Section, Table
from quantsig.reports.thinning import spread

TABLE_ROWS = 15
LINE_POINTS = 500

COLUMNS = {
    "threshold": Column(label="Threshold", write=lambda value: number(value, 3), numeric=True),
    "signals": Column(label="Signals", write=count, numeric=True),
    "precision": Column(
        label="Precision", write=share, numeric=True, meaning="True positives over signals"
    ),
    "precision_low": Column(label="low", write=share, numeric=True),
    "precision_high": Column(label="high", write=share, numeric=True),
    "recall": Column(
        label="Recall", write=share, numeric=True, meaning="True positives over all positives"
    ),
    "f1": Column(label="F1", write=lambda value: number(value, 3), numeric=True),
    "lift": Column(
        label="Lift", write=number, numeric=True, meaning="Precision over the base rate"
    ),
    "signals_per_month": Column(label="A month", write=lambda v: number(v, 1), numeric=True),
    "expectancy": Column(
        label="Expectancy", write=gain, numeric=True, meaning="Mean forward return of the signals"
    ),
    "expectancy_after_costs": Column(label="After costs", write=gain, numeric=True),
}


def section(inputs: Inputs) -> Section:
    """The trade-off, the frozen choice, and promise against outcome."""
    table, choice = inputs.thresholds, inputs.choice
    if table is None or table.is_empty():
        return Section(
            title="Threshold",
            missing="No threshold table yet: quantsig thresholds writes it.",
        )
    return Section(
        title="Threshold",
        warnings=_warnings(inputs),
        paragraphs=(_frozen(choice),),
        numbers=_numbers(choice),
        figures=(_trade_off(table, choice), _expectancy(table, choice)),
        tables=(*_outcome(choice), _candidates(table, choice)),
    )


def _warnings(inputs: Inputs) -> tuple[str, ...]:
    frozen = len(inputs.choices)
    if frozen < 2:
        return ()
    return (f"{frozen} thresholds were frozen in this run; the one shown is one of them.",)


def _frozen(choice: Document | None) -> str:
    if choice is None:
        return "No threshold has been frozen yet. All rows below are calibration rows."
    return (
        f"Frozen on calibration rows by the rule “{choice.get('rule')}” at "
        f"{moment(choice.get('created'))} UTC, trial {choice.get('trial_id')}."
    )


def _numbers(choice: Document | None) -> tuple[Number, ...]:
    if choice is None:
        return ()
    promise = choice.get("calibration") or {}
    size = f"{count(promise.get('signals'))} signals on calibration rows"
    return (
        Number(
            label="Threshold",
            value=number(choice["threshold"], 3),
            meaning="A calibrated probability at or above this is a signal.",
        ),
        Number(
            label="Promised precision",
            value=share(promise.get("precision")),
            meaning=f"True positives over signals; {size}.",
            beside=f"{share(promise.get('precision_low'))} to "
            f"{share(promise.get('precision_high'))}",
        ),
        Number(
            label="Promised recall",
            value=share(promise.get("recall")),
            meaning=f"True positives over all positives; {size}.",
        ),
        Number(
            label="Expectancy after costs",
            value=gain(promise.get("expectancy_after_costs")),
            meaning=f"Mean forward return per signal less the costs of a round trip; {size}.",
        ),
    )


def _thinned(table: pl.DataFrame, points: int) -> pl.DataFrame:
    ordered = table.sort("threshold")
    return ordered[spread(ordered.height, points)]


def _thresholds(rows: pl.DataFrame, choice: Document | None) -> theme.Axis:
    """The axis of thresholds, wide enough for all candidates and the frozen choice."""
    shown = [*rows["threshold"], *([choice["threshold"]] if choice else [])]
    margin = max(0.02 * (max(shown) - min(shown)), 0.005)
    return theme.named("threshold", range=[min(shown) - margin, max(shown) + margin])


def _mark(choice: Document | None) -> dict[str, Any]:
    return {} if choice is None else theme.upright(choice["threshold"], "frozen")


def _trade_off(table: pl.DataFrame, choice: Document | None) -> Figure:
    rows = _thinned(table, LINE_POINTS)
    edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
    thresholds = rows["threshold"].to_list()
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
            _line(rows, "precision", theme.BLUE, "%{y:.1%}"),
            _line(rows, "recall", theme.ORANGE, "%{y:.1%}"),
            *_delivered(choice),
            x=_thresholds(rows, choice),
            y={"range": [0, 1.02], "tickformat": theme.PERCENT},
            hovermode="x unified",
            **_mark(choice),
        ),
        meaning="Calibration rows; the band is the interval of the precision. Diamonds are what "
        "the frozen threshold delivered on the test rows.",
    )


def _delivered(choice: Document | None) -> list[Scatter]:
    outcome = (choice or {}).get("test")
    if choice is None or not outcome:
        return []
    return [
        Scatter(
            name=f"{name} on test",
            x=[choice["threshold"]],
            y=[outcome.get(name)],
            mode="markers",
            marker={"symbol": "diamond", "size": 10, "color": colour},
            hovertemplate="%{y:.1%}",
        )
        for name, colour in (("precision", theme.BLUE), ("recall", theme.ORANGE))
    ]


def _expectancy(table: pl.DataFrame, choice: Document | None) -> Figure:
    rows = _thinned(table, LINE_POINTS)
    return Figure(
        name="expectancy",
        title="Expectancy at each threshold",
        drawing=theme.draw(
            _line(rows, "expectancy", theme.GREY, "%{y:.3%}", "before costs"),
            _line(rows, "expectancy_after_costs", theme.BLUE, "%{y:.3%}", "after costs"),
            x=_thresholds(rows, choice),
            y={"tickformat": ".2%", "zeroline": True, "zerolinecolor": theme.SOFT_INK},
            hovermode="x unified",
            **_mark(choice),
        ),
        meaning="Mean forward return of the calibration rows that would signal; the right end "
        "rests on few of them.",
    )


def _line(
    rows: pl.DataFrame, column: str, colour: str, hover: str, name: str | None = None
) -> Scatter:
    return Scatter(
        name=name or column,
        x=rows["threshold"].to_list(),
        y=rows[column].to_list(),
        mode="lines" if rows.height > 2 else "lines+markers",
        line={"color": colour, "width": 2},
        hovertemplate=hover,
    )


def _outcome(choice: Document | None) -> tuple[Table, ...]:
    """Promise against outcome, once the test split was opened."""
    if choice is None or not choice.get("test"):
        return ()
    columns = {name: column for name, column in COLUMNS.items() if name != "threshold"}
    opening = choice["test"].get("opening")
    return (
        Table(
            title="Promise and outcome",
            columns=(Column(label="Rows"), *columns.values()),
            rows=tuple(
                (title, *(choice[key].get(name) for name in columns))
                for title, key in (("calibration (promise)", "calibration"), ("test", "test"))
            ),
            note=f"Opening number {opening} of this run's test split." if opening else "",
        ),
    )


def _candidates(table: pl.DataFrame, choice: Document | None) -> Table:
    """A few candidates in the order of the threshold, the frozen choice among them and marked."""
    rows = [
        tuple(row[name] for name in COLUMNS)
        for row in _thinned(table, TABLE_ROWS).iter_rows(named=True)
    ]
    marked = frozenset[int]()
    note = f"{len(rows)} of {table.height:,} candidates, calibration rows."
    if choice is not None:
        frozen = tuple(choice["calibration"].get(name) for name in COLUMNS)
        rows = sorted([*(row for row in rows if row[0] != frozen[0]), frozen])
        marked = frozenset({rows.index(frozen)})
        note += " The frozen choice is marked."
    return Table(
        title="Trade-off",
        columns=tuple(COLUMNS.values()),
        rows=tuple(rows),
        marked=marked,
        note=note,
        sortable=True,
    )
