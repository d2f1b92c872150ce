"""Portfolios of the symbols by the rank of their probability: what each part earned."""

from plotly.graph_objects import Bar

from quantsig.backtest.record import DecilesRecord, PortfolioFigures, StatsRecord
from quantsig.data.language.saying import retell, say, word
from quantsig.reports.page import theme
from quantsig.reports.page.content import Column, Figure, Subsection, Table
from quantsig.reports.page.numerals import Value, count, gain, number, share

EQUAL = "equal"
DOLLAR_VOLUME = "dollar volume"


def _part(part: Value) -> str:
    return say("last less first") if part is None else count(part)


COLUMNS = {
    "decile": Column(label="Part", write=_part, numeric=True),
    "weights": Column(label="Weights", write=word),
    "times": Column(label="Times", write=count, numeric=True, meaning="Decision times"),
    "mean_return": Column(
        label="Mean return",
        write=lambda value: gain(value, 3),
        numeric=True,
        signed=True,
        meaning="Per holding, before costs",
    ),
    "t": Column(
        label="t",
        write=number,
        numeric=True,
        meaning="Mean over its standard error, with holdings that overlap taken into account",
    ),
    "sharpe": Column(
        label="Sharpe ratio",
        write=number,
        numeric=True,
        meaning="Mean over standard deviation of the returns per holding, times the root of the "
        "holdings that follow each other in a year; before costs",
    ),
    "turnover": Column(
        label="Turnover", write=share, numeric=True, meaning="Share replaced at each decision"
    ),
    "mean_after_costs": Column(
        label="After costs", write=lambda value: gain(value, 3), numeric=True, signed=True
    ),
}


def decile_part(stats: StatsRecord) -> tuple[Subsection, ...]:
    """What each part of the symbols earned; nothing where it was not asked for."""
    deciles = stats.deciles
    if deciles is None:
        return ()
    title = "Portfolios by probability"
    if deciles.missing:
        return (Subsection(title=title, paragraphs=(retell(deciles.missing),)),)
    portfolios = [row for row in deciles.portfolios if row.weights == EQUAL]
    return (
        Subsection(
            title=title,
            paragraphs=(_cut(deciles), _weighed(deciles)),
            figures=(_figure(portfolios),),
            tables=(_table(deciles),),
        ),
    )


def _cut(deciles: DecilesRecord) -> str:
    foreseen = deciles.information_coefficient
    return say(
        "At {times} decision times {symbols} symbols were cut into {parts} parts by their "
        "probability, the likeliest in the last one; {left} times had too few symbols. The mean "
        "rank correlation of probability and return is {coefficient} (t {t}).",
        times=count(deciles.times),
        symbols=count(deciles.symbols),
        parts=count(deciles.deciles),
        left=count(deciles.times_left_out),
        coefficient=number(foreseen.mean, 3),
        t=number(foreseen.t),
    )


def _weighed(deciles: DecilesRecord) -> str:
    """What the value weights are taken from."""
    if deciles.value_weights == DOLLAR_VOLUME:
        return "Value weights are by dollar volume: no market values were given."
    return say(
        "Value weights are by the newest market value known at the decision; {n} rows had none "
        "yet and are left out of them.",
        n=count(deciles.without_value),
    )


def _figure(portfolios: list[PortfolioFigures]) -> Figure:
    parts = [row.decile for row in portfolios]

    def bars(name: str, column: str, colour: str) -> Bar:
        return Bar(
            name=say(name),
            x=parts,
            y=[getattr(row, column) for row in portfolios],
            marker={"color": colour},
            hovertemplate="%{x}: %{y:.3%}",
        )

    return Figure(
        name="deciles",
        title="Mean return of each part",
        drawing=theme.draw(
            bars("before costs", "mean_return", theme.GREY),
            bars("after costs", "mean_after_costs", theme.BLUE),
            x=theme.named("part, the likeliest last", dtick=1),
            y={"tickformat": ".2%", "zeroline": True, "zerolinecolor": theme.SOFT_INK},
            height_px=300,
            showlegend=True,
        ),
        meaning="Mean return per holding of each part, equally weighted, without stops. A model "
        "that knows something earns more in every further part.",
        wide=True,
    )


def _table(deciles: DecilesRecord) -> Table:
    rows = [*deciles.portfolios, *deciles.long_short]
    return Table(
        title="Parts by probability",
        columns=tuple(COLUMNS.values()),
        rows=tuple(tuple(getattr(row, name) for name in COLUMNS) for row in rows),
        note="The last rows buy the likeliest part and sell the least likely one.",
    )
