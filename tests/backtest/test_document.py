"""What is said about accounts, without a run."""

import json
from collections.abc import Mapping

import numpy as np
import pytest

from quantsig.backtest.document import Description, Scrutiny, describe
from quantsig.backtest.execution import Execution
from quantsig.backtest.market import SymbolBars, SymbolSignals
from quantsig.backtest.outcome import trade
from quantsig.backtest.significance.trials import Trials
from quantsig.backtest.statistics.figure_table import FIGURES
from quantsig.data.storage.documents import to_json
from quantsig.data.storage.records import plain
from quantsig.signals.figures import described as told_as
from tests.backtest.conftest import BarsMaker, SignalsMaker

FLAT = (100, 101, 99, 100)
PLAIN = Execution()


def described(
    market: Mapping[str, SymbolBars],
    signals: Mapping[str, SymbolSignals],
    trials: Trials | None = None,
    execution: Execution = PLAIN,
) -> Description:
    accounts = trade(market, signals, execution).accounts
    scrutiny = Scrutiny(seed=37, trials=trials or Trials())
    return describe(accounts, market, signals, execution, scrutiny)


@pytest.fixture(scope="module")
def walk_bars(make_bars: BarsMaker) -> SymbolBars:
    """Four hundred bars of a random walk."""
    random = np.random.default_rng(37)
    opens = 100 * np.exp(np.cumsum(random.normal(0, 0.02, 400)))
    return make_bars(*[(price, price * 1.02, price * 0.98, price) for price in opens])


@pytest.fixture(scope="module")
def many(walk_bars: SymbolBars, make_signals: SignalsMaker) -> Description:
    """Fifty trades."""
    return described({"A": walk_bars}, {"A": make_signals(*range(0, 350, 7), horizon=4)})


def test_no_figure_lacks_a_description(many: Description) -> None:
    """A new one needs a line in the table of figures."""
    names = many.record.figures
    assert [name for name in names if told_as(name, FIGURES) is None] == []


@pytest.mark.parametrize("decided", [(), (5,), tuple(range(0, 350, 7))])
def test_any_number_of_trades_is_strict_json(
    walk_bars: SymbolBars, make_signals: SignalsMaker, decided: tuple[int, ...]
) -> None:
    """None, one and fifty: what is written is what is there, and never NaN."""
    document = described({"A": walk_bars}, {"A": make_signals(*decided)}).record
    written = json.loads(to_json(plain(document)), parse_constant=pytest.fail)
    assert written == json.loads(json.dumps(plain(document), default=str, allow_nan=False))
    missing = {name for name, value in document.figures.items() if value is None}
    assert missing == set(document.missing) - {"random_entries", "alpha"}


def test_equity_has_what_it_is_compared_with(many: Description) -> None:
    """The first equity is 1.0 everywhere; the ends are those of the document."""
    curves = many.equity
    for name in ("equity", "always_long", "equal_weight", "random_low", "random_high"):
        assert curves[name][0] == 1.0
    for name in ("always_long", "equal_weight"):
        assert getattr(many.record, name).total_return == pytest.approx(curves[name][-1] - 1)
    chance = many.record.random_entries
    assert chance.low == pytest.approx(curves["random_low"][-1] - 1)
    assert chance.high == pytest.approx(curves["random_high"][-1] - 1)


def test_trades_carry_their_excursions(many: Description) -> None:
    """Fractions of the entry price, one below and one above zero."""
    assert (many.trades["mae"] <= 0).all()
    assert (many.trades["mfe"] >= 0).all()
    assert many.record.figures["average_mae"] == pytest.approx(many.trades["mae"].mean())


def test_trials_enter_the_verdict(walk_bars: SymbolBars, make_signals: SignalsMaker) -> None:
    """Among a hundred others the same trades have a lower deflated Sharpe ratio."""
    market, signals = {"A": walk_bars}, {"A": make_signals(*range(0, 350, 7), horizon=4)}
    others = np.random.default_rng(1).normal(0, 0.1, 100)
    tried = Trials(traded={str(number): value for number, value in enumerate(others.tolist())})
    alone, among = (described(market, signals, trials).record for trials in (Trials(), tried))
    assert alone.deflated is not None
    assert among.deflated is not None
    assert (alone.deflated.trials, among.deflated.trials) == (1, 101)
    assert (among.deflated.deflated_sharpe or 1.0) < (alone.deflated.deflated_sharpe or 0.0)
    assert "101 strategies were tried" in " ".join(among.verdict.reasons)


def test_the_random_band_surrounds_signals_without_skill(many: Description) -> None:
    """Decisions at fixed bars of a random walk end inside 5 to 95 % of chance."""
    assert 0.05 < (many.record.random_entries.p_value or 0.0) < 0.95


def test_a_bankrupt_account_is_told(make_bars: BarsMaker, make_signals: SignalsMaker) -> None:
    """A short while the price triples: when it stopped, and only finite figures."""
    market = {"A": make_bars(FLAT, FLAT, (300, 301, 299, 300), *[FLAT] * 12)}
    found = described(market, {"A": make_signals(0, 5, direction=-1, horizon=4)}).record
    assert found.bankrupt == "1970-01-04T00:00:00+00:00"
    assert found.figures["max_drawdown"] <= -1
    assert found.figures["annual_return"] == -1
    json.dumps(plain(found), allow_nan=False)


def test_symbols_that_share_cash_are_described(
    walk_bars: SymbolBars, make_signals: SignalsMaker
) -> None:
    """One account: the symbols have profits, but no return of their own."""
    market = {"A": walk_bars, "B": walk_bars}
    signals = {name: make_signals(*range(0, 350, 7), horizon=4) for name in "AB"}
    shared = Execution(shared_cash=True, size_fraction=0.4)
    found = described(market, signals, execution=shared).record
    assert [row["total_return"] for row in found.per_symbol] == [None, None]
    reached = found.figures["total_return"]
    assert sum(row["profit"] for row in found.per_symbol) == pytest.approx(reached)
    assert 0.01 < (found.random_entries.p_value or 0.0) <= 1
