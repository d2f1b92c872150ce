"""Which signals of a journal count, and in which window."""

from datetime import UTC, datetime, timedelta

import polars as pl

from quantsig.signals.forward.lines import Line
from quantsig.signals.forward.windows import ForwardWindow, WindowsInOrder, usual_signals
from tests.signals.forward.journals import begun, decision, outcome


def closed(*lines: Line) -> list[ForwardWindow]:
    """The windows that lines close."""
    windows = WindowsInOrder()
    return [found for line in (begun(), *lines) if (found := windows.hear(line))]


def test_symbols_of_one_moment_are_one_window() -> None:
    """It is closed by the last of them."""
    found = closed(decision("A", 0), decision("B", 0), outcome("A", 0), outcome("B", 0, hit=False))
    assert [(one.signals, one.hits) for one in found] == [(2, 1)]


def test_labels_that_overlap_count_once() -> None:
    """What is decided before the label of the window has ended is in none."""
    lines = [decision("A", 0), decision("A", 1), decision("A", 2), outcome("A", 0)]
    lines += [decision("A", 3), outcome("A", 1), outcome("A", 2), outcome("A", 3)]
    assert [one.decided[11:13] for one in closed(*lines)] == ["10", "13"]


def test_what_is_late_or_no_signal_counts_never() -> None:
    """Whether that is known at once or when it comes out."""
    assert closed(decision("A", 0, late=True), outcome("A", 0, late=True)) == []
    assert closed(decision("A", 0), outcome("A", 0, late=True)) == []
    assert closed(decision("A", 0, signal=False), outcome("A", 0)) == []


def test_a_symbol_that_vanished_is_unknown() -> None:
    """Neither a hit nor left out; a row that its label leaves out is."""
    unknown = outcome("A", 0, status="vanished", hit=None, label_end=None)
    assert [(one.signals, one.hits, one.unknown) for one in closed(decision("A", 0), unknown)] == [
        (1, 0, 1)
    ]
    assert closed(decision("A", 0), outcome("A", 0, hit=None, label_end=None)) == []


def test_a_usual_window_is_thinned_in_the_same_way() -> None:
    """Of moments with 3, 5 and 1 signals the second lies in the first's labels."""
    start = datetime(2026, 1, 5, tzinfo=UTC)
    hours = [0] * 3 + [1] * 5 + [3]
    decided = [start + timedelta(hours=hour) for hour in hours]
    ends = [time + timedelta(hours=3) for time in decided]
    assert usual_signals(pl.DataFrame({"decision_time": decided, "label_end": ends})) == 2.0
    assert usual_signals(pl.DataFrame({"decision_time": [], "label_end": []})) == 1.0
