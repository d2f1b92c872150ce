"""The equity over time: beside others, under water, by its rolling Sharpe ratio, and invested."""

from typing import Any

import polars as pl
from plotly.graph_objects import Bar, Scatter
from plotly.graph_objects import Figure as Drawing

from quantsig.backtest.comparisons.beside_market import MARKETS
from quantsig.backtest.record import StatsRecord
from quantsig.data.language.saying import join, say
from quantsig.reports.figures.thinning import spread, thin
from quantsig.reports.page import theme
from quantsig.reports.page.content import Figure
from quantsig.reports.page.numerals import number, things

LINE_POINTS = 2000
VERDICT_POINTS = 800
BAND_POINTS = 600
ROLLING_SESSIONS = 63  # about a quarter of a year
LINES = {  # of equity.parquet, the last one drawn on top
    "always_long": ("always long", theme.GREY),
    "equal_weight": ("equal weight", theme.GREEN),
    "random_median": ("median of random entries", theme.PURPLE),
    "equity": ("strategy", theme.BLUE),
}


def equity_and_excess(equity: pl.DataFrame) -> Figure:
    """Equity beside the market, over what it has beyond it."""
    market = next((name for name in MARKETS if name in equity.columns), None)
    shown = tuple(name for name in LINES if name in (*MARKETS, "equity"))
    beyond = [] if market is None else [_excess(equity, market)]
    drawing = theme.draw(
        *_lines(equity, shown, VERDICT_POINTS),
        *beyond,
        x={"type": "date", **({"anchor": "y2"} if beyond else {})},
        y={
            **theme.named(say("equity"), tickformat=".2f"),
            **({"domain": [0.34, 1]} if beyond else {}),
        },
        **({"yaxis2": _beyond()} if beyond else {}),
        height_px=380 if beyond else 300,
        hovermode="x unified",
    )
    return Figure(
        name="equity-line",
        title="What one unit of money became",
        drawing=drawing,
        meaning=say(
            "Equity after costs, starting at 1, beside the market; below, how much more it was "
            "worth than the market at each time."
        ),
        wide=True,
        log_axis="yaxis",
    )


def _excess(equity: pl.DataFrame, market: str) -> Scatter:
    """Equity over that of the market, less one."""
    rows = equity.select("timestamp", (pl.col("equity") / pl.col(market) - 1.0).alias("excess"))
    rows = rows.with_columns(pl.when(pl.col("excess").is_finite()).then("excess").alias("excess"))
    return _over_time(
        thin(rows.drop_nulls(), "excess", VERDICT_POINTS),
        "excess",
        name=say("beyond the market"),
        line={"color": theme.PURPLE, "width": 1.3},
        hovertemplate="%{y:.1%}",
        yaxis="y2",
    )


def _beyond() -> theme.Axis:
    lines = {"zeroline": True, "zerolinecolor": theme.SOFT_INK, "tickformat": ".0%"}
    return theme.axis({**theme.named(say("beyond the market"), **lines), "domain": [0, 0.26]})


def equity_and_drawdown(equity: pl.DataFrame) -> Figure:
    """Equity beside all it can be compared with, over its distance below the highest so far."""
    drawing = theme.draw(
        *_random_band(equity),
        *_lines(equity, tuple(LINES), LINE_POINTS),
        _underwater(equity),
        x={"type": "date", "anchor": "y2"},
        y={**theme.named(say("equity"), tickformat=".2f"), "domain": [0.36, 1]},
        yaxis2=_below(equity),
        height_px=460,
        hovermode="x unified",
    )
    return Figure(
        name="equity",
        title="Equity and drawdown",
        drawing=drawing,
        meaning=join(
            say(
                "Equity after costs from 1, and its distance below the highest so far; {bars}. "
                "Always long buys all symbols once and holds them, at the same costs.",
                bars=things(equity.height, "bar"),
            ),
            _band_said(equity),
        ),
        wide=True,
        log_axis="yaxis",
    )


def rolling_sharpe(equity: pl.DataFrame, days: pl.Series, stats: StatsRecord) -> tuple[Figure, ...]:
    """The Sharpe ratio of the last sessions at each one; nothing where there are too few.

    Args:
        equity: rows of equity.parquet.
        days: of the session of each row.
        stats: stats.json.
    """
    per_year = stats.figures.get("periods_per_year") or 0.0
    rolled = _rolled(equity, days, per_year) if per_year else None
    if rolled is None or rolled["sharpe"].count() < 2:
        return ()
    line = _over_time(
        thin(rolled.drop_nulls("sharpe"), "sharpe", LINE_POINTS),
        "sharpe",
        name=say("Sharpe ratio"),
        line={"color": theme.BLUE, "width": 1.5},
        hovertemplate="%{y:.2f}",
    )
    return (
        Figure(
            name="rolling-sharpe",
            title=say("Sharpe ratio of the last {sessions} sessions", sessions=ROLLING_SESSIONS),
            drawing=theme.draw(
                line,
                x={"type": "date"},
                y={"tickformat": ".1f", "zeroline": True, "zerolinecolor": theme.SOFT_INK},
                height_px=260,
                showlegend=False,
            ),
            meaning=say(
                "Mean over standard deviation of {sessions} session returns, times the root of "
                "{per_year} sessions a year. Over so few sessions it moves by about {error} "
                "either way by chance alone.",
                sessions=ROLLING_SESSIONS,
                per_year=number(per_year, 1),
                error=number((per_year / ROLLING_SESSIONS) ** 0.5, 1),
            ),
        ),
    )


