"""Runs with signals and neither stop nor target, and what their own backtest makes of them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from quantsig.backtest.execution import Execution
from quantsig.backtest.outcome import trade
from quantsig.backtest.period import open_period
from quantsig.backtest.trading.accounts import Accounts
from quantsig.data.storage.parquet import write_parquet
from quantsig.signals.run_record import SampleSource
from quantsig.signals.runs import Run
from tests.data.samples.written import write_set
from tests.run_records import run_record

BARS, FIRST, LAST, HORIZON = 150, 20, 140, 3
COSTS = Execution(fee_bps=7, slippage_bps=3)
SYMBOLS = {"BTC/USDT": (1,), "ETH/USDT": (1, -1), "SOL/USDT": (-1,)}  # and the sides of each
LONG = (1,)  # the sides of others
START = datetime(2024, 3, 1, tzinfo=UTC)


def bars_of(symbol: str, step: timedelta, seed: int) -> pl.DataFrame:
    """A random walk whose opens are off the close before."""
    random = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(random.normal(0, 0.01, BARS)))
    opened = np.append(100.0, close[:-1]) * (1 + random.normal(0, 0.002, BARS))
    times = pl.Series([START + step * bar for bar in range(BARS)], dtype=pl.Datetime("us", "UTC"))
    prices = {
        "open": opened,
        "high": np.maximum(opened, close) * 1.004,
        "low": np.minimum(opened, close) * 0.996,
        "close": close,
    }
    return pl.DataFrame(
        {"symbol": symbol, "timestamp": times, **prices, "volume": 5.0, "adjustment": 1.0}
    )


def signals_of(symbol: str, step: timedelta, seed: int, delay: int) -> pl.DataFrame:
    """A row a bar; three in ten are signals, and of these one in five is not taken."""
    random = np.random.default_rng(seed)
    decided = np.arange(FIRST, LAST)
    signal = random.random(len(decided)) < 0.3
    time = pl.Datetime("us", "UTC")
    ends = [START + step * (int(bar) + delay + HORIZON) for bar in decided]
    return pl.DataFrame(
        {
            "symbol": symbol,
            "decision_time": pl.Series([START + step * int(bar) for bar in decided], dtype=time),
            "label_end": pl.Series(ends, dtype=time),
            "split": ["calibration"] * 40 + ["test"] * (len(decided) - 40),
            "probability": random.uniform(0.2, 0.9, len(decided)),
            "signal": signal,
            "take": signal & (random.random(len(decided)) < 0.8),
            "direction": random.choice(SYMBOLS.get(symbol, LONG), len(decided)),
            "delay_bars": delay,
            "horizon_bars": HORIZON,
            "stop": pl.Series([None] * len(decided), dtype=pl.Float64),
            "target": pl.Series([None] * len(decided), dtype=pl.Float64),
            "trial_id": "trial",
        }
    )


def made_run(folder: Path, step: timedelta, symbols: Iterable[str] = SYMBOLS) -> Run:
    """Three symbols, the last decided two bars ahead."""
    samples, path = folder / "samples", folder / "runs" / "run"
    bars = [bars_of(name, step, seed) for seed, name in enumerate(symbols)]
    rows = [signals_of(name, step, 9 + seed, 1 + seed // 2) for seed, name in enumerate(symbols)]
    write_parquet(path / "signals.parquet", pl.concat(rows))
    index = pl.DataFrame({"sample_id": [0]})
    said = write_set(
        samples,
        {"bars.parquet": pl.concat(bars), "index.parquet": index},
        interval_seconds=step.total_seconds(),
    )
    source = SampleSource(path=str(samples), fingerprint=said)
    return Run(path=path, record=run_record(run_id="run", samples=source))


def accounts_of(run: Run) -> Accounts:
    """What the run's own backtest makes of the test rows."""
    period = open_period(run, "test")
    return trade(period.market, period.signals, COSTS).accounts


@pytest.fixture(scope="session")
def hourly(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run on hours."""
    return made_run(tmp_path_factory.mktemp("hourly"), timedelta(hours=1))


@pytest.fixture(scope="session")
def daily(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The same on days."""
    return made_run(tmp_path_factory.mktemp("daily"), timedelta(days=1))


@pytest.fixture(scope="session")
def trades(hourly: Run) -> pl.DataFrame:
    """The trades of the run's own backtest on hours."""
    return accounts_of(hourly).trades
