"""Writing the old format: a pickled dictionary of a float16 picture under zstd level 15.

The product writes it only to weigh and to time against it; `legacy` reads it, without unpickling.
"""

import pickle
from typing import Any

import numpy as np
import zstandard
from numpy.typing import NDArray

LEVEL = 15


def payload(picture: NDArray[Any]) -> bytes:
    """The pickle that is compressed: planes, one target, and a direction."""
    return pickle.dumps({"x": picture, "y": np.array([0.0125]), "direction": "long"})


def encode(picture: NDArray[Any]) -> bytes:
    """One sample's file."""
    return zstandard.ZstdCompressor(level=LEVEL).compress(payload(picture))
