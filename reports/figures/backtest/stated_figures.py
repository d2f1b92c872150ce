"""The figures of stats.json, each with its formula, its sample size and its annualisation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from quantsig.reports.inputs import Document
from quantsig.reports.page.content import Number
from quantsig.reports.page.language import enumerate_words, retell, say
from quantsig.reports.page.numerals import Value, count, gain, interval, number, share, things


@dataclass(frozen=True, kw_only=True, slots=True)
class Stated:
    """How one figure is told; {bars}, {trades} and {per_year} of the formula are filled in."""

    label: str
    write: Callable[[Value], str]
    formula: str


def _money(value: Value) -> str:
    return number(value, 4)


def _once(value: Value) -> str:
    return number(value, 1)


RETURNS = {
    "total_return": Stated(
        label="Total return",
        write=gain,
        formula="Last equity over the first one less one, after costs; {bars}.",
    ),
    "annual_return": Stated(
        label="Return a year",
        write=gain,
        formula="Total return as compound growth over years of 365.2425 days; {bars}.",
    ),
    "volatility": Stated(
        label="Volatility a year",
        write=share,
        formula="Standard deviation of the session returns times the root of {per_year} "
        "sessions a year; {bars}.",
    ),
    "sharpe": Stated(
        label="Sharpe ratio",
        write=number,
        formula="Mean over standard deviation of the session returns, times the root of "
        "{per_year} sessions a year, no risk-free rate; {bars}; 95 % interval.",
    ),
    "sortino": Stated(
        label="Sortino ratio",
        write=number,
        formula="Mean over downside deviation of the session returns, times the root of "
        "{per_year} sessions a year; {bars}.",
    ),
    "calmar": Stated(
        label="Calmar ratio",
        write=number,
        formula="Return a year over the depth of the worst drawdown; {bars}.",
    ),
    "omega": Stated(
        label="Omega ratio",
        write=number,
        formula="Sum of the session gains over the sum of the session losses; {bars}.",
    ),
    "max_drawdown": Stated(
        label="Worst drawdown",
        write=share,
        formula="Lowest equity over the highest before it, less one; {bars}.",
    ),
    "max_drawdown_days": Stated(
        label="Days of that drawdown",
        write=_once,
        formula="Calendar days from the high before the worst drawdown until it was reached "
        "again, or to the last bar; {bars}.",
    ),
    "skew": Stated(
        label="Skew",
        write=number,
        formula="Third standardised moment of the session returns; {bars}.",
    ),
    "kurtosis": Stated(
        label="Kurtosis",
        write=number,
        formula="Fourth standardised moment of the session returns; {bars}.",
    ),
    "tail_ratio": Stated(
        label="Tail ratio",
        write=number,
        formula="95th percentile of the session returns over the depth of the 5th; {bars}.",
    ),
    "value_at_risk": Stated(
        label="Value at risk",
        write=share,
        formula="5th percentile of the session returns; {bars}.",
    ),
    "conditional_value_at_risk": Stated(
        label="Mean beyond it",
        write=share,
        formula="Mean of the session returns at or below the 5th percentile; {bars}.",
    ),
    "exposure": Stated(
        label="Exposure", write=share, formula="Mean invested share of the equity; {bars}."
    ),
    "time_in_market": Stated(
        label="Time in the market",
        write=share,
        formula="Share of the bars at whose close something is invested; {bars}.",
    ),
    "turnover": Stated(
        label="Turnover a year",
        write=_once,
        formula="Traded value over equity, summed over a year; {bars}.",
    ),
    "periods_per_year": Stated(
        label="Sessions a year",
        write=_once,
        formula="Days with bars a year, as the bars show them; {bars}.",
    ),
}
TRADES = {
    "trades": Stated(label="Trades", write=count, formula="Round trips from entry to exit."),
    "win_rate": Stated(
        label="Win rate",
        write=share,
        formula="Share of the trades with a profit after costs; {trades}.",
    ),
    "profit_loss_ratio": Stated(
        label="Mean gain over mean loss",
        write=number,
        formula="Mean gain of the winning trades over the mean loss of the others; {trades}.",
    ),
    "profit_factor": Stated(
        label="Profit factor",
        write=number,
        formula="Sum of the gains over the sum of the losses, in money; {trades}.",
    ),
    "expectancy": Stated(
        label="Expectancy a trade",
        write=gain,
        formula="Mean return of a trade after costs; {trades}; 95 % interval.",
    ),
    "expectancy_t": Stated(
        label="t of the expectancy",
        write=number,
        formula="Expectancy over its standard error after Newey and West; {trades}.",
    ),
    "average_holding_bars": Stated(
        label="Mean holding", write=number, formula="Bars from entry to exit; {trades}."
    ),
    "average_mae": Stated(
        label="Mean worst on the way",
        write=share,
        formula="Mean of the lowest value of each trade, a fraction of its entry price; {trades}.",
    ),
    "average_mfe": Stated(
        label="Mean best on the way",
        write=share,
        formula="Mean of the highest value of each trade, a fraction of its entry price; {trades}.",
    ),
    "fees": Stated(label="Fees", write=_money, formula="Sum of all fees; the first equity is 1."),
    "slippage": Stated(
        label="Slippage",
        write=_money,
        formula="Money lost to slippage in all trades; the first equity is 1.",
    ),
    "cost_share": Stated(
        label="Costs over gross profit",
        write=share,
        formula="Fees and slippage over the gains before costs; {trades}.",
    ),
}


def stated(stats: Document, table: Mapping[str, Stated]) -> tuple[Number, ...]:
    """The figures of a table that the run has; one without a value says why."""
    figures, absent = stats["figures"], stats.get("missing") or {}
    size = sizes(stats)
    numbers = []
    for name, told in table.items():
        if name not in figures:
            continue
        low, high = figures.get(f"{name}_low"), figures.get(f"{name}_high")
        reason = absent.get(name) or absent.get(f"{name}_low")
        numbers.append(
            Number(
                label=told.label,
                value=told.write(figures[name]),
                meaning=say(told.formula, **size),
                beside=retell(reason) if reason else interval(low, high, told.write),
            )
        )
    return tuple(numbers)


def sizes(stats: Document) -> dict[str, str]:
    """The sample sizes that formulas name."""
    figures = stats["figures"]
    return {
        "bars": things(stats["bars"], "bar"),
        "trades": things(figures["trades"], "trade"),
        "per_year": number(figures.get("periods_per_year"), 1),
    }


def lacking(stats: Document, contents: Mapping[str, str]) -> tuple[str, ...]:
    """One sentence on what a backtest of an earlier version does not hold.

    Args:
        contents: keys of stats.json and how to call them.
    """
    labels = {**RETURNS, **TRADES}
    gone = [say(told.label) for name, told in labels.items() if name not in stats["figures"]]
    gone += [say(called) for key, called in contents.items() if key not in stats]
    if not gone:
        return ()
    return (
        say(
            "This backtest was made by an earlier version and does not hold: {gone}. "
            "quantsig backtest --force makes it anew.",
            gone=enumerate_words([label.lower() for label in gone]),
        ),
    )
