"""Old sample files, good and bad, written byte by byte where a library would not."""

import lzma
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import zstandard
from numpy.typing import NDArray

SHAPE = (3, 16, 20)


def picture(seed: int, shape: tuple[int, ...] = SHAPE) -> NDArray[np.float16]:
    """Zeros with a few boxes of ones."""
    random = np.random.default_rng(seed)
    values = np.zeros(shape, np.float16)
    for _ in range(4):
        top, left = random.integers(0, shape[-2] - 2), random.integers(0, shape[-1] - 2)
        values[..., top : top + 3, left : left + 4] = 1
    return values


def pickled(seed: int = 0, label: float = 1.0, **changes: Any) -> bytes:
    """The pickle of a sample."""
    sample = {"x": picture(seed), "y": np.array([label, 0.25]), "direction": "long"}
    return pickle.dumps({**sample, **changes})


def packed(content: bytes, suffix: str = ".zst") -> bytes:
    """Content compressed as a file of that suffix is."""
    if suffix == ".xz":
        return lzma.compress(content, preset=0)
    if suffix == ".lzma":
        return lzma.compress(content, lzma.FORMAT_ALONE, preset=0)
    return zstandard.ZstdCompressor(level=15).compress(content)


def write(folder: Path, count: int, *, first: int = 0, name: str = "s{:03}.zst") -> list[Path]:
    """Good samples whose label is 1 for every third."""
    folder.mkdir(exist_ok=True)
    paths = []
    for number in range(first, first + count):
        path = folder / name.format(number)
        path.write_bytes(packed(pickled(number, float(number % 3 == 0))))
        paths.append(path)
    return paths


def text(value: str) -> bytes:
    """SHORT_BINUNICODE."""
    return b"\x8c" + bytes([len(value)]) + value.encode()


def named(module: str, name: str) -> bytes:
    """GLOBAL."""
    return b"c" + f"{module}\n{name}\n".encode()


SYSTEM = named("os", "system") + b"(" + text("touch owned") + b"tR."
HOSTILE: dict[str, bytes] = {
    "os.system": SYSTEM,
    "os.system by two texts": b"\x80\x04" + text("os") + text("system") + b"\x93" + SYSTEM,
    "os.system within x": b"\x80\x04}(" + text("x") + SYSTEM[:-1] + b"u.",
    "instance": b"(ios\nsystem\n.",
    "eval": named("builtins", "eval") + b"(" + text("1") + b"tR.",
    "numpy's own loader": named("numpy", "load") + b"(" + text("x") + b"tR.",
    "torch's own loader": named("torch", "load") + b"(" + text("x") + b"tR.",
    "attribute of a marker": named("numpy", "ndarray.tofile") + b".",
    "extension registry": b"\x82\x01.",
    "new object": named("numpy", "ndarray") + b")\x81.",
    "deep": b"(" * 90_000 + b"t" * 90_000 + b".",
    "lists in lists": b"]" * 90_000 + b"a" * 89_999 + b".",
    "endless": b"N" * 200_000,
    "doubling": b"\x80\x04]" + b"\x94h\x00h\x00\x86" * 60 + b".",
    "unknown index": b"h\x07.",
    "huge text": b"X\xff\xff\xff\xff.",
    "huge bytes": b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.",
    "huge bytearray": b"\x96\x00\x00\x00\x00\x04\x00\x00\x00.",
    "huge number": b"\x8b\xff\xff\xff\x7f.",
    "huge shape": b"\x80\x04}"
    + text("x")
    + named("numpy._core.numeric", "_frombuffer")
    + b"(C\x02ab"
    + named("numpy", "dtype")
    + text("f2")
    + b"\x85RJ\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86"
    + text("C")
    + b"tRs.",
    "objects": b"\x80\x04}"
    + text("x")
    + named("numpy._core.multiarray", "scalar")
    + named("numpy", "dtype")
    + text("O8")
    + b"\x85RC\x08abcdefgh\x86Rs.",
    "storage from nowhere": b"\x80\x02("
    + text("storage")
    + named("torch", "HalfStorage")
    + text("0")
    + text("cpu")
    + b"J\xff\xff\xff\x7ftQ.",
    "stack too short": b"\x87.",
    "mark missing": b"t.",
    "state for a list": b"]\x85b.",
    "not a dictionary": b"].",
    "unhashable key": b"}]Ns.",
    "nothing": b"",
    "no stop": b"}",
}
