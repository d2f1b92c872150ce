"""What came of the decisions of a journal, by the label's and the backtest's own functions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl

from quantsig.backtest.execution import Execution
from quantsig.backtest.market import Integers, Market, cut_market, place_signals, to_times
from quantsig.backtest.period import priced
from quantsig.backtest.trading.signal_status import SignalStatus
from quantsig.backtest.trading.single_trades import TradeEnds, follow_alone
from quantsig.data.barriers import ExitReason
from quantsig.data.bars import CheckedBars
from quantsig.data.samples.index import SampleRule, index_rows
from quantsig.data.samples.parts import symbol_runs
from quantsig.signals.events import Event
from quantsig.signals.forward.lines import (
    OUTCOME,
    VANISHED,
    ForwardTerms,
    Line,
    moment_of,
    stamp,
)
from quantsig.signals.forward.new_decisions import is_late
from quantsig.signals.forward.standing import Decided

NO_SIGNAL, SKIPPED = "no signal", "skipped"  # status of what was not to be traded
PATIENCE = 3  # lengths of a label that other symbols go on without one before it is given up
ASKED = {  # of a decision, that its trade follows
    "direction": pl.Int64(),
    "delay_bars": pl.Int64(),
    "horizon_bars": pl.Int64(),
    "stop": pl.Float64(),
    "target": pl.Float64(),
    "probability": pl.Float64(),
}
OF_TRADE = ("return", "entry_time", "entry_price", "exit_time", "exit_price", "reason")
OF_LABEL = ("label", "hit", "label_end", "forward_return")
NOT_TRADED = dict.fromkeys(OF_TRADE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Judging:
    """By what decisions are judged."""

    event: Event
    rule: SampleRule
    execution: Execution
    terms: ForwardTerms


def outcome_lines(
    pending: Mapping[Decided, Line], bars: CheckedBars, judging: Judging, recorded: datetime
) -> list[Line]:
    """The outcomes that the bars tell now, in order of time and symbol.

    A decision has come out when its label is known, or left out, and its trade, where it asked for
    one, has ended. Of a symbol without new bars, while others went on for `PATIENCE` lengths of a
    label, nobody will know; its status is `VANISHED`.

    Args:
        pending: decisions without an outcome.
        bars: all that there are.
        judging: by what they are judged.
        recorded: what the clock says.
    """
    rows = _decided(pending, bars)
    found = {key: {**_nobody_knows(line)} for key, line in _given_up(pending, bars, judging)}
    if len(rows):
        market = _market(rows, bars)
        placed = place_signals(rows, market, where=_where(bars))
        known = symbol_runs(bars.bars.filter(pl.col("symbol").is_in(list(market))))
        for (symbol,), own_rows in rows.group_by("symbol", maintain_order=True):
            name = str(symbol)
            ends = follow_alone(market[name], placed[name], judging.execution)
            trades = _trades(own_rows, ends, market[name].times, judging.execution)
            labels = _labels(own_rows, known[name], judging)
            for time, label, trade in zip(own_rows["decision_time"], labels, trades, strict=True):
                key = name, stamp(time)
                said = _outcome(pending[key], label, trade, judging.terms)
                if said:
                    found[key] = said
    return [
        {
            "kind": OUTCOME,
            "recorded": stamp(recorded),
            "symbol": symbol,
            "decision_time": time,
            **found[symbol, time],
        }
        for symbol, time in sorted(found, key=lambda key: key[::-1])
    ]


def _decided(pending: Mapping[Decided, Line], bars: CheckedBars) -> pl.DataFrame:
    """The pending decisions whose bar is there, by symbol and time."""
    kind = bars.bars.schema["timestamp"]
    rows = pl.DataFrame(
        {
            "symbol": [symbol for symbol, _ in pending],
            "decision_time": [moment_of(time) for _, time in pending],
            **{name: [line[name] for line in pending.values()] for name in ASKED},
        },
        schema={"symbol": pl.String(), "decision_time": kind, **ASKED},
    )
    times = bars.bars.select("symbol", decision_time="timestamp")
    return rows.join(times, on=["symbol", "decision_time"], how="semi").sort(
        "symbol", "decision_time"
    )


def _market(rows: pl.DataFrame, bars: CheckedBars) -> Market:
    start, end = rows["decision_time"].min(), bars.bars["timestamp"].max()
    assert isinstance(start, datetime)
    assert isinstance(end, datetime)
    symbols = rows["symbol"].unique().to_list()
    own = bars.bars.filter(pl.col("symbol").is_in(symbols))
    return cut_market(
        priced(own), symbols, start=start, end=end, where=_where(bars), calendar=bars.calendar
    )


def _labels(rows: pl.DataFrame, own: pl.DataFrame, judging: Judging) -> list[dict[str, Any]]:
    """The label of each decision of one symbol, the close of its entry's bar, and if it is out."""
    rule, times = judging.rule, own["timestamp"]
    places = times.search_sorted(rows["decision_time"]).to_numpy().astype(np.int64)
    first, end = int(places.min()), int(places.max()) + 1
    index = index_rows(own, rule, first=first, end=end, first_id=0)
    index = index[index["bar"].search_sorted(places).to_numpy()]
    happened = judging.event.happened(index["label"].to_numpy())
    entries = (places + rows["delay_bars"].to_numpy()).tolist()
    return [
        {
            "label": label,
            "hit": None if label is None else bool(hit),
            "label_end": None if ends is None else stamp(ends),
            "forward_return": earned,
            "known": place + rule.label.bars_after < len(own),
            "entry": times[entry] if entry < len(own) else None,
        }
        for label, hit, ends, earned, place, entry in zip(
            index["label"],
            happened,
            index["label_end"],
            index["forward_return"],
            places.tolist(),
            entries,
            strict=True,
        )
    ]


