"""What a sample set weighs as it is stored, and what it would weigh in other forms."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantsig.data.samples.frames import record as frames
from quantsig.data.samples.legacy import writing as legacy_format
from quantsig.data.samples.parts import BARS, INDEX
from quantsig.data.samples.store import SampleSet
from quantsig.data.storage import checksums
from quantsig.data.storage.numbered import parts_in

ENCODED = 3  # samples encoded for real; the rest is taken to be alike


def stored_sizes(samples: SampleSet, *, encoded: int = ENCODED, seed: int = 37) -> dict[str, Any]:
    """Bytes of a set by form: the form it has, raw, the old one, frames, and bars.

    What is not stored is estimated from a few random samples that are encoded for real: the old
    format as `legacy_format` writes it, frames as `frames` does.

    Args:
        samples: the set.
        encoded: how many samples to encode.
        seed: of their choice.

    Returns:
        `stored_bytes` and of that `index_bytes` and `bars_bytes`; of sets that show anything also
        `bytes_per_sample`, `raw_float32_bytes`, `legacy_bytes`, `frames_bytes` and
        `drawn_from_bars_bytes` of the whole set (the last two with the index; the last is null
        where there are no bars), `estimated` (the names of those that are estimates) and
        `encoded_samples`.

    Raises:
        IntegrityError: a file is missing or damaged.
    """
    records = samples.manifest.files
    sizes = {name: checksums.size_of(samples.path / name) for name in records}
    index = sum(sizes[name] for name in parts_in(records, INDEX))
    bars = sum(sizes[name] for name in parts_in(records, BARS))
    stored = sum(sizes.values())
    weights = {"stored_bytes": stored, "index_bytes": index, "bars_bytes": bars}
    if not len(samples) or not samples.pictured:
        return weights
    chosen = np.random.default_rng(seed).permutation(len(samples))[:encoded]
    pictures = [_floats(samples.read(np.array([number]))[0]) for number in chosen]
    share = len(samples) / len(chosen)
    framed = not samples.drawn
    estimate = round(share * sum(len(frames.encode(one)) for one in pictures)) if not framed else 0
    return weights | {
        "bytes_per_sample": stored / len(samples),
        "raw_float32_bytes": len(samples) * pictures[0].size * np.dtype(np.float32).itemsize,
        "legacy_bytes": round(share * sum(len(legacy_format.encode(one)) for one in pictures)),
        "frames_bytes": stored - bars if framed else index + estimate,
        "drawn_from_bars_bytes": index + bars if bars else None,
        "estimated": ["legacy_bytes"] if framed else ["legacy_bytes", "frames_bytes"],
        "encoded_samples": len(chosen),
    }


def _floats(picture: NDArray[Any]) -> NDArray[Any]:
    """A picture as the old format holds it: zeros and ones as float16, floats as they are."""
    return picture.astype(np.float16) if picture.dtype == np.uint8 else picture
