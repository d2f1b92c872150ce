"""Run folders with seeded numbers, in the form of docs/artefacts.md."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from quantsig.data.charts.spec import PRESETS
from quantsig.data.label_spec import LabelSpec
from quantsig.data.samples.manifest import Omissions
from quantsig.data.samples.parts import INDEX_SCHEMA
from quantsig.data.split_spec import SplitSpec
from quantsig.data.storage.atomic import append_line, write_text
from quantsig.data.storage.documents import read_json, to_json, write_json
from quantsig.data.storage.parquet import write_parquet
from tests.data.samples.written import write_set
from tests.reports.visits import browser, visit
from tests.run_records import SHAPE

__all__ = ["browser", "visit"]

SPLITS = {"train": 0.6, "validation": 0.1, "calibration": 0.15, "test": 0.15}
FIRST_DAY = datetime(2002, 1, 1, 21, tzinfo=UTC)
ALARM = (
    "every row has the same score, <b> (spread 0.1): the model does not look at its input. Lower "
    "the learning rate, or check the samples."
)
WARNING = (
    "gradients failed at step 7: the weights of the last epoch's end are back, and the learning "
    "rate is halved"
)
HISTORY_DAYS = 600  # of bars before the first decision
RUN_ID, TRIAL_ID = "run-20130301-1", "trial-7"


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What kind of run folder to write."""

    symbols: tuple[str, ...] = ("AAPL", "FB", "GOOG", "IBM", "MSFT")
    days: int = 1200  # per symbol
    trades: int = 84
    edge: bool = False
    steps: tuple[str, ...] = ("train", "thresholds", "signals", "backtest")
    training: str = "classes"  # or returns, earlier (as version 0.1.0 wrote it), at_once
    bars: bool = False  # whether the sample set has its bars, and the run its signals
    config: str = '[train]\nmodel = "resnet18"\nepochs = 12\nseed = 37\n'


WriteRun = Callable[..., Path]


@pytest.fixture
def write_run(tmp_path: Path) -> WriteRun:
    """A function that writes a run folder; its keywords are the fields of Recipe."""

    def write(*, folder: str = "first", **fields: Any) -> Path:
        return write_synthetic_run(tmp_path / folder / "runs" / "run", Recipe(**fields))

    return write


def write_synthetic_run(path: Path, recipe: Recipe) -> Path:
    """Write the files that the steps of `recipe` would have left."""
    random = np.random.default_rng(37)
    predictions = _predictions(random, recipe)
    samples = path.parents[1] / "samples"
    bars = _bars(random, recipe) if recipe.bars else None
    found = {"path": str(samples), "fingerprint": _write_samples(samples, predictions, bars)}
    _write_training(path, recipe, predictions, found)
    if "thresholds" in recipe.steps:
        table = _thresholds(predictions.filter(split="calibration"))
        write_parquet(path / "thresholds.parquet", table)
        _write_choice(path, table, opened="signals" in recipe.steps)
    if "signals" in recipe.steps and recipe.bars:
        _write_signals(path, predictions)
    if "backtest" in recipe.steps:
        _write_backtest(path, recipe, random)
    events = {"train": "training", "thresholds": "choice", "signals": "opening"}
    for event in (events.get(step, step) for step in recipe.steps):
        line = {"event": event, "run_id": RUN_ID, "trial_id": TRIAL_ID}
        append_line(path.parent / "ledger.jsonl", to_json(line))
    return path


def _predictions(random: np.random.Generator, recipe: Recipe) -> pl.DataFrame:
    rows = recipe.days * len(recipe.symbols)
    day = np.repeat(np.arange(recipe.days), len(recipe.symbols))
    label = random.random(rows) < 0.1
    score = random.normal(-2.4, 1.0, rows) + 1.3 * label
    position = np.searchsorted(np.cumsum(list(SPLITS.values())), day / recipe.days, side="right")
    split = np.array(list(SPLITS))[np.minimum(position, 3)]
    times = [FIRST_DAY + timedelta(days=int(n * 4000 / recipe.days)) for n in day]
    return pl.DataFrame(
        {
            "sample_id": np.arange(rows),
            "symbol": np.tile(recipe.symbols, recipe.days),
            "decision_time": times,
            "label_end": [time + timedelta(days=7) for time in times],
            "split": split,
            "label": label.astype(np.int8),
            "forward_return": random.normal(0, 0.03, rows) + 0.02 * label,
            "direction": np.ones(rows, np.int8),
            "score": score,
            "probability": 1 / (1 + np.exp(-1.2 * score)),
        },
        schema_overrides={"decision_time": pl.Datetime("us", "UTC")},
    )


