"""What the backtest allows to say, in plain sentences."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LEAST_TRADES = 30
LARGEST_P_VALUE = 0.05
LEAST_DEFLATED_SHARPE = 0.95


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """Whether the figures show an edge, and why."""

    edge: bool
    sentence: str
    reasons: tuple[str, ...]  # each failed condition, or each met one where there is an edge


def judge(
    figures: Mapping[str, float | None],
    p_value: float | None,
    always_long_return: float,
    deflated: Mapping[str, Any],
) -> Verdict:
    """An edge is there only where every condition holds; one that cannot be tested fails.

    Args:
        figures: of stats.json.
        p_value: of the total return against random entries; None without trades.
        always_long_return: total return of buy and hold after the same costs.
        deflated: of stats.json.
    """
    checks = [
        _enough(figures["trades"] or 0),
        _earns(figures["expectancy_low"]),
        _beats_chance(p_value),
        _beats_holding(figures["total_return"], always_long_return),
        _survives_trials(deflated),
    ]
    failed = tuple(sentence for good, sentence in checks if not good)
    if failed:
        return Verdict(
            edge=False, sentence="There is no evidence of an edge after costs.", reasons=failed
        )
    return Verdict(
        edge=True,
        sentence="The signals earned more after costs than chance and holding explain.",
        reasons=tuple(sentence for _, sentence in checks),
    )


def _enough(trades: float) -> tuple[bool, str]:
    good = trades >= LEAST_TRADES
    return good, f"There were {trades:.0f} trades; a verdict needs at least {LEAST_TRADES}."


def _earns(low: float | None) -> tuple[bool, str]:
    if low is None:
        return False, "The mean return per trade after costs has no confidence interval."
    where = "above" if low > 0 else "not above"
    return low > 0, (
        "The lower 95 % confidence bound of the mean return per trade after costs is "
        f"{low:.3%}, {where} zero."
    )


def _beats_chance(p_value: float | None) -> tuple[bool, str]:
    if p_value is None:
        return False, "There were no trades to compare with random entries."
    return p_value < LARGEST_P_VALUE, (
        "Random entries of the same count and holding did at least as well in "
        f"{p_value:.1%} of the draws; the limit is {LARGEST_P_VALUE:.0%}."
    )


def _beats_holding(reached: float | None, held: float) -> tuple[bool, str]:
    if reached is None:
        return False, "There is no total return to compare with always-long."
    good = reached > held
    relation = "more than" if good else "not more than"
    return good, (
        f"The total return after costs was {reached:.2%}, {relation} the {held:.2%} of always-long."
    )


def _survives_trials(deflated: Mapping[str, Any]) -> tuple[bool, str]:
    sure = deflated["deflated_sharpe"]
    if sure is None:
        return False, "There is no Sharpe ratio to hold against the number of trials."
    trials = deflated["trials"]
    if trials == 1:
        against = "No other strategy was tried; the Sharpe ratio is above zero"
    else:
        against = (
            f"{trials:,} strategies were tried; the Sharpe ratio is above what the best of as "
            "many without skill shows by chance"
        )
    return sure > LEAST_DEFLATED_SHARPE, (
        f"{against} with a probability of {sure:.1%}; the limit is {LEAST_DEFLATED_SHARPE:.0%}."
    )
