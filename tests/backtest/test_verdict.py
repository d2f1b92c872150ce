"""Edge, no edge, or cannot tell."""

import re
from dataclasses import replace

import numpy as np
import pytest

from quantsig.backtest.comparisons.alpha import Alpha
from quantsig.backtest.verdict import Evidence, judge
from tests.stats_records import deflated_by

GOOD_ALPHA = Alpha(alpha=1e-3, beta=0.2, t=3.0, low=3e-4, high=1.7e-3, excess=np.zeros(250))
WEAK_ALPHA = replace(GOOD_ALPHA, t=1.4, low=-4e-4)
GOOD = Evidence(
    trades=100,
    expectancy=0.012,
    p_value=0.01,
    alpha=GOOD_ALPHA,
    deflated=deflated_by(12, 0.99),
    leaks=(),
    sessions=250,
    sessions_a_year=250.0,
)


def test_an_edge_needs_every_condition() -> None:
    """All five hold, and each is a reason."""
    verdict = judge(GOOD)
    assert (verdict.answer, verdict.edge) == ("edge", True)
    assert len(verdict.reasons) == 5
    assert all(check.holds for check in verdict.checks)
    assert "no evidence of an edge" not in verdict.sentence


@pytest.mark.parametrize(
    ("changed", "name", "reason"),
    [
        ({"trades": 29}, "trades", "29 trades; a verdict needs at least 30"),
        ({"expectancy": 0.0}, "expectancy", "0.000%, not above zero"),
        ({"p_value": 0.05}, "random_entries", "5.0% of the draws"),
        ({"p_value": None}, "random_entries", "no trades to compare"),
        ({"alpha": WEAK_ALPHA}, "alpha", "-0.0400% a session, not above zero"),
        ({"alpha": None}, "alpha", "no alpha over always-long"),
        (
            {"deflated": deflated_by(1000, 0.6)},
            "deflated_sharpe",
            "1,000 strategies were tried on these rows; .* of 60.0%; the limit is 95%",
        ),
        (
            {"deflated": deflated_by(1, 0.9)},
            "deflated_sharpe",
            "No other strategy was tried on these rows; .* above zero .* of 90.0%",
        ),
        (
            {"deflated": deflated_by(5, None)},
            "deflated_sharpe",
            "no Sharpe ratio to hold against the number of trials",
        ),
    ],
)
def test_each_failed_condition_is_named(changed: dict[str, object], name: str, reason: str) -> None:
    """One failure is enough for no claim, and it is the first reason given."""
    verdict = judge(replace(GOOD, **changed))  # type: ignore[arg-type]
    assert not verdict.edge
    assert "no evidence of an edge" in verdict.sentence
    assert [check.name for check in verdict.checks if not check.holds] == [name]
    assert re.search(reason, verdict.reasons[0])


def test_a_suspected_leak_blocks_the_claim() -> None:
    """Whatever else holds; its reason comes first."""
    verdict = judge(replace(GOOD, leaks=("The Sharpe ratio is 9.",)))
    assert (verdict.answer, verdict.edge) == ("cannot tell", False)
    assert verdict.reasons == ("The Sharpe ratio is 9.",)
    assert "leak" in verdict.sentence


@pytest.mark.parametrize(
    ("changed", "answer"),
    [
        ({"alpha": WEAK_ALPHA}, "cannot tell"),
        ({"alpha": replace(WEAK_ALPHA, t=-0.1)}, "no edge"),
        ({"expectancy": -0.001}, "no edge"),
        ({"p_value": 0.6}, "no edge"),
        ({"alpha": replace(WEAK_ALPHA, t=0.5)}, "no edge"),
        ({"trades": 8}, "cannot tell"),
        ({"trades": 8, "expectancy": -0.001}, "cannot tell"),
        ({"trades": 0, "expectancy": None, "p_value": None, "alpha": None}, "cannot tell"),
    ],
)
def test_no_edge_is_said_where_more_of_the_same_would_show_none(
    changed: dict[str, object], answer: str
) -> None:
    """Nothing earned, or too little for ten times the time; few trades never tell."""
    assert judge(replace(GOOD, **changed)).answer == answer  # type: ignore[arg-type]


def test_it_says_how_long_it_would_take() -> None:
    """At t = 1.4 in a year: (2.8016 / 1.4) ** 2 = 4.0 years, and as many times the trades."""
    verdict = judge(replace(GOOD, alpha=WEAK_ALPHA))
    assert verdict.needed is not None
    assert verdict.needed.years == pytest.approx((2.8016 / 1.4) ** 2, abs=0.005)
    assert verdict.needed.trades == 401
    assert "4.0 years and 401 trades in all would tell" in verdict.reasons[-1]


def test_the_weaker_of_the_two_tests_sets_the_time() -> None:
    """p = .0808 is t = 1.4, however sure alpha is."""
    needed = judge(replace(GOOD, p_value=0.080757)).needed
    assert needed is not None
    assert needed.trades == 401


def test_few_trades_need_thirty() -> None:
    """Ten trades, all as good as can be: three times the time."""
    needed = judge(replace(GOOD, trades=10)).needed
    assert needed is not None
    assert (needed.trades, needed.sessions) == (30, 750)
