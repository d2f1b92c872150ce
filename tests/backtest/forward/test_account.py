"""The paper account of a forward test, and a broker's fills beside it."""

from pathlib import Path

import polars as pl
import pytest

from quantsig.backtest.forward.account import paper_account
from quantsig.backtest.forward.fills import lay_beside, read_fills
from quantsig.backtest.outcome import trade
from quantsig.backtest.period import bars_period
from quantsig.data.bars import CheckedBars
from quantsig.data.errors import DataError
from quantsig.signals.forward.book import ForwardBook
from quantsig.signals.forward.lines import moment_of
from quantsig.signals.forward.taken_signals import TakenSignals
from quantsig.signals.inference.predict import passing_of, predict
from quantsig.signals.inference.signals import bar_signals
from quantsig.signals.runs import Run
from tests.backtest.forward.replays import EXECUTION, newest, replayed, until
from tests.backtest.forward.test_call import BEGIN

pytestmark = pytest.mark.xdist_group("forward")
LAST = BEGIN + 60


@pytest.fixture
def taken(run: Run, held_bars: CheckedBars) -> TakenSignals:
    """The signals of sixty bars."""
    replayed(run, held_bars, BEGIN, LAST)
    found = TakenSignals()
    ForwardBook(run, found.hear)
    return found


def test_the_account_is_that_of_a_backtest(
    run: Run, held_bars: CheckedBars, taken: TakenSignals
) -> None:
    """The same signals on the same bars by `quantsig backtest RUN BARS`: trades and equity."""
    bars = until(held_bars, LAST)
    since = newest(until(held_bars, BEGIN))
    account = paper_account(taken.rows(), bars, since, EXECUTION)
    assert account is not None
    rows = bar_signals(run, run.samples(), predict(run, passing_of(run, bars), device="cpu"))
    period = bars_period(bars, rows.filter(pl.col("decision_time") >= since))
    expected = trade(period.market, period.signals, EXECUTION).accounts
    assert account.outcome.accounts.trades.equals(expected.trades)
    assert account.equity["equity"].to_list() == expected.equity.tolist()
    assert account.closed.height + account.open.height == expected.trades.height > 0
    assert account.lost == 0


def test_what_is_open_and_what_waits(held_bars: CheckedBars, taken: TakenSignals) -> None:
    """A signal of the last bar waits; one before it is open, valued at the last close."""
    rows = taken.rows()
    decided = rows["decision_time"][-1]
    times = held_bars.bars["timestamp"].unique().sort()
    place = int(times.search_sorted(decided)) + 1
    since = rows["decision_time"][0]
    at_once = paper_account(rows, until(held_bars, place), since, EXECUTION)
    later = paper_account(rows, until(held_bars, place + 1), since, EXECUTION)
    assert at_once is not None
    assert later is not None
    assert decided in at_once.waiting["decision_time"]
    assert later.waiting.is_empty()
    assert later.open.height >= 1
    assert set(later.open["reason"]) == {"end"}


def test_late_signals_are_not_traded(run: Run, held_bars: CheckedBars) -> None:
    """Whether that is known at once or by their outcome."""
    replayed(run, held_bars, BEGIN, LAST, step=20)
    found = TakenSignals()
    ForwardBook(run, found.hear)
    in_time = {newest(until(held_bars, BEGIN + step)) for step in (0, 20, 40, 60)}
    assert set(found.rows()["decision_time"]) <= in_time


def test_fills_are_laid_beside_the_nearest_of_their_kind(tmp_path: Path) -> None:
    """By hand: bought 10 bps dearer, sold 20 bps cheaper, and one that is of nothing."""
    time = moment_of("2026-01-05T10:00:00+00:00")
    trades = pl.DataFrame(
        {
            "symbol": ["A"],
            "direction": [1],
            "entry_time": [time],
            "exit_time": [time.replace(day=6)],
            "entry_price": [100.0],
            "exit_price": [110.0],
        }
    ).with_columns(pl.col("entry_time", "exit_time").dt.cast_time_unit("us"))
    source = tmp_path / "fills.csv"
    source.write_text(
        "symbol,time,side,price,quantity,fee\n"
        "A,2026-01-05T10:05:00Z,buy,100.1,30,1\n"
        "A,2026-01-06 10:05:00,SELL,109.78,10,1\n"
        "B,2026-01-05T10:05:00+00:00,buy,5,1,0\n"
    )
    found = lay_beside(read_fills(source), trades)
    assert found.matched["slippage_bps"].to_list() == pytest.approx([10.0, 20.0])
    assert found.unmatched == 1
    bought, sold = 100.1 * 30, 109.78 * 10
    mean = (10.0 * bought + 20.0 * sold) / (bought + sold)
    assert found.mean_slippage_bps == pytest.approx(mean)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("symbol,time\nA,2026-01-05\n", "needs a column side"),
        ("symbol,time,side,price,quantity,fee\nA,2026-01-05T10:00:00Z,hold,1,1,0\n", "line 2"),
        ("symbol,time,side,price,quantity,fee\nA,never,buy,1,1,0\n", "line 2"),
        ("symbol,time,side,price,quantity,fee\nA,2026-01-05T10:00:00Z,buy,-1,1,0\n", "line 2"),
    ],
)
def test_what_are_no_fills_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    """With the line."""
    source = tmp_path / "fills.csv"
    source.write_text(text)
    with pytest.raises(DataError, match=reason):
        read_fills(source)
