"""What the backtest writes in English has its Chinese, each word and sentence of its own code."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from quantsig.backtest.execution import Execution
from quantsig.backtest.significance.deflated_sharpe import deflated
from quantsig.backtest.significance.trials import SweepEntry, Trials
from quantsig.backtest.trading.signal_status import SignalStatus
from quantsig.backtest.trading.single_trades import OF_ACCOUNTS, _refuse_money
from quantsig.data.barriers import ExitReason
from quantsig.data.errors import CheckFailed, DataError
from quantsig.data.language.messages import Message, clause
from quantsig.data.language.saying import reading, retell, word
from quantsig.signals.significance.label_days import DAY
from quantsig.signals.thresholds.chosen_threshold import (
    by_expectancy,
    by_fbeta,
    by_precision,
    by_recall,
    by_top_k,
)
from quantsig.signals.thresholds.scored_rows import ScoredRows
from tests.reports.page.untranslated import skip_untranslated

CHINESE = re.compile("[一-鿿]")
SWEPT = SweepEntry(cells=320, sharpe_mean=0.01, sharpe_variance=0.002, average_correlation=0.3)
OTHER = {"sizing": "kelly", "minimum_fee": 5.0, "lot_size": 100, "shared_cash": True}


def told(sentence: str) -> str:
    """The Chinese of a sentence that has a code; skips where it has none yet."""
    assert isinstance(sentence, Message)
    with reading("zh") as reader:
        found = retell(sentence)
    skip_untranslated(reader)
    return found


@pytest.mark.parametrize("name", [kind.text for kind in (*ExitReason, *list(SignalStatus)[1:])])
def test_why_a_trade_ended_or_never_began_is_told_in_chinese(name: str) -> None:
    """Every word of the two tables."""
    with reading("zh"):
        assert CHINESE.search(word(name))


@pytest.mark.parametrize("name", OF_ACCOUNTS)
def test_why_the_slider_trades_nothing_is_told_in_chinese(name: str) -> None:
    """With the setting by its name."""
    with pytest.raises(DataError) as caught:
        _refuse_money(Execution(**{name: OTHER[name]}))  # type: ignore[arg-type]
    assert CHINESE.search(told(caught.value.what))
    assert name in told(caught.value.what)


@pytest.mark.parametrize("untraded", [frozenset[str](), frozenset({"c"})])
@pytest.mark.parametrize("sweeps", [{}, {"s": SWEPT}])
@pytest.mark.parametrize("traded", [{"a": 0.1}, {"a": 0.1, "b": -0.1}])
def test_how_a_sharpe_ratio_is_deflated_is_told_in_chinese(
    traded: dict[str, float | None], sweeps: dict[str, SweepEntry], untraded: frozenset[str]
) -> None:
    """No English word is left, whatever was tried."""
    returns = np.random.default_rng(37).normal(0, 0.01, 90)
    trials = Trials(traded=traded, untraded=untraded, sweeps=sweeps)
    sentence = deflated(returns, trials).how
    assert not re.search("[A-Za-z]{2}", told(sentence))


def scored(rows: int, events: int) -> ScoredRows:
    """A row a day, none of its probabilities worth anything."""
    days = np.arange(rows) * DAY
    return ScoredRows(
        probability=np.linspace(0.1, 0.9, rows),
        happened=np.arange(rows) % max(rows // max(events, 1), 1) == (0 if events else -1),
        forward_return=np.full(rows, np.nan),
        decided=days,
        ended=days + 1,
    )


@pytest.mark.parametrize(
    "choose",
    [
        lambda where: by_precision(scored(9, 1), 0.9, 0.9, where),
        lambda where: by_precision(scored(400, 20), 0.9, 0.9, where),
        lambda where: by_recall(scored(30, 0), 0.5, where),
        lambda where: by_fbeta(scored(9, 1), 1.0, where),
        lambda where: by_expectancy(scored(30, 1), 0.0, where),
        lambda where: by_top_k(scored(30, 1), 5.0, where),
        lambda where: by_top_k(replace(scored(30, 1), probability=np.full(30, 0.5)), 0.1, where),
    ],
)
def test_why_a_rule_finds_no_threshold_is_told_in_chinese(
    choose: Callable[[Path], object], tmp_path: Path
) -> None:
    """A walk keeps the reason of each fold without its full stop."""
    with pytest.raises((CheckFailed, DataError)) as caught:
        choose(tmp_path)
    assert CHINESE.search(told(clause(caught.value.what)))
