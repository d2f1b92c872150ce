"""What is intended with a signal: entry, stop and target, in prices and on the newest bars."""

from dataclasses import dataclass

import polars as pl
from plotly.graph_objects import Scatter

from quantsig.data.bars import adjusted
from quantsig.data.language.saying import say
from quantsig.reports.figures.candles import breaks, candles, fold, milliseconds
from quantsig.reports.forward.inputs import ForwardInputs
from quantsig.reports.page import theme
from quantsig.reports.page.content import Figure
from quantsig.signals.forward.lines import Line, moment_of

CANDLES = 120
UP_TO_NOW = "Bars up to the decision, earlier prices adjusted to the newest."
PLANNED = f"{UP_TO_NOW} Dashed: the planned stop and target."
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, kw_only=True, slots=True)
class SignalPlan:
    """What is intended with a signal, in prices of the decision's close."""

    entry: float  # the close; the entry is the open of a later bar
    stop: float | None
    target: float | None


def plan_of(inputs: ForwardInputs, line: Line) -> SignalPlan:
    """Entry, stop and target of a signal, as they are intended at its close."""
    close, sign, execution = line["close"], line["direction"], inputs.execution
    stop = line["stop"] if execution.stop_loss is None else execution.stop_loss
    target = line["target"] if execution.take_profit is None else execution.take_profit
    return SignalPlan(
        entry=close,
        stop=None if stop is None else close * (1 - sign * stop),
        target=None if target is None else close * (1 + sign * target),
    )


def planned_prices(
    inputs: ForwardInputs, line: Line, plan: SignalPlan, place: int
) -> tuple[Figure, ...]:
    """The newest bars of a symbol with the planned prices."""
    own = inputs.bars.bars.filter(
        pl.col("symbol") == line["symbol"],
        pl.col("timestamp") <= moment_of(line["decision_time"]),
    ).tail(CANDLES)
    if own.is_empty():
        return ()
    shown = adjusted(own.with_columns(pl.col("adjustment") / pl.col("adjustment").last()))
    ends = [milliseconds(own["timestamp"])[0], milliseconds(own["timestamp"])[-1]]
    levels = [
        Scatter(
            x=ends,
            y=[level] * 2,
            mode="lines",
            line={"color": colour, "width": 1.3, "dash": "dash"},
            name=say(name),
        )
        for name, level, colour in (
            ("stop", plan.stop, theme.LOSS),
            ("target", plan.target, theme.GAIN),
        )
        if level is not None
    ]
    return (
        Figure(
            name=f"plan-{LETTERS[place]}",
            title=say("{symbol}: the newest bars", symbol=line["symbol"]),
            drawing=theme.draw(
                candles(fold(shown, CANDLES).bars, say("price")),
                *levels,
                x={
                    "type": "date",
                    "rangebreaks": breaks(shown["timestamp"]),
                    "rangeslider": {"visible": False},
                },
                y=theme.named("price", tickformat=",.6~g"),
                height_px=320,
            ),
            meaning=PLANNED if levels else UP_TO_NOW,
        ),
    )
