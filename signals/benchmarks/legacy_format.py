"""The files that the user had, read as the user read them: unpickled into a float tensor.

Only what a benchmark itself has just written is ever unpickled. Files of others are read by
`quantsig samples import`, which never does.
"""

import pickle
from typing import Any

import torch
import zstandard

from quantsig.data.samples.legacy.writing import LEVEL, encode, payload

__all__ = ["LEVEL", "decode", "encode", "payload"]


def decode(content: bytes) -> torch.Tensor:
    """The planes of a file as the model took them, float32."""
    sample: dict[str, Any] = pickle.loads(zstandard.ZstdDecompressor().decompress(content))
    return torch.from_numpy(sample["x"]).float()
