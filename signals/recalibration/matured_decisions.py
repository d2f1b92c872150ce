"""The decisions of a journal whose label has come out, as rows a calibrator can be fitted on."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from quantsig.signals.forward.in_force import Maps, mapped
from quantsig.signals.forward.lines import DECISION, OUTCOME, TERMS, VANISHED, Line, moment_of
from quantsig.signals.forward.standing import Decided

COLUMNS: dict[str, pl.DataType] = {
    "symbol": pl.String(),
    "decision_time": pl.Datetime("us", "UTC"),
    "label_end": pl.Datetime("us", "UTC"),
    "probability": pl.Float64(),
    "hit": pl.Boolean(),
    "forward_return": pl.Float64(),
}


class MaturedDecisions:
    """Hears the lines of a journal.

    Whether a decision was a signal, taken or late does not matter: nobody chose them. Of those
    that were decided by another choice the probability is told as the one in force would have had
    it, as far as its maps are those of the other and more; else they are left out.

    Args:
        known: the maps of each choice by its name.
        in_force: those of the choice in force.
    """

    def __init__(self, known: Mapping[str, Maps], in_force: Maps) -> None:
        self._known, self._in_force = known, in_force
        self._more: Maps | None = None  # from the terms' probabilities to those in force
        self._waiting: dict[Decided, tuple[float, Maps | None]] = {}
        self._rows: dict[int, list[tuple[Any, ...]]] = {}  # by how many maps they still take
        self.left_out = 0

    def hear(self, line: Line) -> None:
        """Take a line in."""
        if line["kind"] == TERMS:
            maps = self._known.get(line["choice_id"])
            fits = maps is not None and self._in_force[: len(maps)] == maps
            self._more = self._in_force[len(maps or ()) :] if fits else None
            return
        key = line["symbol"], line["decision_time"]
        if line["kind"] == DECISION:
            self._waiting[key] = line["probability"], self._more
        elif line["kind"] == OUTCOME:
            self._came_out(key, line)

    def _came_out(self, key: Decided, line: Line) -> None:
        probability, more = self._waiting.pop(key, (0.0, None))
        if line["status"] == VANISHED or line["hit"] is None or line["label_end"] is None:
            return
        if more is None:
            self.left_out += 1
            return
        row = (
            key[0],
            moment_of(key[1]),
            moment_of(line["label_end"]),
            probability,
            line["hit"],
            line["forward_return"],
        )
        self._rows.setdefault(len(more), []).append(row)

    def rows(self) -> pl.DataFrame:
        """A row a decision, by time and symbol; COLUMNS."""
        parts = [pl.DataFrame(schema=COLUMNS)]
        for count, rows in self._rows.items():
            frame = pl.DataFrame(rows, schema=COLUMNS, orient="row")
            more = self._in_force[len(self._in_force) - count :]
            found = mapped(frame["probability"].to_numpy(), more)
            parts.append(frame.with_columns(pl.Series("probability", found, pl.Float64)))
        return pl.concat(parts).sort("decision_time", "symbol")