def _bars(random: np.random.Generator, recipe: Recipe) -> pl.DataFrame:
    """A bar a day from before the first chart to after the last label, a random walk each."""
    days = np.arange(-HISTORY_DAYS, 4020)
    times = [FIRST_DAY + timedelta(days=int(day)) for day in days]
    parts = []
    for symbol in sorted(recipe.symbols):
        close = 50 * np.exp(np.cumsum(random.normal(2e-4, 0.015, len(days))))
        opened = np.r_[50.0, close[:-1]] * (1 + random.normal(0, 0.002, len(days)))
        part = {"symbol": symbol, "timestamp": times, "open": opened}
        part["high"] = np.maximum(opened, close) * 1.004
        part["low"] = np.minimum(opened, close) * 0.996
        volume = random.uniform(1e5, 1e6, len(days))
        parts.append(pl.DataFrame(part | {"close": close, "volume": volume, "adjustment": 1.0}))
    moment = pl.col("timestamp").cast(pl.Datetime("us", "UTC"))
    return pl.concat(parts).with_columns(moment)


def _write_samples(path: Path, predictions: pl.DataFrame, bars: pl.DataFrame | None) -> str:
    """The manifest and index of a sample set, and its bars if any; gives its fingerprint."""
    known = {
        "window_start": pl.col("decision_time"),
        "stop": None,
        "target": None,
        "bar": (pl.col("decision_time") - FIRST_DAY).dt.total_days() + HISTORY_DAYS,
    }
    index = predictions.with_columns(**known).select(
        pl.col(name).cast(kind) for name, kind in INDEX_SCHEMA.items()
    )
    written = {"index.parquet": index} | ({} if bars is None else {"bars.parquet": bars})
    return write_set(
        path,
        written,
        quarantined={"high_below_low": 3, "duplicate": 2},
        left_out=Omissions(symbols_too_short={"TINY": 12}, bars_before_first_window=2545),
        large_windows=("FB",),
        planes=(),  # not all have bars to draw
    )


def _write_signals(path: Path, predictions: pl.DataFrame) -> None:
    """What `quantsig signals` writes, of the columns that a backtest reads."""
    threshold = read_json(path / "choices" / f"{TRIAL_ID}.json")["threshold"]
    spec, none = LabelSpec(), pl.lit(None, pl.Float64)
    rows = predictions.filter(pl.col("split").is_in(["calibration", "test"])).with_columns(
        threshold=threshold,
        signal=pl.col("probability") >= threshold,
        horizon_bars=spec.horizon_bars,
        delay_bars=spec.delay_bars,
        stop=none,
        target=none,
        trial_id=pl.lit(TRIAL_ID),
    )
    write_parquet(path / "signals.parquet", rows)


def _write_training(
    path: Path, recipe: Recipe, predictions: pl.DataFrame, samples: dict[str, str]
) -> None:
    record = {
        "schema": "quantsig.run/1",
        "run_id": RUN_ID,
        "trial_id": TRIAL_ID,
        "created": "2013-03-01T10:11:12Z",
        "command": "quantsig train samples --out runs/run --model resnet18 --seed 37",
        "samples": samples,
        "model": {"name": "resnet18", "shape": asdict(SHAPE)},
        "classes": ["no", "rise"],
        "chart": asdict(PRESETS["daily-laptop"]),
        "label": asdict(LabelSpec()),
        "splits": asdict(SplitSpec()),
        "cut_times": [60, 70, 85],
        "loss": "cross_entropy",
        "epochs": 9,
        "seed": 37,
        "best_epoch": 0 if recipe.training == "at_once" else 3,
        "files": {"model.safetensors": "a" * 64, "metrics.parquet": "b" * 64},
        **_how_it_went(recipe),
    }
    environment = {"python": "3.11.9", "device": "cpu", "seed": 37, "versions": {"torch": "2.11"}}
    if recipe.training != "earlier":
        environment |= {"seconds": 754.2, "peak_memory_bytes": 1_230_000_000}
    write_json(path / "run.json", record)
    write_json(path / "environment.json", environment)
    write_text(path / "config.toml", recipe.config)
    write_parquet(path / "metrics.parquet", _metrics_of(recipe))
    unscored = ["train"] if "signals" in recipe.steps else ["train", "test"]
    scored = predictions.filter(~pl.col("split").is_in(unscored))
    write_parquet(path / "predictions.parquet", scored)
    write_json(path / "calibration.json", _calibration())


