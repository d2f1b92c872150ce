"""Scoring on a CPU: bfloat16 and channels last against plain float32."""

import copy
from functools import partial

import numpy as np
import torch

from quantsig.data.benchmarks.figures import BenchmarkFigures
from quantsig.data.benchmarks.scale import Scale
from quantsig.data.benchmarks.timing import medians
from quantsig.data.samples.store import SampleSet
from quantsig.signals.inputs import feed_for
from quantsig.signals.models import build_model
from quantsig.signals.scoring.arithmetic import computed_in
from quantsig.signals.scoring.device import has_bf16
from quantsig.signals.scoring.forward import Computing, score
from quantsig.signals.shape import shape_of_samples

NETWORK = "resnet18"
CPU = torch.device("cpu")


def measure(samples: SampleSet, scale: Scale) -> BenchmarkFigures:
    """Samples a second of `score`, the loader included on both sides.

    The weights are those of an untrained network, which take as long as any others.

    Args:
        samples: what is scored.
        scale: how many, and how often.
    """
    if not has_bf16(CPU):
        reason = "this CPU has no instructions for bfloat16"
        return BenchmarkFigures(figures={"bf16_speedup": None}, missing={"bf16_speedup": reason})
    plain = build_model(NETWORK, shape_of_samples(samples, outputs=2))
    last = copy.deepcopy(plain).to(memory_format=torch.channels_last)
    ids = np.linspace(0, len(samples) - 1, scale.scored_samples).astype(np.int64)
    timed = partial(score, samples=samples, sample_ids=ids, feed=feed_for(samples, CPU))
    fp32, bf16 = (Computing(device=CPU, precision=name) for name in ("fp32", "bf16"))
    ways = {
        "fp32": partial(timed, plain, computing=fp32),
        "fp32_channels_last": partial(timed, last, computing=fp32),
        "bf16_channels_last": partial(timed, last, computing=bf16),
    }
    with computed_in(1):
        seconds = medians(ways, scale.repetitions)
    return BenchmarkFigures(
        figures={"bf16_speedup": seconds["fp32"] / seconds["bf16_channels_last"]},
        details={
            "scored_network": NETWORK,
            "scored_shape": "x".join(map(str, samples.shape)),
            **{f"{way}_samples_per_s": len(ids) / taken for way, taken in seconds.items()},
        },
    )
