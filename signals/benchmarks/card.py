"""Large networks in training on a GPU: samples a second, memory, share of the matrix rate."""

import torch

from quantsig.data.benchmarks.figures import BenchmarkFigures
from quantsig.data.benchmarks.scale import Scale
from quantsig.data.benchmarks.timing import medians
from quantsig.data.samples.store import SampleSet
from quantsig.signals.benchmarks.timed_steps import (
    OURS,
    TimedSteps,
    resident_batch,
    setup_of,
)
from quantsig.signals.dry_run.steps import take_steps
from quantsig.signals.inputs.parts import first_part
from quantsig.signals.models.sizes import model_size

NETWORKS = ("resnet50", "resnet152", "swin")
PASSES = 3  # a backward pass takes two forward passes' work (He et al. count likewise)
MULTIPLIED = 10  # products of matrices in one measurement
SMALLEST_BATCH = 2


def measure(samples: SampleSet, scale: Scale, device: torch.device) -> BenchmarkFigures:
    """Steps of our loop on a resident batch, in bf16 where the GPU has it.

    The share is that of the rate at which the same device multiplies two square matrices in
    bfloat16, measured here; a network's work is three forward passes a sample, 2 operations for
    each multiply-add of convolutions and products. Where a batch does not fit, our loop computes
    it in halves, and `rows_at_a_time` says so.

    Args:
        samples: labelled in classes, of storage `bars`.
        scale: batch size, steps, and the side of the matrices.
        device: a GPU; on a CPU the figures mean nothing, but the path is the same.
    """
    peak = matrix_rate(scale.matrix_side, device, scale.repetitions)
    details: dict[str, float | int | str] = {"gpu_matrix_tflops": peak / 1e12}
    for network in NETWORKS:
        details |= _trained(samples, network, scale, device, peak)
    return BenchmarkFigures(figures={}, details=details)


def not_measured(reason: str) -> BenchmarkFigures:
    """The same without a GPU.

    Args:
        reason: why there is none.
    """
    return BenchmarkFigures(figures={}, missing={f"gpu_{network}": reason for network in NETWORKS})


def matrix_rate(side: int, device: torch.device, repetitions: int) -> float:
    """Operations a second of products of two (side, side) matrices in bfloat16."""
    left, right = (torch.randn(side, side, device=device).bfloat16() for _ in range(2))
    out = torch.empty_like(left)

    def multiply() -> None:
        for _ in range(MULTIPLIED):
            torch.mm(left, right, out=out)
        if device.type == "cuda":
            torch.cuda.synchronize(device)

    seconds = medians({"matrices": multiply}, repetitions)["matrices"]
    return MULTIPLIED * 2 * side**3 / seconds


def _trained(
    samples: SampleSet, network: str, scale: Scale, device: torch.device, peak: float
) -> dict[str, float | int | str]:
    setup = setup_of(samples, network, scale.gpu_batch_size, device)
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)
    turns = TimedSteps(
        resident=resident_batch(setup),
        steps=scale.gpu_steps,
        rounds=scale.repetitions,
        device=device,
    )
    module = take_steps(setup, turns)
    rate = len(turns.resident.sample_ids) / turns.median(OURS)
    gflops = model_size(network, setup.record.shape, SMALLEST_BATCH).gflops or 0.0
    memory = torch.cuda.max_memory_allocated(device) if device.type == "cuda" else 0
    return {
        f"gpu_{network}_batch": "x".join(map(str, first_part(turns.resident.inputs).shape)),
        f"gpu_{network}_precision": setup.precision,
        f"gpu_{network}_rows_at_a_time": module.micro_batch,
        f"gpu_{network}_samples_per_s": rate,
        f"gpu_{network}_memory_gb": memory / 1e9,
        f"gpu_{network}_tflops": PASSES * gflops * rate / 1e3,
        f"gpu_{network}_matrix_share": PASSES * gflops * 1e9 * rate / peak,
    }
