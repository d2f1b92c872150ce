"""Columns of tables as the tables of figures describe them."""

from quantsig.reports.page.content import Column
from quantsig.reports.page.numerals import BY_UNIT
from quantsig.signals.figures import FIGURES


def figure_column(name: str, label: str = "", meaning: str | None = None) -> Column:
    """The column of a figure of the signals.

    Args:
        name: of the figure in the table.
        label: a heading that is shorter than its own.
        meaning: what it says on hover in place of its formula.
    """
    told = FIGURES[name]
    return Column(
        label=label or told.label,
        write=BY_UNIT[told.unit],
        numeric=True,
        signed=told.unit == "return",
        meaning=told.formula if meaning is None else meaning,
    )
