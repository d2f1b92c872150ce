"""What the slider over thresholds moves: rows of one split, packed so that the page can compute.

The page selects the rows whose probability reaches a threshold and says of them what
`signals.thresholds.trade_off` says; their trades follow the run's execution, each symbol in its
own account, where a signal is passed over while a position of its symbol is open.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.backtest.execution import Execution
from quantsig.backtest.trading.single_trades import SingleTrades, recorded_execution, single_trades
from quantsig.data.calendar.sessions import DAY_US
from quantsig.data.errors import DataError
from quantsig.data.language.saying import retell, say
from quantsig.reports.inputs import Inputs
from quantsig.reports.page import theme
from quantsig.reports.page.content import Explorer, Figure
from quantsig.reports.page.packing import packed_arrays
from quantsig.signals.choice import Choice
from quantsig.signals.figures import FIGURES
from quantsig.signals.thresholds.scored_rows import ScoredRows, scored_rows

SPLIT = "calibration"
MILLISECOND = 1000  # microseconds

CONTROLS = tuple(
    (name, FIGURES[name].label, FIGURES[name].formula)
    for name in (
        "signals",
        "precision",
        "recall",
        "lift",
        "signals_per_month",
        "expectancy",
        "expectancy_after_costs",
    )
)
TRADED = (
    (
        "trades",
        "Trades",
        "Signals that are entered: one position a symbol, the others are passed over.",
    ),
    (
        "total_return",
        "Total return",
        "Each symbol compounds its trades after costs in an account of its own; the accounts "
        "together, less one.",
    ),
    (
        "max_drawdown",
        "Worst drawdown",
        "Lowest equity over the highest before it, less one, as trades close.",
    ),
)
BUTTONS = (("lower", "one lower"), ("higher", "one higher"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Explorable:
    """Rows of a split in the order of symbol and time, with their trades or why there are none."""

    rows: ScoredRows
    trades: SingleTrades | None
    without: str = ""


def explorable(inputs: Inputs) -> Explorable | None:
    """The calibration rows of a run; None where there are none with an outcome."""
    try:
        rows = scored_rows(inputs.run, SPLIT)
    except (DataError, FileNotFoundError):
        return None
    if not rows.happened.any() or rows.happened.all():
        return None
    try:
        trades = single_trades(inputs.run, SPLIT, _execution(inputs), inputs.samples)
    except DataError as error:
        return Explorable(rows=rows, trades=None, without=error.what)
    if trades.rows.height != len(rows):
        return Explorable(rows=rows, trades=None, without=say("the signals are of other rows."))
    return Explorable(rows=_in_order(inputs, trades), trades=trades)


def explorer(inputs: Inputs, found: Explorable, drawings: tuple[Figure, ...]) -> Explorer:
    """The slider with everything that it moves; drawings of thresholds come before the equity."""
    rows, trades, choice = found.rows, found.trades, inputs.choice
    levels, level = np.unique(-rows.probability, return_inverse=True)
    arrays: dict[str, NDArray[np.generic]] = {
        "thresholds": (-levels).astype(np.float32),
        "level": _small(level),
        "hit": rows.happened.astype(np.uint8),
        "returns": rows.forward_return.astype(np.float32),
    }
    if trades is not None:
        arrays |= _trade_arrays(inputs, trades)
    places, content = packed_arrays(arrays)
    data = {
        "arrays": places,
        "months": rows.months,
        "cost": _cost(choice),
        "symbols": len(trades.symbols) if trades else 0,
        "frozen": None if choice is None else int((-levels >= choice.threshold).sum()) - 1,
        "frozen_threshold": None if choice is None else choice.threshold,
        "drawings": [f"threshold-{figure.name}" for figure in drawings],
        "equity": "threshold-explored-equity" if trades else None,
    }
    return Explorer(
        title="Every threshold",
        meaning=_meaning(found),
        data=data,
        arrays=content,
        drawings=(*drawings, *((_equity(),) if trades else ())),
        controls=(*CONTROLS, *(TRADED if trades else ())),
        buttons=(*BUTTONS, *((("frozen", "the frozen one"),) if choice else ())),
    )


def _execution(inputs: Inputs) -> Execution:
    """As the run was backtested; the defaults where it was not."""
    if inputs.stats is None:
        return Execution()
    traded = inputs.run.signals().filter(pl.col("split") == inputs.stats.split, "signal")
    return recorded_execution(inputs.stats.execution, traded)


def _in_order(inputs: Inputs, trades: SingleTrades) -> ScoredRows:
    """The scored rows in the order of the trades."""
    rows = trades.rows
    return ScoredRows(
        probability=rows["probability"].to_numpy(),
        happened=inputs.run.happened(rows),
        forward_return=rows["forward_return"].cast(pl.Float64).to_numpy(),
        decided=rows["decision_time"].dt.epoch("us").to_numpy(),
        symbol=rows["symbol"],
        calendar=inputs.calendar,
    )


def _trade_arrays(inputs: Inputs, trades: SingleTrades) -> dict[str, NDArray[np.generic]]:
    times = inputs.calendar.days(trades.times) * DAY_US if inputs.daily else trades.times
    none = len(trades.times)  # the entry of a row that no bar is left for
    return {
        "times": times / MILLISECOND,
        "symbol": _small(trades.symbol),
        "entry": _small(np.where(trades.entry < 0, none, trades.entry)),
        "held": _small(np.where(trades.entry < 0, 0, trades.exit - trades.entry)),  # packs well
        "waits": np.where(trades.entry < 0, 0, trades.free - trades.exit).astype(np.uint8),
        "growth": trades.growth.astype(np.float32),
    }


def _small(values: NDArray[np.int64]) -> NDArray[np.generic]:
    """As few bytes a value as hold them all."""
    return values.astype(np.uint16 if values.max(initial=0) < 2**16 else np.uint32)


def _cost(choice: Choice | None) -> float:
    """Of a round trip, as the choice counted it."""
    if choice is not None:
        return choice.cost_fraction
    default = Execution()
    return 2 * (default.fee + default.slippage)


def _meaning(found: Explorable) -> str:
    text = (
        "Moved by hand over the {rows} calibration rows, which chose the threshold: what looks "
        "best here flatters. The test rows answer for the frozen threshold alone."
    )
    if found.trades is None:
        text += " Without trades: {why}"
    return say(text, rows=f"{len(found.rows):,}", why=retell(found.without))


def _equity() -> Figure:
    line = {"color": theme.BLUE, "width": 2, "shape": "hv"}
    return Figure(
        name="explored-equity",
        title="Equity at the threshold of the slider",
        drawing=theme.draw(
            {
                "type": "scatter",
                "mode": "lines",
                "x": [],
                "y": [],
                "line": line,
                "hovertemplate": "%{y:.3f}<extra></extra>",
            },
            x={"type": "date"},
            y=theme.named("equity", tickformat=".2f"),
            height_px=260,
            showlegend=False,
            hovermode="x unified",
        ),
        meaning="Calibration rows, after costs, from 1: the symbols' accounts together, as trades "
        "close. It moves with the slider.",
        wide=True,
        log_axis="yaxis",
    )
