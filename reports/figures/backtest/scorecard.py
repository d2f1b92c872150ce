"""The strategy beside the market it was traded in: every figure of both, and how they agree."""

from collections.abc import Mapping

from quantsig.backtest.comparisons.beside_market import BesideMarket
from quantsig.backtest.record import StatsRecord
from quantsig.backtest.statistics.figure_table import FIGURES
from quantsig.data.language.saying import say
from quantsig.data.storage.records import Figures
from quantsig.reports.figures.backtest.stated_figures import sizes
from quantsig.reports.inputs import TradedFiles
from quantsig.reports.page.content import Line, Number, Scorecard
from quantsig.reports.page.numerals import BY_UNIT, DASH, gain, interval, number

BOTH = (  # of the strategy and of the market, in the order they are told
    "total_return",
    "annual_return",
    "volatility",
    "sharpe",
    "sortino",
    "calmar",
    "max_drawdown",
    "current_drawdown",
)
OWN = ("exposure", "turnover", "fees", "slippage")  # of the strategy alone
TOGETHER = ("beta", "correlation", "information_ratio", "up_capture", "down_capture")
HELD = {  # what the market is, by its column of equity.parquet
    "equal_weight": "Market: all symbols held with equal weights, balanced again every session, at "
    "the same delay and costs. What it trades is not kept, so it has no turnover and no costs "
    "here; its own returns are after them.",
    "always_long": "Market: all symbols bought once with equal parts and held, at the same delay "
    "and costs.",
}


def scorecard(inputs: TradedFiles) -> Scorecard | None:
    """The figures side by side; nothing where there is no equity of a market."""
    stats, found = inputs.stats, inputs.market
    if stats is None or found is None:
        return None
    return Scorecard(
        title="Strategy beside the market",
        columns=("Strategy", "Market", "Difference"),
        lines=(*_compared(stats, found), *_alone(stats)),
        note=HELD[found.market],
    )


def _compared(stats: StatsRecord, found: BesideMarket) -> list[Line]:
    size, lines = sizes(stats), []
    for name in BOTH:
        told = FIGURES[name]
        write = BY_UNIT[told.unit]
        own, held = stats.figures.get(name, found.own[name]), found.held[name]
        apart = None if own is None or held is None else own - held
        signed = gain if told.unit in ("share", "return") else _signed
        low, high = (stats.figures.get(f"{name}{end}") for end in ("_low", "_high"))
        lines.append(
            Line(
                label=told.label,
                meaning=say(told.formula, **size),
                values=(write(own), write(held), signed(apart)),
                beside=interval(low, high, write),
                sign=0 if apart is None else told.good * ((apart > 0) - (apart < 0)),
            )
        )
    return lines


def _alone(stats: StatsRecord) -> list[Line]:
    """What only the strategy has, where its backtest kept it."""
    return [
        Line(
            label=FIGURES[name].label,
            meaning=say(FIGURES[name].formula, **sizes(stats)),
            values=(BY_UNIT[FIGURES[name].unit](stats.figures[name]), DASH, DASH),
        )
        for name in OWN
        if name in stats.figures
    ]


def together(inputs: TradedFiles) -> tuple[Number, ...]:
    """What the strategy has of the market, and what it has beyond it."""
    stats, found = inputs.stats, inputs.market
    if stats is None or found is None:
        return ()
    size = sizes(stats)
    return (
        _number("alpha_a_year", found.together, size, _t(found.together.get("alpha_t"))),
        *(_number(name, found.together, size) for name in TOGETHER),
    )


def _t(value: float | None) -> str:
    return "" if value is None else say("t {value}", value=number(value))


def _number(name: str, figures: Figures, size: Mapping[str, str], beside: str = "") -> Number:
    told = FIGURES[name]
    return Number(
        label=told.label,
        value=BY_UNIT[told.unit](figures[name]),
        meaning=say(told.formula, **size),
        beside=beside,
    )


def _signed(value: float | None) -> str:
    return ("+" if value is not None and value > 0 else "") + number(value)
