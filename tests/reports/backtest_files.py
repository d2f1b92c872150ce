"""A run with real samples and a whole backtest, its figures made up but of one piece."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from quantsig.backtest.record import SweepOverfitting
from quantsig.backtest.sweep.record import write_sweep as record_sweep
from quantsig.data.bars import check_bars
from quantsig.data.charts.spec import PRESETS
from quantsig.data.label_spec import LabelSpec
from quantsig.data.samples.build import BuildJob, build_samples
from quantsig.data.samples.store import SampleSet
from quantsig.data.storage.documents import read_json, write_json
from quantsig.data.storage.parquet import write_parquet
from quantsig.signals.run_record import SampleSource
from quantsig.signals.walk_record import read_walk_record, write_walk_record
from tests.golden.opened import STORED
from tests.reports.conftest import TRIAL_ID, Recipe, write_synthetic_run
from tests.sweep_records import sweep_record

FIRST_CLOSE = datetime(2010, 1, 4, 21, tzinfo=UTC)  # a Monday
HOLDING_BARS = 5
WARM_UP = 350  # bars that a chart needs
REASON = "no trades"
UTC_TIME = pl.Datetime("us", "UTC")


@dataclass(frozen=True, kw_only=True)
class Traded:
    """What kind of backtest to write."""

    symbols: tuple[str, ...] = ("AAPL", "GOOG", "IBM")
    bars: int = 500  # of each symbol, on weekdays
    trades: int = 60
    bankrupt: bool = False
    run: Recipe = field(default_factory=lambda: Recipe(days=300))


def write_traded_run(path: Path, wanted: Traded) -> Path:
    """Write a run folder with samples that draw, and stats of schema 2."""
    random = np.random.default_rng(37)
    bars = _bars(random, wanted)
    samples = build_samples(
        check_bars(bars, quarantine=False),
        path.parents[1] / "drawn",
        chart=PRESETS["small"],
        label=LabelSpec(name="rise", horizon_bars=HOLDING_BARS),
        stride_bars=1,
        job=BuildJob(force=True),
    )
    write_synthetic_run(path, wanted.run)
    record = read_json(path / "run.json")
    found = {"path": str(samples.path), "fingerprint": samples.manifest.fingerprint}
    write_json(path / "run.json", record | {"samples": found})
    trades = _trades(random, samples, bars, wanted)
    equity = _equity(random, bars, wanted)
    write_parquet(path / "backtest" / "trades.parquet", trades)
    write_parquet(path / "backtest" / "equity.parquet", equity)
    write_json(path / "backtest" / "stats.json", _stats(trades, equity, wanted))
    return path


def write_sweep(run: Path) -> None:
    """A sweep of 4 thresholds x 3 stops x 2 holding times."""
    random = np.random.default_rng(5)
    cells = [
        {
            "threshold": threshold,
            "stop_loss": stop,
            "take_profit": None,
            "holding_bars": holding,
            "delay_bars": 1,
            "trades": 40,
            "win_rate": 0.5,
            "expectancy": 0.001,
            "profit_factor": 1.1,
            "total_return": 0.1,
            "sharpe": float(random.normal(0.3, 0.5)),
            "max_drawdown": -0.1,
            "exposure": 0.3,
        }
        for threshold in (0.1, 0.2, 0.3, 0.4)
        for stop in (None, 0.02, 0.05)
        for holding in (5, 10)
    ]
    frame = pl.DataFrame(cells, infer_schema_length=None)
    write_parquet(run / "sweep" / "cells.parquet", frame)
    logits = random.normal(0.4, 1.0, 70).tolist()
    found = SweepOverfitting(probability=0.31, splits=70, blocks=8, logits=tuple(logits))
    record = sweep_record(cells=len(cells), overfitting=found)
    record_sweep(run / "sweep" / "sweep.json", record)


def write_walk(run: Path, *, fingerprint: str | None = None) -> None:
    """A combinatorial walk with five paths beside a run, on its samples unless told otherwise."""
    folder = run.parent / "walk-resnet18"
    own = read_json(run / "run.json")["samples"]["fingerprint"]
    stored = next(STORED.glob("runs/walk-*-combinatorial-*/walk.json"))
    record = replace(
        read_walk_record(stored),
        created="2013-04-01T00:00:00+00:00",
        folding={"blocks": 6, "tested": 2},
        samples=SampleSource(path="gone", fingerprint=fingerprint or own),
    )
    write_walk_record(folder / "walk.json", record)
    sharpes = [0.9, 0.4, -0.2, 0.1, 0.6]
    paths = pl.DataFrame({"path": range(5), "sharpe": sharpes, "total_return": [0.1] * 5})
    write_parquet(folder / "paths.parquet", paths)


def _bars(random: np.random.Generator, wanted: Traded) -> pl.DataFrame:
    shape = (len(wanted.symbols), wanted.bars)
    close = 50 * np.exp(np.cumsum(random.normal(2e-4, 0.012, shape), axis=1))
    opens = close * (1 + random.normal(0, 0.002, shape))
    weekdays = [FIRST_CLOSE + timedelta(days=n + 2 * (n // 5)) for n in range(wanted.bars)]
    return pl.DataFrame(
        {
            "symbol": np.repeat(wanted.symbols, wanted.bars),
            "timestamp": weekdays * len(wanted.symbols),
            "open": opens.ravel(),
            "high": (np.maximum(opens, close) * 1.004).ravel(),
            "low": (np.minimum(opens, close) * 0.996).ravel(),
            "close": close.ravel(),
            "volume": random.uniform(1e5, 1e6, close.size),
            "adjustment": np.ones(close.size),
        },
        schema_overrides={"timestamp": UTC_TIME},
    ).sort("symbol", "timestamp")


def _trades(
    random: np.random.Generator, samples: SampleSet, bars: pl.DataFrame, wanted: Traded
) -> pl.DataFrame:
    """Trades of five bars, at the opens of the bars that they name."""
    known = samples.index.filter(pl.col("label").is_not_null())
    rows = random.choice(known.height, wanted.trades, replace=wanted.trades > known.height)
    decided = known[np.sort(rows)].select("symbol", "decision_time")
    ahead = bars.sort("symbol", "timestamp").select(
        "symbol",
        pl.col("timestamp").alias("decision_time"),
        *(
            pl.col(column).shift(-step).over("symbol").alias(name)
            for step, end in ((1, "entry"), (1 + HOLDING_BARS, "exit"))
            for column, name in (("timestamp", f"{end}_time"), ("open", f"{end}_price"))
        ),
    )
    returns = pl.col("exit_price") / pl.col("entry_price") - 1
    size = decided.height
    frame = decided.join(ahead, on=["symbol", "decision_time"], how="left")
    frame = frame.sort("entry_time", "symbol").with_row_index("trade_id")
    return frame.with_columns(
        pl.col("trade_id").cast(pl.Int64),
        returns.alias("return"),
        (0.2 * returns).alias("profit"),
        direction=pl.lit(1, pl.Int8),
        size=pl.lit(0.01),
        fees=pl.lit(4e-5),
        slippage=pl.lit(4e-5),
        reason=pl.lit("time"),
        holding_bars=pl.lit(HOLDING_BARS, pl.Int64),
        probability=pl.Series(random.uniform(0.3, 0.6, size), dtype=pl.Float64),
        mae=pl.Series(-random.exponential(0.01, size), dtype=pl.Float64),
        mfe=pl.Series(random.exponential(0.012, size), dtype=pl.Float64),
    )


def _equity(random: np.random.Generator, bars: pl.DataFrame, wanted: Traded) -> pl.DataFrame:
    times = bars["timestamp"].unique().sort()
    times = times.filter(times > times[min(WARM_UP, len(times) - 2)])
    size = len(times)
    steps = random.normal(2e-4, 0.006, size) * bool(wanted.trades)
    equity = np.cumprod(1 + np.r_[0, steps[1:]])
    if wanted.bankrupt:
        equity[size // 2 :] = 0.0
    around = np.cumprod(1 + np.r_[0, random.normal(0, 0.004, size - 1)])
    return pl.DataFrame(
        {
            "timestamp": times,
            "equity": equity,
            "drawdown": equity / np.maximum.accumulate(equity) - 1,
            "exposure": np.full(size, 0.3 * bool(wanted.trades)),
            "always_long": np.cumprod(1 + np.r_[0, random.normal(4e-4, 0.01, size - 1)]),
            "equal_weight": np.cumprod(1 + np.r_[0, random.normal(3e-4, 0.01, size - 1)]),
            "random_low": around * 0.95,
            "random_median": around,
            "random_high": around * 1.05,
            "turnover": random.uniform(0, 0.2, size) * bool(wanted.trades),
        }
    )


def _stats(trades: pl.DataFrame, equity: pl.DataFrame, wanted: Traded) -> dict[str, Any]:
    total = float(equity["equity"][-1]) - 1
    start, end = (equity["timestamp"][row].isoformat() for row in (0, -1))
    some = bool(wanted.trades)
    return {
        "schema": "quantsig.stats/2",
        "trial_id": TRIAL_ID,
        "split": "test",
        "start": start,
        "end": end,
        "symbols": list(wanted.symbols),
        "bars": equity.height,
        "execution": {"delay_bars": 1, "holding_bars": 5, "fee_bps": 1.0, "slippage_bps": 1.0},
        "figures": _figures(wanted, total),
        "missing": {} if some else dict.fromkeys(OF_TRADES, REASON),
        "random_entries": _chance(wanted.trades),
        "always_long": {"total_return": 0.1, "sharpe": 0.6, "max_drawdown": -0.14},
        "equal_weight": {"total_return": 0.08, "sharpe": 0.5, "max_drawdown": -0.12},
        "ignored": {"position open": 41, "no bar to fill": 2},
        "bankrupt": end if wanted.bankrupt else None,
        "verdict": {"edge": False, "sentence": "There is no evidence of an edge after costs."}
        | {"reasons": ["There were no trades to compare with random entries."]},
        "monthly": _monthly(equity),
        "yearly": [{"year": 2010, "return": 0.02, "max_drawdown": -0.06, "trades": trades.height}],
        "drawdowns": [
            {"start": start, "bottom": start, "end": None, "depth": -0.09, "days": 12.0},
            {"start": start, "bottom": start, "end": end, "depth": -0.04, "days": 3.0},
        ],
        "per_symbol": [
            {"symbol": name, "total_return": 0.01, "trades": 3, "win_rate": 0.5, "expectancy": 1e-3}
            for name in wanted.symbols
        ],
        "ladders": _ladders(wanted.trades),
        "deflated": {
            "trials": 24,
            "independent_trials": 11.3,
            "average_correlation": 0.5,
            "sharpe_variance": 0.001,
            "expected_maximum": 0.05,
            "probabilistic_sharpe": 0.71 if some else None,
            "deflated_sharpe": 0.42 if some else None,
            "how": "24 strategies were tried.",
            "missing": {} if some else {"deflated_sharpe": "the returns do not vary"},
        },
    }


OF_TRADES = {
    "win_rate": 0.52,
    "profit_loss_ratio": 1.02,
    "profit_factor": 1.08,
    "expectancy": 0.002,
    "expectancy_low": -0.004,
    "expectancy_high": 0.008,
    "expectancy_t": 0.7,
    "average_holding_bars": 5.0,
    "average_mae": -0.01,
    "average_mfe": 0.012,
    "cost_share": 0.2,
    "sharpe": 0.31,
    "sharpe_low": -0.92,
    "sharpe_high": 1.5,
    "sortino": 0.44,
    "calmar": 0.3,
    "omega": 1.05,
    "skew": -0.1,
    "kurtosis": 4.0,
    "tail_ratio": 1.0,
    "value_at_risk": -0.01,
    "conditional_value_at_risk": -0.014,
    "probabilistic_sharpe": 0.71,
    "minimum_track_record_years": 14.2,
}


def _figures(wanted: Traded, total: float) -> dict[str, Any]:
    return {
        "trades": wanted.trades,
        "total_return": total,
        "annual_return": total,
        "volatility": 0.11,
        "max_drawdown": -0.09,
        "max_drawdown_days": 40.0,
        "exposure": 0.3,
        "time_in_market": 0.6,
        "turnover": 21.0,
        "fees": 0.0034,
        "slippage": 0.0034,
        "periods_per_year": 260.9,
        **(OF_TRADES if wanted.trades else dict.fromkeys(OF_TRADES)),
    }


def _monthly(equity: pl.DataFrame) -> list[dict[str, Any]]:
    months = equity.group_by(
        pl.col("timestamp").dt.year().alias("year"),
        pl.col("timestamp").dt.month().alias("month"),
        maintain_order=True,
    ).agg((pl.col("equity").last() / pl.col("equity").first() - 1).fill_nan(None).alias("return"))
    return months.to_dicts()


def _ladders(trades: int) -> dict[str, Any]:
    some = {"sharpe": 0.3, "expectancy": 0.001} if trades else {"sharpe": None, "expectancy": None}
    return {
        "costs": [
            {"multiple": multiple, "total_return": 0.1 - 0.02 * multiple, "trades": trades, **some}
            for multiple in (0.0, 1.0, 2.0, 5.0)
        ],
        "delays": [
            {"delay_bars": delay, "reachable": delay > 0, "trades": trades}
            | {"total_return": 0.1 - 0.01 * delay, **some}
            for delay in (0, 1, 2)
        ],
    }


def _chance(trades: int) -> dict[str, Any]:
    values = {"mean": 0.03, "low": -0.11, "high": 0.18, "p_value": 0.41}
    if not trades:
        return {"draws": 0, "trades": 0, **dict.fromkeys(values)}
    return {"draws": 1000, "trades": trades, **values}
