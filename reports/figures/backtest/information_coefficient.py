"""The information coefficient: how the probability ranks with the return, month by month."""

import numpy as np
import polars as pl
from plotly.graph_objects import Bar, Scatter

from quantsig.data.language.saying import say
from quantsig.reports.page import theme
from quantsig.reports.page.content import Figure, Number
from quantsig.reports.page.numerals import count, number, share

FEWEST_ROWS = 5  # of a month; fewer say nothing


def monthly(rows: pl.DataFrame, days: pl.Series) -> pl.DataFrame:
    """Spearman's correlation of probability and forward return in each month.

    Args:
        rows: decision_time, probability, forward_return.
        days: of the session of each row's decision, as dates.

    Returns:
        A row per month with at least five rows: `month`, `rows`, `coefficient`; months whose
        probabilities or returns are all alike are left out.
    """
    known = rows.with_columns(month=days.dt.truncate("1mo")).drop_nulls(
        ["month", "probability", "forward_return"]
    )
    months = known.group_by("month").agg(
        rows=pl.len(), coefficient=pl.corr("probability", "forward_return", method="spearman")
    )
    enough = months.filter(pl.col("rows") >= FEWEST_ROWS)
    return enough.fill_nan(None).drop_nulls("coefficient").sort("month")


def coefficients(months: pl.DataFrame) -> Figure:
    """A bar a month, and their sum so far."""
    values = months["coefficient"].to_list()
    times = months["month"].dt.strftime("%Y-%m-%d").to_list()
    bars = Bar(
        name=say("month"),
        x=times,
        y=values,
        marker={"color": [theme.GAIN if value > 0 else theme.LOSS for value in values]},
        customdata=months["rows"].to_list(),
        hovertemplate=say("%{y:.3f} from %{customdata} rows"),
    )
    total = Scatter(
        name=say("sum so far"),
        x=times,
        y=np.cumsum(values).round(4).tolist(),
        yaxis="y2",
        mode="lines",
        line={"color": theme.GREY, "width": 1.5},
        hovertemplate="%{y:.2f}",
    )
    beside = {
        "overlaying": "y",
        "side": "right",
        "tickmode": "auto",
        "showgrid": False,
        "zeroline": False,
    }
    return Figure(
        name="information",
        title="Information coefficient by month",
        drawing=theme.draw(
            bars,
            total,
            x={"type": "date"},
            y=theme.named("rank correlation"),
            yaxis2=theme.axis({**theme.named("sum so far", tickformat=".1f"), **beside}),
        ),
        meaning="Spearman's correlation of probability and forward return, of the calibration rows "
        "decided in the month; a steady slope of the sum is better than a few good months.",
        wide=True,
    )


def coefficient_number(months: pl.DataFrame) -> Number:
    """The mean over months, with how steady it is."""
    values = months["coefficient"].to_numpy()
    mean = float(values.mean())
    spread = float(values.std(ddof=1)) if len(values) > 1 else float("nan")
    return Number(
        label="Mean information coefficient",
        value=number(mean, 3),
        meaning=say(
            "Mean over {months} months of Spearman's correlation of probability and forward "
            "return, calibration rows; beside it the share of months above zero, and mean over "
            "standard deviation (ddof 1) of the months, not annualised.",
            months=count(len(values)),
        ),
        beside=say(
            "{share} of months above 0, ratio {ratio}",
            share=share(float((values > 0).mean()), 0),
            ratio=number(mean / spread if spread else None),
        ),
    )
