"""The best cell of a sweep: its settings and what it came to, in words and units."""

from collections.abc import Mapping
from typing import Any

from quantsig.backtest.statistics.figure_table import FIGURES
from quantsig.backtest.sweep.record import SweepRecord
from quantsig.data.language.saying import say
from quantsig.reports.figures.backtest.execution_settings import EACH, OF_SIGNALS, told
from quantsig.reports.page.content import Column, Table
from quantsig.reports.page.numerals import BY_UNIT, number


def best_cell(sweep: SweepRecord | None) -> tuple[Table, ...]:
    """The cell that was looked for and found; nothing without a sweep."""
    if sweep is None or sweep.best is None:
        return ()
    best: Mapping[str, Any] = sweep.best
    threshold = (say("Threshold"), number(best.get("threshold"), 4))
    settings = [told(name, best[name], EACH) for name in OF_SIGNALS if name in best]
    figures = [
        (say(figure.label), BY_UNIT[figure.unit](best[name]))
        for name, figure in FIGURES.items()
        if name in best
    ]
    return (
        Table(
            title="The best cell of the sweep",
            columns=(Column(label="Name"), Column(label="Value")),
            rows=(threshold, *settings, *figures),
            note="The best of many on the rows it was looked for on: no promise for others.",
            sortable=False,
        ),
    )
