"""The figures of stats.json, each with its formula, its sample size and its annualisation."""

from collections.abc import Mapping, Sequence

from quantsig.backtest.record import StatsRecord
from quantsig.backtest.statistics.figure_table import FIGURES
from quantsig.data.language.saying import enumerate_words, retell, say
from quantsig.reports.page.content import Number
from quantsig.reports.page.numerals import BY_UNIT, interval, number, things

RETURNS = (  # of the session returns and the equity, in the order they are told
    "total_return",
    "annual_return",
    "volatility",
    "sharpe",
    "sortino",
    "calmar",
    "omega",
    "max_drawdown",
    "max_drawdown_days",
    "skew",
    "kurtosis",
    "tail_ratio",
    "value_at_risk",
    "conditional_value_at_risk",
    "exposure",
    "time_in_market",
    "turnover",
    "periods_per_year",
)
TRADES = (
    "trades",
    "win_rate",
    "profit_loss_ratio",
    "profit_factor",
    "expectancy",
    "expectancy_t",
    "average_holding_bars",
    "average_mae",
    "average_mfe",
    "fees",
    "slippage",
    "cost_share",
)


def stated(stats: StatsRecord, names: Sequence[str]) -> tuple[Number, ...]:
    """Those of the named figures that the run has; one without a value says why."""
    figures, absent, size = stats.figures, stats.missing, sizes(stats)
    numbers = []
    for name in names:
        if name not in figures:
            continue
        told, write = FIGURES[name], BY_UNIT[FIGURES[name].unit]
        low, high = figures.get(f"{name}_low"), figures.get(f"{name}_high")
        reason = absent.get(name) or absent.get(f"{name}_low")
        numbers.append(
            Number(
                label=told.label,
                value=write(figures[name]),
                meaning=say(told.formula, **size),
                beside=retell(reason) if reason else interval(low, high, write),
            )
        )
    return tuple(numbers)


def sizes(stats: StatsRecord) -> dict[str, str]:
    """The sample sizes that formulas name."""
    return {
        "bars": things(stats.bars, "bar"),
        "trades": things(stats.figures["trades"], "trade"),
        "per_year": number(stats.figures.get("periods_per_year"), 1),
    }


def lacking(stats: StatsRecord, contents: Mapping[str, str]) -> tuple[str, ...]:
    """One sentence on what a backtest of an earlier version does not hold.

    Args:
        contents: parts of stats.json and how to call them.
    """
    told = (*RETURNS, *TRADES)
    gone = [say(FIGURES[name].label) for name in told if name not in stats.figures]
    gone += [say(called) for name, called in contents.items() if getattr(stats, name) is None]
    if not gone:
        return ()
    return (
        say(
            "This backtest was made by an earlier version and does not hold: {gone}. "
            "Another quantsig backtest makes it anew.",
            gone=enumerate_words([label.lower() for label in gone]),
        ),
    )
