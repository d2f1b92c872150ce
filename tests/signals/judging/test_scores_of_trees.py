"""Scores of trees that are fitted elsewhere, walked forward: an edge is seen, and noise is none."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from quantsig.backtest.benchmarks.verdict_worlds import PLANTED, MarketWorld, make
from quantsig.backtest.execution import Execution
from quantsig.backtest.result import backtest_run
from quantsig.data.bars import CheckedBars, check_bars
from quantsig.data.label_spec import LabelSpec
from quantsig.data.scores.table import ScoreOptions, read_score_frame
from quantsig.signals.inference.signals import write_signals
from quantsig.signals.judging.judge import JudgeSettings, judge
from quantsig.signals.thresholds.choices import choose
from quantsig.signals.thresholds.rules import AskedRule

WORLD = replace(PLANTED, symbols=6, sessions=720, edge=0.03)
LABEL = LabelSpec(name="rise", rise_fraction=0.02, horizon_bars=WORLD.holding)
STEP = 120  # sessions from one training to the next
COST_FRACTION = 4e-4


def bars_of(world: MarketWorld) -> CheckedBars:
    """Daily bars; the volume is large where the world has a signal."""
    made, random = make(world, np.random.default_rng(8)), np.random.default_rng(9)
    parts = []
    for name, own in made.market.items():
        volume = random.lognormal(0.0, 0.3, len(own.times))
        volume[made.signals[name].bars] *= 5.0
        prices = {field: getattr(own.prices, field) for field in ("open", "high", "low", "close")}
        parts.append(
            pl.DataFrame({"symbol": name, "timestamp": own.times, **prices, "volume": volume})
        )
    time = pl.col("timestamp").cast(pl.Datetime("us", "UTC"))
    return check_bars(pl.concat(parts).with_columns(time, adjustment=pl.lit(1.0)))


def walked(bars: CheckedBars) -> pl.DataFrame:
    """What trees say of each stretch that were fitted on the sessions before it."""
    price, ahead = pl.col("open"), 1 + WORLD.holding
    rows = bars.bars.with_columns(
        session=pl.int_range(pl.len()).over("symbol"),
        volume_ratio=pl.col("volume") / pl.col("volume").rolling_mean(20).over("symbol"),
        change=pl.col("close").pct_change().over("symbol"),
        up=(price.shift(-ahead) > 1.02 * price.shift(-1)).over("symbol"),
    ).drop_nulls()
    inputs, parts = ["volume_ratio", "change"], []
    for start in range(2 * STEP, WORLD.sessions, STEP):
        old = rows.filter(pl.col("session") < start - ahead)  # their labels have ended
        new = rows.filter(pl.col("session").is_between(start, start + STEP - 1))
        trees = HistGradientBoostingClassifier(max_iter=30, random_state=0)
        trees.fit(old[inputs].to_numpy(), old["up"].to_numpy())
        score = trees.decision_function(new[inputs].to_numpy())
        until = rows.filter(session=start - 1)["timestamp"][0]
        parts.append(
            new.select(
                "symbol",
                decision_time="timestamp",
                score=pl.Series(score),
                trained_until=pl.lit(until),
            )
        )
    return pl.concat(parts)


@pytest.mark.parametrize(
    ("edge", "answers"), [(WORLD.edge, {"edge"}), (0.0, {"no edge", "cannot tell"})]
)
def test_the_verdict_is_that_of_the_world(tmp_path: Path, edge: float, answers: set[str]) -> None:
    """After costs, on the part that no tree and no threshold saw."""
    bars = bars_of(replace(WORLD, edge=edge))
    table = read_score_frame(walked(bars), ScoreOptions())
    run = judge(table, bars, tmp_path / "runs" / "trees", JudgeSettings(label=LABEL))
    choose(run, AskedRule(name="top_k", value=0.2), COST_FRACTION)
    write_signals(run)
    stats = backtest_run(run, Execution())
    assert stats.verdict.answer in answers, stats.verdict
    assert run.record.judged is not None
    assert run.record.judged.splits_from == "trained_until"
