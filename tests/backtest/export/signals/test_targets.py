"""What each program is given: read by it, where it is here, else held to its format by hand."""

import json
import os
import runpy
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from quantsig.backtest.export.signals.folder import export_signals
from quantsig.signals.runs import Run
from tests.backtest.export.signals.conftest import COSTS, SYMBOLS, accounts_of, made_run

HOUR = timedelta(hours=1)


def exported(run: Run, target: str, folder: Path) -> Path:
    return export_signals(run, target, folder / target, execution=COSTS)


def fills_of(trades: pl.DataFrame, run: Run) -> set[tuple[str, str, str, float]]:
    """Symbol, close of the bar, side and open of every fill of the run's own backtest."""
    opens = {
        (symbol, time): price
        for symbol, time, price in run.samples().bars.select("symbol", "timestamp", "open").rows()
    }
    found = set()
    for trade in trades.iter_rows(named=True):
        for moment, side in (("entry_time", 1), ("exit_time", -1)):
            key = trade["symbol"], trade[moment]
            said = "buy" if side * trade["direction"] > 0 else "sell"
            found.add((key[0], f"{key[1]:%Y-%m-%d %H:%M:%S}", said, round(opens[key], 6)))
    return found


@pytest.mark.filterwarnings("ignore")  # of vectorbt's own
def test_vectorbt_makes_the_same_account(hourly: Run, trades: pl.DataFrame, tmp_path: Path) -> None:
    """Every trade of the run's own backtest, and its value at every close, to 1e-12."""
    folder = exported(hourly, "vectorbt", tmp_path)
    portfolio: Any = runpy.run_path(str(folder / "example.py"))["portfolio"]
    records = portfolio.trades.records_readable
    made = zip(
        records["Column"].str.removesuffix("#2"),
        pl.from_pandas(records["Entry Timestamp"]),
        pl.from_pandas(records["Exit Timestamp"]),
        records["Direction"].map({"Long": 1, "Short": -1}),
        strict=True,
    )
    own = trades.select("symbol", "entry_time", "exit_time", "direction").rows()
    assert sorted(made) == sorted(own)
    assert any(name.endswith("#2") for name in portfolio.wrapper.columns)
    value = portfolio.value().sum(axis=1).to_numpy() / 1e6
    np.testing.assert_allclose(value, accounts_of(hourly).equity, rtol=1e-12)


def test_backtrader_fills_the_same_orders(
    hourly: Run, trades: pl.DataFrame, tmp_path: Path
) -> None:
    """Its own fills: symbol, bar, side and price of each, and none besides."""
    pytest.importorskip("backtrader", reason="backtrader is not installed")
    folder = exported(hourly, "backtrader", tmp_path)
    done = subprocess.run(
        [sys.executable, folder / "example.py"], capture_output=True, text=True, check=True
    )
    lines = [line.split() for line in done.stdout.splitlines() if "ends with" not in line]
    fills = {
        (symbol, f"{day} {time[:8]}", side, round(float(price), 6))
        for symbol, day, time, side, price in lines
    }
    assert fills == fills_of(trades, hourly)
    assert len(lines) == 2 * trades.height


@pytest.mark.parametrize("target", ["backtrader", "freqtrade"])
def test_an_order_stands_at_the_candle_before_its_fill(
    hourly: Run, trades: pl.DataFrame, tmp_path: Path, target: str
) -> None:
    """Which is never before the decision: backtrader by closes, freqtrade by opens."""
    folder = exported(hourly, target, tmp_path)
    about = json.loads((folder / "export.json").read_text())
    decided = {
        (row["symbol"], row["entry_time"]): row["decision_time"]
        for row in trades.iter_rows(named=True)
    }
    entered = 0
    for symbol, file in about["files"].items():
        if target == "backtrader":
            rows = pl.read_csv(folder / file, try_parse_dates=True)
            known = rows.filter(pl.col("enter") != 0)["datetime"].dt.replace_time_zone("UTC")
        else:
            rows = pl.read_ipc(folder / file)
            entering = (pl.col("enter_long") != 0) | (pl.col("enter_short") != 0)
            known = rows.filter(entering)["date"] + HOUR  # the candle's close
        for time in known:
            assert decided[symbol, time + HOUR] <= time
        entered += len(known)
    assert entered == trades.height - (about["held_on"] if target == "freqtrade" else 0)


