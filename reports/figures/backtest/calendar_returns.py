"""The return of every month, a row a year."""

from collections.abc import Sequence

from plotly.graph_objects import Heatmap

from quantsig.data.language.saying import say
from quantsig.data.storage.records import Figures
from quantsig.reports.page import theme
from quantsig.reports.page.content import Figure
from quantsig.reports.page.numerals import number, things

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
ROW_PX, AROUND_PX = 34, 70
FADED = 1.8  # times the largest return is full colour, so that text stays readable on all
LEAST_SPREAD = 1e-4  # of the colours, where nothing was ever earned or lost


def monthly_returns(records: Sequence[Figures] | None) -> tuple[Figure, ...]:
    """The heat map of `monthly` of stats.json; nothing where it has no row."""
    if not records:
        return ()
    years = sorted({int(row["year"]) for row in records})
    known = {(int(row["year"]), int(row["month"])): row["return"] for row in records}
    values = [[known.get((year, month)) for month in range(1, 13)] for year in years]
    widest = max((abs(v) for row in values for v in row if v is not None), default=0.0)
    ends = max(FADED * widest, LEAST_SPREAD)
    cells = Heatmap(
        x=[say(month) for month in MONTHS],
        y=[str(year) for year in years],
        z=values,
        text=[["" if v is None else number(100 * v, 1) for v in row] for row in values],
        texttemplate="%{text}",
        textfont={"color": theme.INK, "size": 10},
        zmid=0.0,
        zmin=-ends,
        zmax=ends,
        colorscale=theme.DIVERGING,
        showscale=False,
        xgap=2,
        ygap=2,
        hovertemplate="%{x} %{y}: %{z:.2%}<extra></extra>",
    )
    return (
        Figure(
            name="months",
            title="Return of every month",
            drawing=theme.draw(
                cells,
                x={"side": "top", "showgrid": False, "ticks": "", "fixedrange": True},
                y={"autorange": "reversed", "type": "category", "showgrid": False, "ticks": ""},
                height_px=AROUND_PX + ROW_PX * len(years),
            ),
            meaning=say(
                "Last equity of the month over the last one before it, less one, in percent, after "
                "costs; {months}. The first and the last may be cut short.",
                months=things(len(known), "month"),
            ),
            wide=True,
        ),
    )
