"""Frames end to end in files of a sample set, found by file, offset and length."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data import files
from quantsig.data.samples import frames

FULL_BYTES = 1 << 29  # a file that has reached this gets no more frames
PLACE_COLUMNS = ("file", "offset", "length")  # of the index


class Place(NamedTuple):
    """Where a frame stands."""

    file: int
    offset: int
    length: int


def file_name(number: int) -> str:
    """The name of a frames file by its number."""
    return f"frames-{number:05d}.zst"


class FrameWriter:
    """Appends frames to the files of a folder; `sync` makes them last.

    Args:
        folder: of the sample set.
        end: where the last frame that counts ends; whatever stands behind it is cut off.
    """

    def __init__(self, folder: Path, end: Place | None = None) -> None:
        self.folder = folder
        self.number = end.file if end else 0
        size = end.offset + end.length if end else 0
        for path in folder.glob("frames-*.zst"):
            if path.name > file_name(self.number):
                path.unlink()
        self.file = self._open()
        self.file.truncate(size)
        self.file.seek(size)

    def __enter__(self) -> "FrameWriter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.file.close()

    def append(self, frame: bytes) -> Place:
        """Write one frame behind the last."""
        offset = self.file.tell()
        if offset >= FULL_BYTES:
            self.sync()
            self.file.close()
            self.number, offset = self.number + 1, 0
            self.file = self._open()
        self.file.write(frame)
        return Place(self.number, offset, len(frame))

    def sync(self) -> None:
        """Have the frames written so far survive a crash."""
        self.file.flush()
        os.fsync(self.file.fileno())

    def _open(self) -> BinaryIO:
        path = self.folder / file_name(self.number)
        path.touch()
        return path.open("r+b")


@dataclass(frozen=True, kw_only=True)
class StoredFrames:
    """The pictures of a sample set of storage `frames`."""

    path: Path
    manifest: Mapping[str, Any]
    index: pl.DataFrame

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one sample."""
        return tuple(self.manifest["shape"])

    @property
    def dtype(self) -> np.dtype[Any]:
        """float16, or float32 where the samples came so."""
        return np.dtype(self.manifest["dtype"])

    @property
    def bar_pixels(self) -> int:
        """Columns of one bar; unknown, so one."""
        return 1

    @cached_property
    def places(self) -> NDArray[np.int64]:
        """(n, 3) file, offset and length of each sample's frame."""
        return self.index.select(pl.col(PLACE_COLUMNS).cast(pl.Int64)).to_numpy()

    def read(self, sample_ids: NDArray[np.int64], out: NDArray[Any] | None) -> NDArray[Any]:
        """Decode the frames of samples, (B, *shape), exactly as they were imported.

        Raises:
            IntegrityError: a frame is damaged, or its file cut short.
        """
        if out is None:
            out = np.empty((len(sample_ids), *self.shape), self.dtype)
        for picture, sample_id in zip(out, sample_ids, strict=True):
            place = Place(*map(int, self.places[sample_id]))
            try:
                frames.decode(self._frame(place), picture)
            except frames.BadFrame as error:
                raise self._damaged(place, f"sample {sample_id}: {error}") from error
        return out

    def _frame(self, place: Place) -> bytes:
        descriptor = self._descriptors.get(place.file)
        if descriptor is None:
            path = self.path / file_name(place.file)
            if not path.is_file():
                raise files.damaged(path, "the file is missing")
            opened = path.open("rb", buffering=0)
            descriptor = self._descriptors.setdefault(place.file, opened)
        frame = os.pread(descriptor.fileno(), place.length, place.offset)
        if len(frame) < place.length:
            raise self._damaged(place, "the file is cut short")
        return frame

    def _damaged(self, place: Place, reason: str) -> Exception:
        where = f"{reason}, at byte {place.offset}"
        return files.damaged(self.path / file_name(place.file), where)

    @cached_property
    def _descriptors(self) -> dict[int, Any]:
        return {}  # closed with the last reference; reads by position share them between threads
