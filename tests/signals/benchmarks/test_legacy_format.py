"""The user's format is reproduced as the user wrote it."""

import io
import pickletools

import numpy as np
import torch
import zstandard

from quantsig.signals.benchmarks import legacy_format

PICTURE = np.linspace(-1, 1, 24).astype(np.float16).reshape(2, 3, 4)


def test_planes_come_back_as_a_float_tensor() -> None:
    """Bit for bit, widened."""
    planes = legacy_format.decode(legacy_format.encode(PICTURE))
    assert planes.dtype is torch.float32
    np.testing.assert_array_equal(planes.numpy(), PICTURE.astype(np.float32))


def test_a_file_is_a_pickled_dictionary_under_zstd() -> None:
    """With the keys x, y and direction."""
    content = zstandard.ZstdDecompressor().decompress(legacy_format.encode(PICTURE))
    texts = [text for _, text, _ in pickletools.genops(io.BytesIO(content)) if text is not None]
    assert {"x", "y", "direction"} <= {text for text in texts if isinstance(text, str)}