def _how_it_went(recipe: Recipe) -> dict[str, Any]:
    """The part of run.json that version 0.1.0 did not write."""
    if recipe.training == "earlier":
        return {}
    returns = recipe.training == "returns"
    shift = {"natural_rate": 0.1, "sampled_rate": 0.375, "weight_ratio": 1.0, "alpha_ratio": 1.0}
    lines = {"base_rate": 0.1, "entropy": 0.325, "majority_accuracy": 0.9}
    window = {"window_accuracy": 0.52, "window_precision": 0.11, "window_recall": 0.5}
    return {
        "best": {"loss": {"value": 0.31, "epoch": 3}},
        "baselines": lines | window,
        "alarms": [{"epoch": 1, "kind": "collapse", "message": ALARM}],
        "warnings": [WARNING],
        "prior_shift": None if returns else shift | {"gamma": 0.0, "exact": True, "reason": ""},
        "sampling": {"positive_share": 0.375, "negatives_shown": 0.55},
        "checkpoints": {},
        **({"classes": []} if returns else {}),
    }


def _metrics_of(recipe: Recipe) -> pl.DataFrame:
    """metrics.parquet in today's form, or as earlier versions wrote it."""
    if recipe.training == "earlier":
        return _metrics(epochs=9)
    epochs = 1 if recipe.training == "at_once" else 9
    frame = _metrics(epochs).drop("seconds")
    running = frame.filter(split="train").with_columns(
        pl.lit("running").alias("split"), loss=pl.col("loss") + 0.02
    )
    if recipe.training == "at_once":
        running, frame = running.clear(), frame.with_columns(learning_rate=0.0)
    f1, share = pl.col("recall") * 1.2, pl.col("loss") * 0.5
    frame = pl.concat([running, frame], how="diagonal").with_columns(
        f1=f1, mcc=f1 - 0.1, expectancy=0.004 * f1, loss_f1=share, loss_entropy=share
    )
    tuned = ("accuracy", "precision", "recall", "f1", "mcc", "expectancy")
    frame = frame.with_columns(
        *(pl.col(name).mul(1.1).alias(f"{name}_best_f1") for name in tuned),
        threshold_best_f1=-1.5,
    )
    if recipe.training == "returns":
        frame = frame.with_columns(r2=0.1 * f1, rank_correlation=0.2 * f1)
    return frame.sort("epoch", maintain_order=True)


def _metrics(epochs: int) -> pl.DataFrame:
    rows = []
    for epoch in range(epochs):
        for split, gap in (("train", -0.02 * epoch), ("validation", 0.008 * (epoch - 3) ** 2)):
            learned = 1 - np.exp(-epoch / 2)
            rows.append(
                {
                    "epoch": epoch,
                    "split": split,
                    "loss": 0.34 - 0.05 * learned + gap / 4,
                    "average_precision": 0.1 + 0.2 * learned - gap,
                    "roc_auc": 0.5 + 0.25 * learned,
                    "accuracy": 0.86 + 0.05 * learned,
                    "precision": 0.3 * learned,
                    "recall": 0.25 * learned,
                    "base_rate": 0.1,
                    "learning_rate": 2e-4 * (1 - epoch / epochs),
                    "gradient_norm": 1.5 / (1 + epoch),
                    "seconds": 13.0 * (epoch + 1),
                }
            )
    return pl.DataFrame(rows)