def exposure_and_turnover(equity: pl.DataFrame, days: pl.Series) -> tuple[Figure, ...]:
    """The invested share, a mean a week, over what was traded, a sum a month.

    Args:
        equity: rows of equity.parquet.
        days: of the session of each row.
    """
    if not {"exposure", "turnover"} <= set(equity.columns):
        return ()
    weeks, months = (
        equity.group_by(
            days.dt.truncate(length).cast(pl.Datetime("us")).alias("timestamp"), maintain_order=True
        )
        for length in ("1w", "1mo")
    )
    invested = _over_time(
        weeks.agg(pl.col("exposure").mean()),
        "exposure",
        name=say("exposure, mean of the week"),
        line={"color": theme.BLUE, "width": 1.5, "shape": "hv"},
        hovertemplate="%{y:.1%}",
    )
    traded = months.agg(pl.col("turnover").sum())
    bars = Bar(
        name=say("turnover, sum of the month"),
        x=traded["timestamp"].dt.strftime("%Y-%m-%d").to_list(),
        y=traded["turnover"].round(6).to_list(),
        marker={"color": theme.AMBER},
        hovertemplate="%{y:.2f}×",
        yaxis="y2",
    )
    above = {"tickformat": theme.PERCENT, "rangemode": "tozero", "domain": [0.45, 1]}
    return (
        Figure(
            name="exposure",
            title="Exposure and turnover",
            drawing=theme.draw(
                invested,
                bars,
                x={"type": "date", "anchor": "y2"},
                y=above,
                yaxis2=theme.axis({"tickformat": ".1~f", "ticksuffix": "×", "domain": [0, 0.34]}),
                height_px=300,
                hovermode="x unified",
            ),
            meaning=say(
                "Invested share of the equity at the closes of each week, and below how many times "
                "the equity was bought and sold in each month; {bars}.",
                bars=things(equity.height, "bar"),
            ),
        ),
    )


def overlaid(curves: dict[str, pl.DataFrame], *, points: int = LINE_POINTS) -> Drawing:
    """The equity of several runs in one drawing."""
    traces = [
        _over_time(
            thin(equity, "equity", points),
            "equity",
            name=theme.literal(name),
            line={"color": theme.SERIES[n % len(theme.SERIES)], "width": 2},
        )
        for n, (name, equity) in enumerate(curves.items())
    ]
    return theme.draw(
        *traces,
        x={"type": "date"},
        y=theme.named(say("equity"), tickformat=".2f"),
        height_px=400,
        hovermode="x unified",
        showlegend=True,
    )


def _lines(equity: pl.DataFrame, names: tuple[str, ...], points: int) -> list[Scatter]:
    return [
        _over_time(
            thin(equity, column, points),
            column,
            name=say(LINES[column][0]),
            legendrank=1 if column == "equity" else None,
            line={"color": LINES[column][1], **({} if column == "equity" else {"width": 1.3})},
        )
        for column in names
        if column in equity.columns
    ]


def _random_band(equity: pl.DataFrame) -> list[Scatter]:
    """Between the lowest and the highest twentieth of the random entries at each time."""
    if not {"random_low", "random_high"} <= set(equity.columns):
        return []
    rows = equity[spread(equity.height, BAND_POINTS)]
    edge = {"line": {"width": 0}, "hoverinfo": "skip", "hovertemplate": None}
    return [
        _over_time(rows, "random_low", name="", showlegend=False, **edge),
        _over_time(
            rows,
            "random_high",
            name=say("random entries, 5 % to 95 %"),
            fill="tonexty",
            fillcolor=theme.PURPLE_SOFT,
            **edge,
        ),
    ]


def _band_said(equity: pl.DataFrame) -> str:
    if "random_low" not in equity.columns:
        return ""
    return say(
        "The band holds nine tenths of the draws of the same trades at other times, at each time "
        "by itself; their equity changes where trades end."
    )


def _underwater(equity: pl.DataFrame) -> Scatter:
    return _over_time(
        thin(equity, "drawdown", LINE_POINTS),
        "drawdown",
        name=say("drawdown"),
        line={"color": theme.ORANGE, "width": 1},
        fill="tozeroy",
        fillcolor=theme.ORANGE_SOFT,
        hovertemplate="%{y:.1%}",
        yaxis="y2",
    )


def _below(equity: pl.DataFrame) -> theme.Axis:
    lowest = min(equity["drawdown"].to_numpy().min(), -0.01)
    drawdown = theme.named(say("drawdown"), tickformat=".1%", range=[lowest * 1.05, 0])
    return theme.axis({**drawdown, "domain": [0, 0.28]})


def _rolled(equity: pl.DataFrame, days: pl.Series, per_year: float) -> pl.DataFrame:
    """A row a session: its last time, and the Sharpe ratio of the sessions up to it."""
    sessions = equity.group_by(days.alias("day"), maintain_order=True)
    returns = pl.col("equity") / pl.col("equity").shift(1) - 1.0
    mean = pl.col("return").rolling_mean(ROLLING_SESSIONS)
    deviation = pl.col("return").rolling_std(ROLLING_SESSIONS, ddof=1)
    known = pl.when(deviation > 1e-12).then(mean / deviation * per_year**0.5)
    return (
        sessions.agg(pl.col("timestamp", "equity").last())
        .with_columns(returns.alias("return"))
        .with_columns(pl.when(pl.col("return").is_finite()).then("return").alias("return"))
        .with_columns(known.alias("sharpe"))
    )


def _over_time(rows: pl.DataFrame, column: str, **settings: Any) -> Scatter:
    return Scatter(
        **{
            "x": rows["timestamp"].dt.strftime("%Y-%m-%d %H:%M:%S").to_list(),
            "y": rows[column].round(6).to_list(),
            "mode": "lines",
            "hovertemplate": "%{y:.3f}",
            **settings,
        }
    )
