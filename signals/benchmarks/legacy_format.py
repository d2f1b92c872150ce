"""The files that the user had: a pickled dict of float16 planes, compressed by zstd level 15.

Only what a benchmark itself has just written is ever unpickled. Files of others are read by
`quantsig samples import`, which never does.
"""

import pickle
from typing import Any

import numpy as np
import torch
import zstandard
from numpy.typing import NDArray

LEVEL = 15


def payload(picture: NDArray[np.float16]) -> bytes:
    """The pickle that is compressed: planes, one target, and a direction."""
    return pickle.dumps({"x": picture, "y": np.array([0.0125]), "direction": "long"})


def encode(picture: NDArray[np.float16]) -> bytes:
    """One sample's file."""
    return zstandard.ZstdCompressor(level=LEVEL).compress(payload(picture))


def decode(content: bytes) -> torch.Tensor:
    """The planes of a file as the model took them, float32."""
    sample: dict[str, Any] = pickle.loads(zstandard.ZstdDecompressor().decompress(content))
    return torch.from_numpy(sample["x"]).float()
