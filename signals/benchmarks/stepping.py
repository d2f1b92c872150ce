"""A training step of ours against a bare loop of torch, and fed against a resident batch."""

import time
from statistics import median

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from quantsig.data.benchmarks.figures import BenchmarkFigures
from quantsig.data.benchmarks.scale import Scale
from quantsig.data.samples.store import SampleSet
from quantsig.data.sequences.spec import SequenceSpec
from quantsig.signals.benchmarks.timed_steps import (
    BARE,
    FED,
    OURS,
    TimedSteps,
    batches_of,
    resident_batch,
    setup_of,
)
from quantsig.signals.dry_run.steps import WARM_STEPS, take_steps
from quantsig.signals.inputs.parts import first_part
from quantsig.signals.models import build_member
from quantsig.signals.optimisation.optimisers import build_optimiser
from quantsig.signals.scoring.arithmetic import computed_in
from quantsig.signals.scoring.forward import computing_in
from quantsig.signals.scoring.loader import Batch
from quantsig.signals.training.setup import TrainingSetup

NETWORK, LIGHT, OF_SEQUENCES = "resnet18", "small", "alstm"
WINDOW = SequenceSpec(window_bars=10, timeframes=(1,))


def measure(
    samples: SampleSet, scale: Scale, device: torch.device, network: str = NETWORK
) -> BenchmarkFigures:
    """How much longer a step takes under our loop, and what the loader takes from it.

    Both loops get the same resident batch as the loader gives it, and step the same network in
    the same precision with AdamW, the gradient's norm clipped; their blocks take turns. Ours runs
    under Lightning with all its guarantees: a seed for each step, the guard, the schedule,
    outputs kept for the epoch's figures, a stop asked for, the clock of savings.

    Args:
        samples: labelled in classes.
        scale: batch size, and steps of a block.
        device: where the networks train.
        network: that reads planes; a key of MODELS.
    """
    heavy = setup_of(samples, network, scale.step_batch_size, device)
    light = setup_of(samples, LIGHT, scale.step_batch_size, device)
    with computed_in(1):
        beside = _beside_bare(heavy, scale.steps, scale.repetitions)
        light_beside = _beside_bare(light, scale.light_steps, scale.repetitions)
    fed = _fed(heavy, scale.steps, scale.repetitions)
    return BenchmarkFigures(
        figures={
            "step_overhead": beside.median(OURS) / beside.median(BARE),
            "loader_share": fed.median(OURS) / fed.median(FED),
        },
        details={
            "step_network": network,
            "step_batch": "x".join(map(str, first_part(beside.resident.inputs).shape)),
            "step_ours_ms": 1e3 * beside.median(OURS),
            "step_bare_ms": 1e3 * beside.median(BARE),
            "light_network": LIGHT,
            "light_ours_ms": 1e3 * light_beside.median(OURS),
            "light_bare_ms": 1e3 * light_beside.median(BARE),
            "light_step_overhead": light_beside.median(OURS) / light_beside.median(BARE),
            "fed_step_ms": 1e3 * fed.median(FED),
            "resident_step_ms": 1e3 * fed.median(OURS),
            "deterministic_step": _one_thread_cost(heavy, scale.steps, scale.repetitions),
            "light_deterministic_step": _one_thread_cost(
                light, scale.light_steps, scale.repetitions
            ),
            "threads": torch.get_num_threads(),
        },
        remarks=(
            "Steps are compared in one thread, fed and resident ones with all threads. Both loops "
            "get the loader's batch, and lay it out in memory in every step.",
            "A deterministic step is a bare one in one thread over one in all threads, on a CPU.",
        ),
    )


def measure_sequences(
    samples: SampleSet, scale: Scale, device: torch.device, network: str = OF_SEQUENCES
) -> BenchmarkFigures:
    """The same of a network that reads windows, drawing included, over bare steps; in one thread.

    Args:
        samples: labelled in classes.
        scale: batch size, and steps of a block.
        device: where the network trains.
        network: that reads sequences; a key of MODELS.
    """
    setup = setup_of(samples, network, scale.sequence_batch_size, device, WINDOW)
    with computed_in(1):
        read = _beside_bare(setup, scale.light_steps, scale.repetitions, fed=True)
    return BenchmarkFigures(
        figures={"sequence_overhead": read.median(FED) / read.median(BARE)},
        details={
            "sequence_network": network,
            "sequence_batch": "x".join(map(str, first_part(read.resident.inputs).shape)),
            "sequence_fed_ms": 1e3 * read.median(FED),
            "sequence_bare_ms": 1e3 * read.median(BARE),
        },
    )


def _beside_bare(setup: TrainingSetup, steps: int, rounds: int, *, fed: bool = False) -> TimedSteps:
    resident = resident_batch(setup)
    bare = BareLoop(setup, resident)
    turns = TimedSteps(
        resident=resident,
        steps=steps,
        rounds=rounds,
        device=setup.device,
        bare=bare.step,
        fed=batches_of(setup) if fed else None,
    )
    take_steps(setup, turns)
    return turns


def _fed(setup: TrainingSetup, steps: int, rounds: int) -> TimedSteps:
    turns = TimedSteps(
        resident=resident_batch(setup),
        steps=steps,
        rounds=rounds,
        device=setup.device,
        fed=batches_of(setup),
    )
    take_steps(setup, turns)
    return turns


def _one_thread_cost(setup: TrainingSetup, steps: int, rounds: int) -> float | None:
    """How much longer a bare step takes in one thread than in all, which take turns."""
    if setup.device.type != "cpu":
        return None
    loop = BareLoop(setup, resident_batch(setup))
    seconds: dict[int, list[float]] = {1: [], torch.get_num_threads(): []}
    for turn in range(1 + rounds):
        for threads, found in seconds.items():
            with computed_in(threads):
                start = time.perf_counter()
                for _ in range(steps if turn else WARM_STEPS):
                    loop.step()
                if turn:
                    found.append((time.perf_counter() - start) / steps)
    alone, together = min(seconds), max(seconds)
    return median(seconds[alone]) / median(seconds[together])


class BareLoop:
    """The loop that is written by hand: nothing but the step."""

    def __init__(self, setup: TrainingSetup, batch: Batch) -> None:
        torch.manual_seed(setup.plan.train.seed)
        self.setup = setup
        self.model = build_member(setup.record).to(setup.device)
        if setup.channels_last:
            self.model.to(memory_format=torch.channels_last)
        self.optimiser = build_optimiser(self.model.parameters(), setup.plan.optimiser)
        self.batch = batch
        targets = setup.problem.targets[batch.sample_ids]
        self.targets = torch.from_numpy(targets).to(setup.device)

    def step(self) -> None:
        """Forward, backward, clip, step."""
        inputs, setup = self.batch.inputs, self.setup
        if setup.channels_last and isinstance(inputs, torch.Tensor):
            inputs = inputs.contiguous(memory_format=torch.channels_last)
        self.optimiser.zero_grad(set_to_none=True)
        with computing_in(setup.precision, setup.device):
            outputs = self.batch.rows(self.model(inputs))  # (B, K)
        cross_entropy(outputs.float(), self.targets).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.model.parameters(), setup.plan.train.clip_norm)
        self.optimiser.step()
