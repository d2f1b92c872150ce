"""Training steps with pictures channels last in memory against channels first, on a CPU."""

from dataclasses import replace

import torch

from quantsig.data.benchmarks.figures import BenchmarkFigures
from quantsig.data.benchmarks.scale import Scale
from quantsig.data.benchmarks.timing import medians
from quantsig.data.samples.store import SampleSet
from quantsig.signals.benchmarks.stepping import BareLoop
from quantsig.signals.benchmarks.timed_steps import resident_batch, setup_of
from quantsig.signals.scoring.arithmetic import computed_in
from quantsig.signals.training.setup import TrainingSetup

NETWORKS = ("small", "resnet18", "resnet50", "swin")
CPU = torch.device("cpu")


def measure(samples: SampleSet, scale: Scale) -> BenchmarkFigures:
    """How many times faster each network steps channels last; what `auto` goes by.

    Args:
        samples: labelled in classes.
        scale: batch size, and how often.
    """
    details = {}
    with computed_in(1):
        for network in NETWORKS:
            setup = setup_of(samples, network, scale.order_batch_size, CPU)
            first, last = (_loop(setup, channels_last=order) for order in (False, True))
            seconds = medians({"first": first.step, "last": last.step}, scale.repetitions)
            details[f"channels_last_speedup_{network}"] = seconds["first"] / seconds["last"]
    return BenchmarkFigures(figures={}, details=details)


def _loop(setup: TrainingSetup, *, channels_last: bool) -> BareLoop:
    speed = replace(setup.plan.speed, channels_last=channels_last)
    return BareLoop(replace(setup, plan=replace(setup.plan, speed=speed)), resident_batch(setup))
