"""What it saves to draw and learn a time once for all its symbols; how fast sequences are drawn."""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from quantsig.data.bars import check_bars
from quantsig.data.benchmarks.figures import BenchmarkFigures
from quantsig.data.benchmarks.scale import Scale
from quantsig.data.benchmarks.timing import medians
from quantsig.data.demo.planted_leader import RISE_FRACTION, planted_panel
from quantsig.data.label_spec import LabelSpec
from quantsig.data.samples.build import build_samples
from quantsig.data.samples.store import SampleSet
from quantsig.data.sequences.spec import SequenceSpec
from quantsig.signals.benchmarks.planted.leader import CHART
from quantsig.signals.benchmarks.planted.seed_result import FIRST_SEED
from quantsig.signals.benchmarks.stepping import BareLoop
from quantsig.signals.benchmarks.timed_steps import setup_of
from quantsig.signals.inputs.feed import Feed, Ids, Units
from quantsig.signals.scoring.arithmetic import computed_in
from quantsig.signals.scoring.loader import Batch, load
from quantsig.signals.training.setup import TrainingSetup

NETWORK = "dtml"
TIMES = 2  # of a batch
WINDOW = SequenceSpec(window_bars=8, timeframes=(1,))


def measure(scale: Scale, device: torch.device, network: str = NETWORK) -> BenchmarkFigures:
    """A step on whole times over one on as many rows, each a panel by itself; in one thread.

    Both draw what they read and step the same network on the same rows.

    Args:
        scale: symbols, and times of a batch.
        device: where the network trains.
        network: that reads cross-sections; a key of MODELS.
    """
    with tempfile.TemporaryDirectory(prefix="quantsig-bench-") as folder:
        samples = _samples(Path(folder) / "samples", scale)
        setup = setup_of(samples, network, TIMES * scale.panel_symbols, device, WINDOW)
        ids = next(iter(setup.order.batches(0)))
        feed = setup.feed(samples)
        with computed_in(1):
            seconds = medians(
                {
                    "time": _step(setup, feed, ids),
                    "row": _step(setup, _row_by_row(feed), ids),
                    "drawn": partial(samples.sequences, _spread(samples, scale), WINDOW),
                },
                scale.repetitions,
            )
    return BenchmarkFigures(
        figures={
            "cross_section_saving": seconds["row"] / seconds["time"],
            "sequences_drawn": scale.drawn_sequences / seconds["drawn"],
        },
        details={
            "cross_section_network": network,
            "cross_section_symbols": scale.panel_symbols,
            "cross_section_rows": len(ids),
            "time_step_ms": 1e3 * seconds["time"],
            "row_step_ms": 1e3 * seconds["row"],
        },
    )


def _samples(folder: Path, scale: Scale) -> SampleSet:
    made = planted_panel(scale.panel_times, FIRST_SEED, scale.panel_symbols)
    label = LabelSpec(name="rise", horizon_bars=1, rise_fraction=RISE_FRACTION)
    checked = check_bars(made.bars)
    return build_samples(checked, folder, chart=CHART, label=label, stride_bars=1)


def _spread(samples: SampleSet, scale: Scale) -> Ids:
    random = np.random.default_rng(0)
    return random.integers(0, len(samples), scale.drawn_sequences)


def _step(setup: TrainingSetup, feed: Feed, ids: Ids) -> Callable[[], None]:
    """Draw a batch as the loader does, and take a bare step on it."""
    loop = BareLoop(setup, next(_loaded(setup, feed, ids)))

    def step() -> None:
        loop.batch = next(_loaded(setup, feed, ids))
        loop.step()

    return step


def _loaded(setup: TrainingSetup, feed: Feed, ids: Ids) -> Iterator[Batch]:
    return load(setup.samples, [ids], len(ids), device=setup.device, threads=1, feed=feed)


def _row_by_row(feed: Feed) -> Feed:
    """Each sample a unit by itself, as models that are handed one panel a row have it."""
    shared = feed.units
    assert shared

    def units(ids: Ids) -> Units:
        return Units(ids=ids, unit=np.arange(len(ids)), slot=shared(ids).slot)

    return replace(feed, units=units)
