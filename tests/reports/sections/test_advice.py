"""One sentence on what to do, for every answer that a verdict can give."""

from dataclasses import replace
from typing import Any

import pytest

from quantsig.backtest.comparisons.beside_market import BesideMarket
from quantsig.backtest.record import Answer, NeededTime
from quantsig.backtest.statistics.figures import Figures
from quantsig.data.language.saying import reading
from quantsig.reports.inputs import Inputs, read_inputs
from quantsig.reports.sections.advice import advice
from quantsig.signals.audit.record import Audit
from tests.reports.backtest_files import Traded, write_traded_run
from tests.stats_records import with_stats

WEAK: Figures = {"alpha_a_year": 0.015, "alpha_t": 0.32, "beta": 0.69}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    """A traded run without an edge, 0.6 years long."""
    return read_inputs(write_traded_run(tmp_path_factory.mktemp("told") / "runs" / "run", Traded()))


def told(inputs: Inputs, together: Figures | None = None, **changes: Any) -> str:
    """The advice where the figures beside the market, or those of stats.json, are others."""
    market = BesideMarket(market="equal_weight", own={}, held={}, together=together or {})
    return advice(replace(with_stats(inputs, **changes), market=market))


def judged(inputs: Inputs, answer: Answer, needed: NeededTime | None = None) -> dict[str, Any]:
    """A verdict with this answer."""
    assert inputs.stats is not None
    verdict = replace(inputs.stats.verdict, answer=answer, edge=answer == "edge", needed=needed)
    return {"verdict": verdict}


def figures(inputs: Inputs, **changes: Any) -> dict[str, Any]:
    assert inputs.stats is not None
    return {"figures": {**inputs.stats.figures, **changes}}


def test_no_edge_beside_the_market(inputs: Inputs) -> None:
    """How much of the market it is, that there is no alpha, and how much record it would need."""
    assert told(inputs, WEAK) == (
        "Do not trade it: it is 0.69 of the market with no alpha to speak of (+1.5\u202f% a year, "
        "t\u00a00.32), and even its Sharpe ratio would need 14.2 years of record, not 0.6."
    )


def test_no_edge_with_record_enough(inputs: Inputs) -> None:
    """Then the years are no reason, and are not named."""
    said = told(inputs, WEAK, **figures(inputs, minimum_track_record_years=0.2))
    assert said.endswith("t\u00a00.32).")


def test_an_alpha_of_two_errors_is_not_called_none(inputs: Inputs) -> None:
    """What the random entries say is the reason then."""
    said = told(inputs, {**WEAK, "alpha_t": 2.4})
    assert said.startswith("Do not trade it: the same trades at other times did as well in 41.0")


def test_what_loses_is_told_so(inputs: Inputs) -> None:
    """By what it made a trade."""
    said = told(inputs, WEAK, **figures(inputs, expectancy=-0.0021))
    assert said == "Do not trade it: after costs it made −0.21\u202f% a trade."


def test_nothing_traded_is_nothing_to_trade(inputs: Inputs) -> None:
    """No figure is told of it."""
    assert "no signal led to a trade" in told(inputs, WEAK, **figures(inputs, trades=0))


def test_what_cannot_be_told_yet_says_how_long_it_takes(inputs: Inputs) -> None:
    """In years and trades, beside what there is."""
    needed = NeededTime(sessions=1560, years=6.2, trades=817)
    said = told(inputs, WEAK, **judged(inputs, "cannot tell", needed))
    assert "6.2 years and 817 trades in all would tell; there are 0.6 and 60." in said
    without = replace(needed, years=None)
    assert "817 trades in all" in told(inputs, WEAK, **judged(inputs, "cannot tell", without))
    assert "cannot tell" in told(inputs, WEAK, **judged(inputs, "cannot tell"))


def test_an_edge_says_what_it_claims_at_which_costs(inputs: Inputs) -> None:
    """And that it is to be followed forward first."""
    said = told(
        inputs, {"alpha_a_year": 0.21, "alpha_t": 4.1, "beta": 0.1}, **judged(inputs, "edge")
    )
    assert said == (
        "It claims +0.20\u202f% a trade after 1.0 bps of fees and 1.0 bps of slippage a side, "
        "and +21.0\u202f% a year beyond 0.10 of the market (t\u00a04.10): follow it forward "
        "before any money does."
    )


def test_a_leak_and_a_failed_audit_claim_nothing(
    inputs: Inputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the figures say."""
    assert told(inputs, WEAK, leaks=("copies",)).startswith("Claim nothing and trade nothing until")
    monkeypatch.setattr(Audit, "failed", property(lambda audit: True))
    audit = Audit(created="2024-01-01T00:00:00+00:00", samples="", seed=1, checks=())
    assert advice(inputs, audit).startswith("Claim nothing and trade nothing: by its audit")


def test_without_a_backtest_there_is_no_advice(inputs: Inputs) -> None:
    """The headline says that."""
    assert advice(replace(inputs, stats=None)) == ""


def test_it_is_told_in_chinese(inputs: Inputs) -> None:
    """With the same figures."""
    with reading("zh"):
        said = told(inputs, WEAK)
    assert "不要交易" in said
    assert "0.69" in said
