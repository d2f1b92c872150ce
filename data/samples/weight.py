"""What a sample set weighs as it is stored, and what it would weigh in other forms."""

import pickle

import numpy as np
import zstandard
from numpy.typing import NDArray

from quantsig.data.samples.parts import BARS, INDEX, parts_in
from quantsig.data.samples.store import SampleSet

ENCODED = 3  # samples encoded for real; the rest is taken to be alike
LEGACY_LEVEL = 15
FRAME_LEVEL = 9


def weigh(samples: SampleSet, *, encoded: int = ENCODED, seed: int = 37) -> dict[str, float]:
    """Bytes of a set by form.

    The user's old format (a pickled float16 tensor under zstd-15, one file per sample) and frames
    (bit planes under zstd-9) are estimated from a few random samples that are encoded for real.

    Args:
        samples: the set.
        encoded: how many samples to encode.
        seed: of their choice.

    Returns:
        `stored_bytes`, `index_bytes`, `bars_bytes`; unless the set is empty also
        `bytes_per_sample`, `raw_float32_bytes`, the estimates `legacy_bytes` and `frames_bytes`,
        and `encoded_samples`.
    """
    records = samples.manifest["files"]
    sizes = {name: (samples.path / name).stat().st_size for name in records}
    weights: dict[str, float] = {
        "stored_bytes": sum(sizes.values()),
        "index_bytes": sum(sizes[name] for name in parts_in(records, INDEX)),
        "bars_bytes": sum(sizes[name] for name in parts_in(records, BARS)),
    }
    count = len(samples)
    if not count:
        return weights
    chosen = np.random.default_rng(seed).permutation(count)[:encoded]
    charts = [samples.read(np.array([sample_id]))[0] for sample_id in chosen]
    return weights | {
        "bytes_per_sample": weights["stored_bytes"] / count,
        "raw_float32_bytes": count * charts[0].size * np.dtype(np.float32).itemsize,
        "legacy_bytes": round(count * float(np.mean([_legacy_bytes(x) for x in charts]))),
        "frames_bytes": round(count * float(np.mean([_frame_bytes(x) for x in charts]))),
        "encoded_samples": len(chosen),
    }


def _legacy_bytes(chart: NDArray[np.uint8]) -> int:
    sample = {"x": chart.astype(np.float16), "y": np.zeros(1), "direction": "up"}
    packed = pickle.dumps(sample, protocol=pickle.HIGHEST_PROTOCOL)
    return len(zstandard.ZstdCompressor(level=LEGACY_LEVEL).compress(packed))


def _frame_bytes(chart: NDArray[np.uint8]) -> int:
    return len(zstandard.ZstdCompressor(level=FRAME_LEVEL).compress(np.packbits(chart).tobytes()))