def test_freqtrade_gets_candles_and_a_strategy(hourly: Run, tmp_path: Path) -> None:
    """The columns, types and names that it asks for; both sides of a pair never at once."""
    folder = exported(hourly, "freqtrade", tmp_path)
    candles = pd.read_feather(folder / "data" / "BTC_USDT-1h.feather")
    signals = pd.read_feather(folder / "signals" / "BTC_USDT-1h.feather")
    assert list(candles) == ["date", "open", "high", "low", "close", "volume"]
    marks = ["enter_long", "exit_long", "enter_short", "exit_short"]
    assert list(signals) == ["date", *marks]
    assert str(candles["date"].dtype) == "datetime64[ms, UTC]"
    assert candles["date"].equals(signals["date"])
    first = hourly.signals().filter(split="test")["decision_time"].to_list()[0]
    assert candles["date"][0] == first - HOUR
    assert not (signals["enter_long"] & signals["exit_long"]).any()
    config = json.loads((folder / "config.json").read_text())
    assert config["timeframe"] == "1h"
    assert config["exchange"]["pair_whitelist"] == list(SYMBOLS)


def other_python(program: str) -> str:
    """The interpreter of an environment that has a program which does not go into ours."""
    named = os.environ.get(f"{program.upper()}_PYTHON")
    if named is None:
        pytest.skip(f"{program.upper()}_PYTHON names no Python that has {program}")
    return named


def test_freqtrade_trades_them(tmp_path: Path) -> None:
    """Its own backtest: opens and closes of every position, those that go on made one."""
    python = other_python("freqtrade")
    run = made_run(tmp_path, HOUR, ["BTC/USDT"])
    folder = exported(run, "freqtrade", tmp_path)
    script = Path(__file__).parent / "freqtrade_backtest.py"
    done = subprocess.run(
        [python, script.absolute()], cwd=folder, capture_output=True, text=True, check=True
    )
    opens = run.samples().bars
    price = dict(zip(opens["timestamp"], opens["open"], strict=True))
    trades = accounts_of(run).trades
    left, entered = set(trades["exit_time"]), set(trades["entry_time"])
    expected = [
        [price[time], price[end]]
        for time, end in zip(sorted(entered - left), sorted(left - entered), strict=True)
    ]
    assert len(expected) > 5
    np.testing.assert_allclose(json.loads(done.stdout.splitlines()[-1]), expected, rtol=1e-9)


def test_qlib_gets_a_score_a_day(daily: Run, tmp_path: Path) -> None:
    """By datetime and instrument, each dated the bar before its trade; a minus sells short."""
    folder = exported(daily, "qlib", tmp_path)
    score = pd.read_parquet(folder / "score.parquet")
    assert score.index.names == ["datetime", "instrument"]
    assert score.index.is_monotonic_increasing
    assert score.index.is_unique
    rows = daily.signals().filter(split="test")
    row = rows.filter(symbol="SOL/USDT").row(0, named=True)  # decided two bars ahead
    day = daily.samples().calendar.date(row["decision_time"] + timedelta(days=1))
    assert score.loc[(pd.Timestamp(day), "SOL/USDT"), "score"] == -row["probability"]
    assert score["take"].sum() == rows["take"].sum()
    assert len(score) == rows.height


def test_qlib_reads_them_as_a_signal(daily: Run, tmp_path: Path) -> None:
    """What its strategies ask for a day."""
    python = other_python("qlib")
    folder = exported(daily, "qlib", tmp_path)
    done = subprocess.run(
        [python, folder / "example.py"], capture_output=True, text=True, check=True
    )
    row = daily.signals().filter(split="test").row(0, named=True)
    assert f"'{row['symbol']}': {row['probability']!r}"[:30] in done.stdout


def test_qlib_trades_a_day_after_the_score(tmp_path: Path) -> None:
    """Its own backtest holds the best of a day from the next day on, and nothing before."""
    python = other_python("qlib")
    run = made_run(tmp_path, timedelta(days=1), ["BTC", "LTC"])
    folder = exported(run, "qlib", tmp_path)
    bars = run.samples().bars.rename({"symbol": "instrument", "timestamp": "day"})
    days = run.samples().calendar.dates(bars["day"]).cast(pl.Datetime("us"))
    bars.with_columns(day=days).to_pandas().to_parquet(folder / "bars.parquet")
    script = Path(__file__).parent / "qlib_backtest.py"
    done = subprocess.run(
        [python, script.absolute()], cwd=folder, capture_output=True, text=True, check=True
    )
    held = json.loads(done.stdout.splitlines()[-1])
    score = pd.read_parquet(folder / "score.parquet")["score"]
    best = {f"{day:%Y-%m-%d}": own.droplevel(0).idxmax() for day, own in score.groupby(level=0)}
    dates = list(held)
    assert held[dates[0]] == []
    assert [held[later] for later in dates[1:]] == [[best[day]] for day in dates[:-1]]
