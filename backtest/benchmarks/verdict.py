"""How often the verdict claims an edge where there is none, and finds one where there is.

Markets are made (`verdict_worlds`), traded and described by the product's own functions. The
share of markets without skill that are claimed, of p-values below 5 %, of 95 % intervals that
hold the truth, and of planted edges that are claimed, are all counted.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from quantsig.backtest.benchmarks.interval_coverage import COVERED, cover
from quantsig.backtest.benchmarks.verdict_sweeps import search
from quantsig.backtest.benchmarks.verdict_worlds import NULL_WORLDS, PLANTED, MarketWorld, make
from quantsig.backtest.document import Description, Scrutiny, describe
from quantsig.backtest.execution import Execution
from quantsig.backtest.outcome import trade
from quantsig.data.benchmarks.figures import BenchmarkFigures
from quantsig.data.benchmarks.scale import Scale
from quantsig.data.progress import Progress, silent

SEED = 37
EXECUTION = Execution()
CLUSTERED = "signals together"
EDGES = (0.004, 0.008, 0.012, 0.016, 0.020)  # of the curve of power


@dataclass(frozen=True, kw_only=True, slots=True)
class SeenVerdict:
    """What one market came to."""

    claimed: bool
    p_value: float | None


def measure(scale: Scale, progress: Progress = silent) -> BenchmarkFigures:
    """Everything: null markets, planted edges and intervals."""
    markets = scale.verdict_markets
    steps = len(NULL_WORLDS) + len(EDGES) + len(COVERED) + 1
    null, done = {}, 0
    for world in NULL_WORLDS:
        share = 1 if world.name == CLUSTERED else len(NULL_WORLDS)  # its size is a goal
        null[world.name] = list(watch(world, max(markets // share, 2)))
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
        covered[world.name] = cover(world, max(markets, 2))
        done += 1
        progress(done, steps)
    held = [share for one in covered.values() for share in (one.expectancy, one.sharpe)]
    return BenchmarkFigures(
        figures={
            "null_claims": float(np.mean([claimed(rows) for rows in null.values()])),
            "clustered_p05": share_below(null[CLUSTERED]),
            "expectancy_coverage": float(np.mean([one.expectancy for one in covered.values()])),
            "sharpe_coverage": float(np.mean([one.sharpe for one in covered.values()])),
            "coverage_least": min(held),
            "coverage_most": max(held),
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
            **{f"expectancy covered, {name}": one.expectancy for name, one in covered.items()},
            **{f"sharpe covered, {name}": one.sharpe for name, one in covered.items()},
        },
    )


def watch(world: MarketWorld, markets: int, seed: int = SEED) -> Iterator[SeenVerdict]:
    """Describe so many markets of a world, each from a seed of its own."""
    for number in range(markets):
        made = make(world, np.random.default_rng([seed, number]))
        accounts = trade(made.market, made.signals, EXECUTION).accounts
        yield _seen(describe(accounts, made.market, made.signals, EXECUTION, Scrutiny(seed=number)))


def claimed(rows: list[SeenVerdict]) -> float:
    """Share of the markets in which an edge was claimed."""
    return float(np.mean([seen.claimed for seen in rows]))


def share_below(rows: list[SeenVerdict], limit: float = 0.05) -> float:
    """Share of the p-values that are known which are at most `limit`."""
    known = [seen.p_value for seen in rows if seen.p_value is not None]
    return float(np.mean([value <= limit for value in known]))


def _seen(found: Description) -> SeenVerdict:
    return SeenVerdict(
        claimed=found.record.verdict.edge,
        p_value=found.record.random_entries.p_value,
    )
