"""The signals of a forward test that can be traded: taken, and recorded in time."""

from typing import Any

import polars as pl

from quantsig.signals.forward.lines import DECISION, OUTCOME, TERMS, Line, moment_of, terms_of

COLUMNS: dict[str, pl.DataType] = {
    "symbol": pl.String(),
    "decision_time": pl.Datetime("us", "UTC"),
    "direction": pl.Int64(),
    "delay_bars": pl.Int64(),
    "horizon_bars": pl.Int64(),
    "stop": pl.Float64(),
    "target": pl.Float64(),
    "probability": pl.Float64(),
    "size": pl.Float64(),
    "close": pl.Float64(),
}
OF_LINE = tuple(COLUMNS)[2:]


class TakenSignals:
    """Hears the lines of a journal; another strategy begins anew."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], tuple[Any, ...]] = {}
        self._strategy = ""

    def hear(self, line: Line) -> None:
        """Take a line in."""
        if line["kind"] == TERMS:
            strategy = terms_of(line).trial_id
            if strategy != self._strategy:
                self._rows.clear()
            self._strategy = strategy
        elif line["kind"] == DECISION and line["take"] and not line["late"]:
            key = line["symbol"], line["decision_time"]
            self._rows[key] = tuple(line[name] for name in OF_LINE)
        elif line["kind"] == OUTCOME and line["late"]:
            self._rows.pop((line["symbol"], line["decision_time"]), None)

    def rows(self) -> pl.DataFrame:
        """A row a signal, by time and symbol; COLUMNS."""
        rows = [(symbol, moment_of(time), *said) for (symbol, time), said in self._rows.items()]
        frame = pl.DataFrame(rows, schema=COLUMNS, orient="row")
        return frame.sort("decision_time", "symbol")
