"""An edge is claimed only where every condition holds."""

import re

import pytest

from quantsig.backtest.verdict import judge

SURE = {"trials": 12, "deflated_sharpe": 0.99}
GOOD = {"trades": 50, "expectancy_low": 0.002, "total_return": 0.3}


def test_an_edge_needs_every_condition() -> None:
    """All five hold."""
    verdict = judge(GOOD, 0.01, 0.1, SURE)
    assert verdict.edge
    assert len(verdict.reasons) == 5
    assert "no evidence of an edge" not in verdict.sentence


@pytest.mark.parametrize(
    ("figures", "p_value", "held", "reason"),
    [
        ({"trades": 29}, 0.01, 0.1, "29 trades; a verdict needs at least 30"),
        ({"expectancy_low": 0.0}, 0.01, 0.1, "0.000%, not above zero"),
        ({"expectancy_low": None}, 0.01, 0.1, "no confidence interval"),
        ({}, 0.05, 0.1, "5.0% of the draws"),
        ({}, None, 0.1, "no trades to compare"),
        ({}, 0.01, 0.3, "30.00%, not more than the 30.00% of always-long"),
    ],
)
def test_each_failed_condition_is_named(
    figures: dict[str, float | None], p_value: float | None, held: float, reason: str
) -> None:
    """One failure is enough, and it is the only reason given."""
    verdict = judge({**GOOD, **figures}, p_value, held, SURE)
    assert not verdict.edge
    assert "no evidence of an edge" in verdict.sentence
    assert len(verdict.reasons) == 1
    assert reason in verdict.reasons[0]


def test_without_trades_every_reason_is_given() -> None:
    """Nothing traded, nothing earned, nothing to compare."""
    none = {"trades": 0, "expectancy_low": None, "total_return": 0.0}
    assert len(judge(none, None, 0.1, {"trials": 1, "deflated_sharpe": None}).reasons) == 5


@pytest.mark.parametrize(
    ("trials", "sure", "reason"),
    [
        (
            1000,
            0.6,
            "1,000 strategies were tried; .* with a probability of 60.0%; the limit is 95%",
        ),
        (1, 0.9, "No other strategy was tried; .* above zero with a probability of 90.0%"),
        (5, None, "no Sharpe ratio to hold against the number of trials"),
    ],
)
def test_what_was_tried_counts_against_an_edge(
    trials: int, sure: float | None, reason: str
) -> None:
    """Good figures are no evidence where the best of many trials shows as much by chance."""
    verdict = judge(GOOD, 0.01, 0.1, {"trials": trials, "deflated_sharpe": sure})
    assert not verdict.edge
    assert re.search(reason, verdict.reasons[0])
