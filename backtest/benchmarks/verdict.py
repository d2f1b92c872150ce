"""How often the verdict claims an edge where there is none, and finds one where there is.

Markets are made (`verdict_worlds`), traded and described by the product's own functions. The
share of markets without skill that are claimed, of p-values below 5 %, of 95 % intervals that
hold the truth, and of planted edges that are claimed, are all counted.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from quantsig.backtest.benchmarks.verdict_sweeps import search
from quantsig.backtest.benchmarks.verdict_worlds import NULL_WORLDS, PLANTED, World, make
from quantsig.backtest.document import Description, describe
from quantsig.backtest.execution import Execution
from quantsig.backtest.outcome import trade
from quantsig.backtest.significance.trials import Trials
from quantsig.data.benchmarks.measured import Measured
from quantsig.data.benchmarks.scale import Scale
from quantsig.data.progress import Progress, silent

SEED = 37
EXECUTION = Execution()
COVERED = (  # trades from some 30 to 400, within sessions and over them, apart and together
    World(name="30 trades", exposure=0.05),
    World(name="30 trades together", exposure=0.05, signals="together"),
    World(name="100 trades", exposure=0.17),
    World(name="100 trades together", exposure=0.17, signals="together"),
    World(name="400 trades of a day", exposure=0.13, holding=1, signals="together"),
    World(name="400 trades of a symbol each", exposure=0.4, symbols=30, holding=7),
)
EDGES = (0.004, 0.008, 0.012, 0.016, 0.020)  # of the curve of power


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What one market came to."""

    claimed: bool
    p_value: float | None
    expectancy: float | None
    expectancy_interval: tuple[float | None, float | None]
    sharpe: float | None
    sharpe_interval: tuple[float | None, float | None]
    trades: int


def measure(scale: Scale, progress: Progress = silent) -> Measured:
    """Everything: null markets, planted edges and intervals."""
    markets = scale.verdict_markets
    steps = len(NULL_WORLDS) + len(EDGES) + len(COVERED) + 1
    null, done = {}, 0
    for world in NULL_WORLDS:
        null[world.name] = list(watch(world, max(markets // len(NULL_WORLDS), 2)))
        done += 1
        progress(done, steps)
    power = {}
    for edge in EDGES:
        power[edge] = list(watch(replace(PLANTED, edge=edge), max(markets // 4, 2)))
        done += 1
        progress(done, steps)
    planted, idle = (search(world, max(markets // 4, 2)) for world in (PLANTED, NULL_WORLDS[0]))
    covered = {}
    for world in COVERED:
        covered[world.name] = list(watch(world, max(markets // 4, 2)))
        done += 1
        progress(done, steps)
    together = null["signals together"]
    claims = [seen.claimed for rows in null.values() for seen in rows]
    coverage = {name: coverages(rows) for name, rows in covered.items()}
    return Measured(
        figures={
            "null_claims": float(np.mean(claims)),
            "clustered_p05": share_below(together),
            "expectancy_coverage": float(np.mean([pair[0] for pair in coverage.values()])),
            "sharpe_coverage": float(np.mean([pair[1] for pair in coverage.values()])),
            "power_12": claimed(power[0.012]),
            "power_after_sweep": float(np.mean([one.afterwards for one in planted])),
            "false_claims_12": claimed(null["signals apart"]),
            "false_after_sweep": float(np.mean([one.afterwards for one in idle])),
            "false_in_sweep": float(np.mean([one.in_place for one in idle])),
        },
        details={
            **{f"claimed, {name}": claimed(rows) for name, rows in null.items()},
            **{f"p < .05, {name}": share_below(rows) for name, rows in null.items()},
            **{f"claimed, edge {edge:.1%}": claimed(rows) for edge, rows in power.items()},
            **{f"expectancy covered, {name}": pair[0] for name, pair in coverage.items()},
            **{f"sharpe covered, {name}": pair[1] for name, pair in coverage.items()},
        },
    )


def watch(world: World, markets: int) -> Iterator[Seen]:
    """Describe so many markets of a world, each from a seed of its own."""
    for number in range(markets):
        made = make(world, np.random.default_rng([SEED, number]))
        accounts = trade(made.market, made.signals, EXECUTION).accounts
        yield _seen(
            describe(accounts, made.market, made.signals, EXECUTION, seed=number, trials=Trials())
        )


def claimed(rows: list[Seen]) -> float:
    """Share of the markets in which an edge was claimed."""
    return float(np.mean([seen.claimed for seen in rows]))


def share_below(rows: list[Seen], limit: float = 0.05) -> float:
    """Share of the p-values that are known which are at most `limit`."""
    known = [seen.p_value for seen in rows if seen.p_value is not None]
    return float(np.mean([value <= limit for value in known]))


def coverages(rows: list[Seen]) -> tuple[float, float]:
    """Shares of the intervals of expectancy and of Sharpe that hold the mean of all markets.

    That mean stands for the truth; its own error is small beside an interval's width.
    """
    weights = np.array([seen.trades for seen in rows], np.float64)
    means = np.array([seen.expectancy or 0.0 for seen in rows])
    expected = float((weights * means).sum() / weights.sum())
    ratio = float(np.mean([seen.sharpe for seen in rows if seen.sharpe is not None]))
    return (
        _held([seen.expectancy_interval for seen in rows], expected),
        _held([seen.sharpe_interval for seen in rows], ratio),
    )


def _held(intervals: list[tuple[float | None, float | None]], truth: float) -> float:
    known = [(low, high) for low, high in intervals if low is not None and high is not None]
    return float(np.mean([low <= truth <= high for low, high in known]))


def _seen(found: Description) -> Seen:
    figures, chance = found.document["figures"], found.document["random_entries"]
    return Seen(
        claimed=found.document["verdict"]["edge"],
        p_value=chance["p_value"],
        expectancy=figures["expectancy"],
        expectancy_interval=(figures["expectancy_low"], figures["expectancy_high"]),
        sharpe=figures["sharpe"],
        sharpe_interval=(figures["sharpe_low"], figures["sharpe_high"]),
        trades=int(figures["trades"] or 0),
    )