def _calibration() -> dict[str, Any]:
    reliability = [
        {
            "bin_low": n / 10,
            "bin_high": (n + 1) / 10,
            "count": 500 // (n + 1),
            "mean_before": min(0.95, n / 10 + 0.15),
            "mean_after": n / 10 + 0.05,
            "observed": n / 10 + 0.04,
            "observed_low": max(0.0, n / 10 + 0.01 - n / 60),
            "observed_high": n / 10 + 0.07 + n / 60,
        }
        for n in range(7)
    ]
    return {
        "schema": "quantsig.calibration/1",
        "method": "sigmoid",
        "slope": 1.2,
        "intercept": -0.1,
        "samples": 900,
        "positives": 90,
        "brier_before": 0.0912,
        "brier_after": 0.0801,
        "log_loss_before": 0.312,
        "log_loss_after": 0.281,
        "reliability": reliability,
    }


def _thresholds(rows: pl.DataFrame) -> pl.DataFrame:
    candidates = np.quantile(rows["probability"].to_numpy(), np.linspace(0.5, 0.99, 60))
    return pl.DataFrame([_candidate(rows, float(threshold)) for threshold in candidates])


def _candidate(rows: pl.DataFrame, threshold: float) -> dict[str, Any]:
    selected = rows.filter(pl.col("probability") >= threshold)
    true_positives, positives = (int(part["label"].sum()) for part in (selected, rows))
    precision, recall = true_positives / selected.height, true_positives / positives
    spread = 1.96 * (precision * (1 - precision) / selected.height) ** 0.5
    expectancy = float(selected["forward_return"].to_numpy().mean())
    return {
        "threshold": threshold,
        "signals": selected.height,
        "true_positives": true_positives,
        "precision": precision,
        "precision_low": max(0.0, precision - spread),
        "precision_high": min(1.0, precision + spread),
        "recall": recall,
        "f1": 2 * precision * recall / (precision + recall or 1),
        "lift": precision / 0.1,
        "signals_per_month": selected.height / 20,
        "expectancy": expectancy,
        "expectancy_after_costs": expectancy - 0.0004,
    }


def _write_choice(path: Path, table: pl.DataFrame, *, opened: bool) -> None:
    promise = table.row(40, named=True)
    choice = {
        "schema": "quantsig.choice/1",
        "trial_id": TRIAL_ID,
        "rule": "number",
        "threshold": promise["threshold"],
        "asked": {},
        "promise": None,
        "remark": "",
        "cost_fraction": 0.0004,
        "created": "2013-03-01T11:00:00Z",
        "split": "calibration",
        "calibration": {**promise, "base_rate": 0.074},
    }
    if opened:
        worse = {"precision": promise["precision"] * 0.8, "recall": promise["recall"] * 0.9}
        choice["test"] = {**promise, **worse, "base_rate": 0.097, "opening": 1}
    write_json(path / "choices" / f"{TRIAL_ID}.json", choice)


def _write_backtest(path: Path, recipe: Recipe, random: np.random.Generator) -> None:
    trades = _trades(recipe, random)
    equity = _equity(recipe, random)
    write_parquet(path / "backtest" / "trades.parquet", trades)
    write_parquet(path / "backtest" / "equity.parquet", equity)
    write_json(path / "backtest" / "stats.json", _stats(recipe, trades, equity))


def _trades(recipe: Recipe, random: np.random.Generator) -> pl.DataFrame:
    n = recipe.trades
    returns = random.normal(0.002, 0.03, n)
    entry = [FIRST_DAY + timedelta(days=3400 + 4 * i) for i in range(n)]
    prices = random.uniform(20, 600, n)
    return pl.DataFrame(
        {
            "trade_id": np.arange(n),
            "symbol": [recipe.symbols[i % len(recipe.symbols)] for i in range(n)],
            "direction": np.ones(n, np.int8),
            "decision_time": [time - timedelta(days=1) for time in entry],
            "entry_time": entry,
            "exit_time": [time + timedelta(days=7) for time in entry],
            "entry_price": prices,
            "exit_price": prices * (1 + returns),
            "size": 0.2 / prices,
            "fees": np.full(n, 4e-5),
            "profit": 0.2 * returns,
            "return": returns,
            "reason": ["time"] * n,
            "holding_bars": np.full(n, 5),
            "probability": random.uniform(0.3, 0.6, n),
        },
        schema_overrides={
            "symbol": pl.String,
            "reason": pl.String,
            **dict.fromkeys(("decision_time", "entry_time", "exit_time"), pl.Datetime("us", "UTC")),
        },
    )


