"""The signals of the frozen threshold apart by symbol, by volatility, with news and without."""

import numpy as np
import polars as pl
from plotly.graph_objects import Scatter

from quantsig.data.errors import QuantsigError
from quantsig.data.language.saying import say, word
from quantsig.reports.figures.columns import figure_column
from quantsig.reports.inputs import Inputs
from quantsig.reports.page import theme
from quantsig.reports.page.content import Column, Figure, Subsection, tabulate
from quantsig.reports.page.numerals import count, share
from quantsig.signals.thresholds.groups import grouped_trade_off, told_or_not
from quantsig.signals.thresholds.scored_rows import ScoredRows, scored_rows
from quantsig.signals.thresholds.trade_off import trade_off
from quantsig.signals.thresholds.volatility import REGIMES, regimes

SPLIT = "calibration"
MOST_DRAWN = 40  # symbols, those with the most signals
MOST_BARS = 5_000_000  # read for their volatility
COLUMNS = {
    "rows": Column(label="Rows", write=count, numeric=True),
    "base_rate": figure_column("base_rate", meaning="Events over rows of the group."),
    "signals": figure_column("signals", meaning=""),
    "precision": figure_column("precision"),
    "precision_low": Column(
        label="low",
        write=share,
        numeric=True,
        meaning="90 % interval of the precision: Wilson, on the effective number of signals.",
    ),
    "precision_high": Column(
        label="high",
        write=share,
        numeric=True,
        meaning="90 % interval of the precision: Wilson, on the effective number of signals.",
    ),
    "recall": figure_column("recall"),
    "lift": figure_column("lift", meaning="Precision over the base rate of the group."),
    "expectancy": figure_column("expectancy"),
}


def groups(inputs: Inputs) -> tuple[Subsection, ...]:
    """A part for symbols, one for regimes and one for news; none before a threshold is frozen."""
    choice = inputs.choice
    if choice is None:
        return ()
    try:
        rows = scored_rows(inputs.run, SPLIT)
    except QuantsigError:
        return ()
    cost = choice.cost_fraction
    table = trade_off(rows, np.array([choice.threshold]), cost)
    symbols = grouped_trade_off(rows, rows.symbol.alias("symbol"), table, cost)
    found = [_part("symbol", "By symbol", "Symbol", symbols)]
    restless = row_regimes(inputs, rows)
    if restless is not None:
        by_regime = grouped_trade_off(rows, restless, table, cost)
        if by_regime.height:
            order = pl.col("name").cast(pl.Enum(REGIMES))
            found.append(_part("regime", "By volatility", "Volatility", by_regime.sort(order)))
    told = _row_news(inputs, rows)
    if told is not None:
        by_news = grouped_trade_off(rows, told, table, cost)
        found.append(_part("news", "With news and without", "News", by_news))
    return tuple(found)


def _row_news(inputs: Inputs, rows: ScoredRows) -> pl.Series | None:
    """Whether each row's window has news; None where the run reads none."""
    if inputs.samples is None or rows.first is None:
        return None
    found = told_or_not(inputs.run, inputs.samples, _decisions(rows))
    return None if found is None else found.alias("news")


def _decisions(rows: ScoredRows) -> pl.DataFrame:
    times = pl.Series("decision_time", rows.decided).cast(pl.Datetime("us", "UTC"))
    return pl.DataFrame([rows.symbol.alias("symbol"), times])


def row_regimes(inputs: Inputs, rows: ScoredRows) -> pl.Series | None:
    """Calm, usual or restless for each row; None where bars or times are not at hand."""
    samples = inputs.samples
    if samples is None or rows.first is None:
        return None
    if not 0 < samples.manifest.stored_bars <= MOST_BARS:
        return None
    return regimes(samples.closes, _decisions(rows), rows.first).alias("volatility")


def _part(key: str, title: str, label: str, table: pl.DataFrame) -> Subsection:
    columns = {"name": Column(label=label, write=str if key == "symbol" else word), **COLUMNS}
    note = {
        "symbol": "Calibration rows at the frozen threshold. The interval is approximate, and of "
        "many symbols some look good by chance.",
        "regime": "Calibration rows at the frozen threshold. A regime is the third that the last "
        "20 bars' volatility falls into, among what the same symbol had before.",
        "news": "Calibration rows at the frozen threshold, those with items of news in their "
        "window apart from those without.",
    }[key]
    return Subsection(
        title=title,
        figures=_drawing(key, table) if table["precision"].count() else (),
        tables=(tabulate("Figures of each", table, columns, note=say(note)),),
    )


def _drawing(key: str, table: pl.DataFrame) -> tuple[Figure, ...]:
    known = table.drop_nulls("precision")
    shown = known.filter(pl.col("signals").rank("ordinal", descending=True) <= MOST_DRAWN)
    names = [theme.literal(str(name if key == "symbol" else word(name))) for name in shown["name"]]
    precision, low, high = (shown[f"precision{end}"].to_numpy() for end in ("", "_low", "_high"))
    points = Scatter(
        name=say("precision"),
        x=names,
        y=precision.tolist(),
        mode="markers",
        marker={"size": 9, "color": theme.BLUE},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": (high - precision).tolist(),
            "arrayminus": (precision - low).tolist(),
            "thickness": 1.2,
            "width": 4,
            "color": theme.BLUE,
        },
        customdata=shown["signals"].to_list(),
        hovertemplate=say("%{y:.1%} of %{customdata:,} signals"),
    )
    rates = Scatter(
        name=say("base rate"),
        x=names,
        y=shown["base_rate"].to_list(),
        mode="markers",
        marker={"size": 12, "symbol": "line-ew", "line": {"width": 2, "color": theme.GREY}},
        hovertemplate="%{y:.1%}",
    )
    return (
        Figure(
            name=f"by-{key}",
            title="Precision beside the base rate",
            drawing=theme.draw(
                rates,
                points,
                x={"type": "category"},
                y={"tickformat": theme.PERCENT, "rangemode": "tozero"},
                height_px=280,
            ),
            meaning=say(
                "Calibration rows at the frozen threshold, with 90 % intervals; {shown} of {all}.",
                shown=shown.height,
                all=table.height,
            ),
            wide=True,
        ),
    )