def _trades(
    rows: pl.DataFrame, ends: TradeEnds, times: Integers, execution: Execution
) -> list[dict[str, Any]]:
    """What became of the trade of each decision of one symbol."""
    earned = ends.returns(rows["direction"].to_numpy(), execution)
    entered = to_times(times[np.minimum(ends.entries, len(times) - 1)])
    left = to_times(times[ends.exits])  # of no trade the last bar, which nobody is told
    found = []
    for row, status in enumerate(map(SignalStatus, ends.statuses.tolist())):
        said: dict[str, Any] = {"status": status, **NOT_TRADED}
        if status == SignalStatus.TRADED:
            said |= {
                "return": float(earned[row]),
                "entry_time": stamp(entered[row]),
                "entry_price": float(ends.entry_prices[row]),
                "exit_time": stamp(left[row]),
                "exit_price": float(ends.exit_prices[row]),
                "reason": ExitReason(int(ends.reasons[row])).text,
            }
        found.append(said)
    return found


def _outcome(
    line: Line, label: Mapping[str, Any], trade: Mapping[str, Any], terms: ForwardTerms
) -> Line | None:
    """What an outcome says of a decision; None where it has not come out yet."""
    status = trade["status"]
    if not line["signal"] or not line["take"]:
        said = {"status": SKIPPED if line["signal"] else NO_SIGNAL, **NOT_TRADED}
    elif status == SignalStatus.NO_BAR_TO_FILL or trade["reason"] == ExitReason.END.text:
        return None
    else:
        said = {**trade, "status": status.text}
    if not label["known"]:
        return None
    recorded = moment_of(line["recorded"])
    late = line["late"] or is_late(recorded, label["entry"], terms)
    return {**{name: label[name] for name in OF_LABEL}, **said, "late": late}


def _given_up(
    pending: Mapping[Decided, Line], bars: CheckedBars, judging: Judging
) -> list[tuple[Decided, Line]]:
    """The decisions that no bars will tell any more."""
    newest = dict(bars.bars.group_by("symbol").agg(pl.col("timestamp").max()).iter_rows())
    times = bars.bars["timestamp"].unique().sort()
    patience = PATIENCE * judging.rule.label.bars_after
    found = []
    for (symbol, text), line in pending.items():
        ended = newest.get(symbol) or moment_of(text)
        if len(times) - int(times.search_sorted(ended, side="right")) > patience:
            found.append(((symbol, text), line))
    return found


def _nobody_knows(line: Line) -> Line:
    return {**dict.fromkeys(OF_LABEL), **NOT_TRADED, "status": VANISHED, "late": line["late"]}


def _where(bars: CheckedBars) -> str:
    return ", ".join(bars.sources[:3])
