"""Every row as a trade of its own, against the backtest of the rows that do not overlap."""

import numpy as np
import polars as pl
import pytest

from quantsig.backtest.execution import Execution
from quantsig.backtest.outcome import trade
from quantsig.backtest.period import open_period
from quantsig.backtest.trading.single_trades import SingleTrades, recorded_execution, single_trades
from quantsig.data.storage.parquet import write_parquet
from quantsig.signals.runs import Run, open_run
from tests.reports.conftest import Recipe, write_synthetic_run

EXECUTION = Execution(stop_loss=0.02, fee_bps=7.0)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run whose signals are three days apart and held for five."""
    path = tmp_path_factory.mktemp("single") / "runs" / "run"
    write_synthetic_run(path, Recipe(bars=True, symbols=("A", "B")))
    return open_run(path)


@pytest.fixture(scope="module")
def alone(run: Run) -> SingleTrades:
    return single_trades(run, "calibration", EXECUTION)


@pytest.mark.parametrize("first", [0, 1, 2])
def test_a_row_earns_what_a_backtest_of_it_earns(run: Run, alone: SingleTrades, first: int) -> None:
    """Every third row leaves the others' positions alone, so each of them is traded."""
    of_symbol = pl.int_range(pl.len()).over("symbol")
    chosen = alone.rows.select(pl.col("sample_id").filter(of_symbol % 3 == first)).to_series()
    fired = pl.col("sample_id").is_in(chosen.to_list())
    signals = run.signals().with_columns(signal=fired, take=fired, size=fired.cast(pl.Float64))
    write_parquet(run.path / "signals.parquet", signals)
    period = open_period(run, "calibration")
    trades = trade(period.market, period.signals, EXECUTION).accounts.trades
    picked = alone.rows["sample_id"].is_in(chosen.to_list()).to_numpy()
    order = trades.sort("symbol", "entry_time")
    at = order["entry_time"].dt.epoch("us").to_numpy()
    assert alone.times[alone.entry[picked]].tolist() == at.tolist()
    paid_in = (order["size"] * order["entry_price"]).to_numpy() * (1 + EXECUTION.fee)
    earned = 1 + order["profit"].to_numpy() / paid_in
    assert alone.growth[picked] == pytest.approx(earned, rel=1e-9)


@pytest.mark.parametrize(
    "execution",
    [
        Execution(
            stop_loss=0.02, trailing_stop=0.05, sizing="kelly", kelly_win=0.1, kelly_loss=0.1
        ),
        Execution(same_session_sale=False, trade_without_volume=False, shared_cash=True),
        Execution(sizing="volatility_target", volatility_bars=5, target_volatility=1e-3),
    ],
)
def test_bars_beside_a_period_are_read_where_they_matter(run: Run, execution: Execution) -> None:
    """An execution that does not look back trades alike without them; one that does, otherwise."""
    every = pl.lit(value=True)
    signals = run.signals().with_columns(signal=every, take=every, size=pl.lit(1.0))
    write_parquet(run.path / "signals.parquet", signals)
    whole, within = (
        trade(period.market, period.signals, execution).accounts
        for period in (open_period(run, "test", bars_beside=beside) for beside in (True, False))
    )
    assert whole.trades.height > 3
    assert execution.looks_back == (not whole.trades.equals(within.trades))
    assert (whole.times == within.times).all()


def test_a_limit_looks_back() -> None:
    """Inside the session of the first bar it stands on the close of the one before."""
    assert Execution(price_limit=0.1).looks_back


def test_the_next_entry_waits_for_the_bar_after_a_stop(alone: SingleTrades) -> None:
    """A timed exit frees its own bar, at whose open it comes first; a stop does not."""
    waits = alone.free - alone.exit
    assert set(waits.tolist()) == {0, 1}
    held = alone.exit - alone.entry
    assert set(waits[held < 5].tolist()) == {1}


def test_a_row_without_a_bar_to_fill_is_no_trade(run: Run, alone: SingleTrades) -> None:
    """A delay beyond the last bar leaves nothing to enter."""
    late = single_trades(run, "calibration", Execution(delay_bars=30))
    assert (late.entry[-1], np.isnan(late.growth[-1])) == (-1, True)
    assert alone.entry.min() >= 0


def test_terms_that_the_signals_brought_stay_theirs() -> None:
    """What stats.json says of all traded signals is no setting where it was their own."""
    signals = pl.DataFrame(
        {"delay_bars": [1], "horizon_bars": [5], "stop": [0.03], "target": [0.06]}
    )
    recorded = {"delay_bars": 1, "holding_bars": 9, "stop_loss": 0.03, "fee_bps": 2.0}
    found = recorded_execution(recorded | {"take_profit": "from the signal"}, signals)
    assert found == Execution(holding_bars=9, fee_bps=2.0)
