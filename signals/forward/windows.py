"""Windows of a forward test that do not repeat each other, as its journal is read.

Labels that overlap, and symbols that move together, repeat one piece of luck in many lines. So a
window is one moment: all signals that are decided then, of whatever symbol. The next one is the
first that has a signal after all labels of the one before have ended; the signals between them are
in none. Which decisions a window holds is known before any of them has come out, so that nobody
can choose. A decision that was recorded too late to be followed counts in no window.
"""

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from quantsig.signals.forward.lines import DECISION, OUTCOME, TERMS, VANISHED, Line


@dataclass(frozen=True, kw_only=True, slots=True)
class ForwardWindow:
    """One window that has come out.

    Attributes:
        decided: when all of it was decided.
        closed: when the last of it was recorded.
        signals: how many it counts.
        hits: of them events; of those that nobody will know any more, `unknown`, none.
        unknown: whose bars ended before their label did.
        returns: after costs, of those that were traded.
    """

    decided: str
    closed: str
    signals: int
    hits: int
    unknown: int
    returns: tuple[float, ...]


@dataclass(kw_only=True, slots=True)
class _Open:
    """A window that has not come out yet."""

    decided: str
    waiting: set[str] = field(default_factory=set)  # symbols
    ends: str = ""
    signals: int = 0
    hits: int = 0
    unknown: int = 0
    returns: list[float] = field(default_factory=list)


class WindowsInOrder:
    """Hears the lines of a journal and gives each window when it is closed."""

    def __init__(self) -> None:
        self._open: _Open | None = None
        self._free = ""  # the next window is decided at this time or later

    def hear(self, line: Line) -> ForwardWindow | None:
        """Take a line in; gives the window that it closes."""
        if line["kind"] == TERMS:
            self._open = None
        elif line["kind"] == DECISION:
            self._decided(line)
        elif line["kind"] == OUTCOME:
            return self._came_out(line)
        return None

    def _decided(self, line: Line) -> None:
        time = line["decision_time"]
        if not line["signal"] or line["late"]:
            return
        if self._open is None and time >= self._free:
            self._open = _Open(decided=time, ends=time)
        if self._open is not None and self._open.decided == time:
            self._open.waiting.add(line["symbol"])

    def _came_out(self, line: Line) -> ForwardWindow | None:
        window = self._open
        if window is None or window.decided != line["decision_time"]:
            return None
        if line["symbol"] not in window.waiting:
            return None
        window.waiting.remove(line["symbol"])
        _count(window, line)
        if window.waiting:
            return None
        self._open, self._free = None, window.ends
        if not window.signals:
            return None
        return ForwardWindow(
            decided=window.decided,
            closed=line["recorded"],
            signals=window.signals,
            hits=window.hits,
            unknown=window.unknown,
            returns=tuple(window.returns),
        )


def _count(window: _Open, line: Line) -> None:
    window.ends = max(window.ends, line["label_end"] or line["exit_time"] or "")
    if line["late"]:
        return
    if line["return"] is not None:
        window.returns.append(line["return"])
    if line["status"] == VANISHED:
        window.signals += 1
        window.unknown += 1
    elif line["hit"] is not None:  # a label may leave a row out
        window.signals += 1
        window.hits += line["hit"]


def usual_signals(rows: pl.DataFrame) -> float:
    """The median number of signals of a window, of rows that have all come out; 1 without any.

    Args:
        rows: signals alone: decision_time, label_end.
    """
    moments = rows.group_by("decision_time").agg(pl.len(), pl.col("label_end").max())
    free, counts = None, []
    for time, count, ends in moments.sort("decision_time").iter_rows():
        if free is None or time >= free:
            free = ends
            counts.append(count)
    return float(np.median(counts)) if counts else 1.0