def _equity(recipe: Recipe, random: np.random.Generator) -> pl.DataFrame:
    bars = 420
    drift = 0.0012 if recipe.edge else -0.0001
    steps = random.normal(drift, 0.006, bars) * bool(recipe.trades)
    equity = np.cumprod(1 + np.r_[0, steps[1:]])
    return pl.DataFrame(
        {
            "timestamp": [FIRST_DAY + timedelta(days=3400 + i) for i in range(bars)],
            "equity": equity,
            "drawdown": equity / np.maximum.accumulate(equity) - 1,
            "exposure": np.full(bars, 0.3),
            "always_long": np.cumprod(1 + np.r_[0, random.normal(4e-4, 0.01, bars - 1)]),
        }
    )


def _stats(recipe: Recipe, trades: pl.DataFrame, equity: pl.DataFrame) -> dict[str, Any]:
    total = float(equity["equity"][-1]) - 1
    reason = "no trades"
    some = {
        "win_rate": 0.52,
        "profit_factor": 1.08,
        "expectancy": 0.002,
        "expectancy_low": -0.004,
        "expectancy_high": 0.008,
        "sharpe": 0.31,
        "sharpe_low": -0.92,
        "sharpe_high": 1.5,
        "sortino": 0.44,
        "average_holding_bars": 5.0,
    }
    traded = some if recipe.trades else dict.fromkeys(some)
    always_long = float(equity["always_long"][-1]) - 1
    return {
        "schema": "quantsig.stats/1",
        "trial_id": TRIAL_ID,
        "split": "test",
        "start": "2011-04-25T21:00:00Z",
        "end": "2012-06-17T21:00:00Z",
        "symbols": list(recipe.symbols),
        "bars": equity.height,
        "execution": {"delay_bars": 1, "holding_bars": 5, "fee_bps": 1.0, "slippage_bps": 1.0},
        "figures": {
            "trades": recipe.trades,
            "total_return": total,
            "annual_return": total / 1.2,
            "volatility": 0.11,
            "max_drawdown": float(equity["drawdown"].to_numpy().min()),
            "exposure": 0.3,
            "fees": 0.0034,
            "periods_per_year": 252.3,
            **traded,
        },
        "missing": {} if recipe.trades else dict.fromkeys(some, reason),
        "random_entries": _chance(recipe.trades),
        "always_long": {"total_return": always_long, "sharpe": 0.62, "max_drawdown": -0.14},
        "ignored": {"position open": 41, "no bar to fill": 2},
        "verdict": _verdict(recipe.edge),
        "yearly": [
            {"year": 2011, "return": 0.021, "trades": recipe.trades // 2, "max_drawdown": -0.06},
            {"year": 2012, "return": -0.034, "trades": recipe.trades // 2, "max_drawdown": -0.09},
        ],
        "per_symbol": [
            {
                "symbol": name,
                "total_return": 0.01,
                "trades": recipe.trades // 5,
                "win_rate": 0.5 if recipe.trades else None,
                "expectancy": 0.002 if recipe.trades else None,
                "profit": 0.0004,
                "fees": 0.0001,
            }
            for name in recipe.symbols
        ],
    }


def _chance(trades: int) -> dict[str, Any]:
    values = {"mean": 0.03, "low": -0.11, "high": 0.18, "p_value": 0.41}
    if not trades:
        return {"draws": 0, "trades": 0, **dict.fromkeys(values)}
    return {"draws": 1000, "trades": trades, **values}


def _verdict(edge: bool) -> dict[str, Any]:
    if edge:
        return {
            "edge": True,
            "sentence": "The signals earned more after costs than chance and holding explain.",
            "reasons": ["There were 84 trades; a verdict needs at least 30."],
        }
    return {
        "edge": False,
        "sentence": "There is no evidence of an edge after costs.",
        "reasons": [
            "The lower 95 % confidence bound of the mean return per trade after costs is -0.400%, "
            "not above zero.",
            "Random entries of the same count and holding did at least as well in 41.0% of the "
            "draws; the limit is 5%.",
        ],
    }
