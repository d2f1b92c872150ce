"""What is left of the result when costs rise and when the entry comes later."""

from collections.abc import Sequence
from typing import Any

from plotly.graph_objects import Scatter

from quantsig.backtest.record import StatsRecord
from quantsig.data.language.saying import join, say
from quantsig.data.storage.records import Figures
from quantsig.reports.page import theme
from quantsig.reports.page.content import Figure
from quantsig.reports.page.numerals import things


def cost_ladder(stats: StatsRecord) -> tuple[Figure, ...]:
    """Total return at multiples of the fees and the slippage."""
    return _ladder(
        stats.ladders.costs if stats.ladders else (),
        step="multiple",
        name="costs",
        title="At higher costs",
        axis=theme.named(say("times the costs"), tickformat="~g", ticksuffix="×"),
        meaning="Total return, and mean return of a trade, when fees and slippage are so many "
        "times those of this backtest; the same signals traded again at each step.",
    )


def delay_ladder(stats: StatsRecord) -> tuple[Figure, ...]:
    """Total return when every entry comes later; steps that cannot be reached are left out."""
    rows = stats.ladders.delays if stats.ladders else ()
    return _ladder(
        [row for row in rows if row["reachable"]],
        step="delay_bars",
        name="delays",
        title="At later entries",
        axis=theme.named(say("bars from decision to entry"), dtick=1, tickformat="d"),
        meaning="Total return, and mean return of a trade, when every decision is filled so many "
        "bars later; the same signals traded again at each step.",
    )


def _ladder(
    rows: Sequence[Figures], *, step: str, name: str, title: str, axis: theme.Axis, meaning: str
) -> tuple[Figure, ...]:
    if not rows:
        return ()
    total = _steps(rows, step, "total_return", name=say("total return"), line={"color": theme.BLUE})
    single = _steps(
        rows,
        step,
        "expectancy",
        name=say("mean return of a trade (right)"),
        line={"color": theme.AMBER, "dash": "dot"},
        yaxis="y2",
    )
    return (
        Figure(
            name=name,
            title=title,
            drawing=theme.draw(
                total,
                single,
                x=axis,
                y={"tickformat": ".1%", "zeroline": True, "zerolinecolor": theme.SOFT_INK},
                yaxis2={**theme.axis({"tickformat": ".2%"}), "side": "right", "overlaying": "y"}
                | {"showgrid": False, "zeroline": False},
                height_px=280,
                hovermode="x unified",
                showlegend=True,
            ),
            meaning=join(
                meaning,
                say("{trades} at the first step.", trades=things(rows[0].get("trades"), "trade")),
            ),
        ),
    )


def _steps(rows: Sequence[Figures], step: str, column: str, **settings: Any) -> Scatter:
    return Scatter(
        x=[row[step] for row in rows],
        y=[row.get(column) for row in rows],
        mode="lines+markers",
        hovertemplate="%{y:.2%}",
        **settings,
    )
