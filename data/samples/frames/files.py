"""Frames end to end in the files of a sample set, found by file, offset and length."""

import os
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import BinaryIO, NamedTuple

from quantsig.data.language.messages import phrase
from quantsig.data.storage import checksums

FULL_BYTES = 1 << 29  # a file that has reached this gets no more frames


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
        end: where the last frame that counts ends, None before the first; whatever stands
            behind it is cut off.
    """

    def __init__(self, folder: Path, end: Place | None = None) -> None:
        self.folder = folder
        self.number = end.file if end else 0
        size = end.offset + end.length if end else 0
        for path in folder.glob(file_name(0).replace("0", "[0-9]")):
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


class FrameReader:
    """Reads frames by their place; threads may share it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.opened: dict[int, BinaryIO] = {}
        self.opening = Lock()
        self.moving = Lock()  # where a file must be read from its position

    def read(self, place: Place) -> bytes:
        """The bytes of one frame.

        Raises:
            IntegrityError: the file is missing or cut short.
        """
        with self.opening:
            if place.file not in self.opened:
                self.opened[place.file] = self._open(place.file)
            file = self.opened[place.file]
        frame = self._read_at(file, place)
        if len(frame) < place.length:
            path = self.folder / file_name(place.file)
            raise checksums.damaged(
                path, phrase("it is cut short before byte {byte}", byte=place.offset + place.length)
            )
        return frame

    def _read_at(self, file: BinaryIO, place: Place) -> bytes:
        if hasattr(os, "pread"):
            return os.pread(file.fileno(), place.length, place.offset)
        with self.moving:  # Windows reads from the file's one position
            file.seek(place.offset)
            return file.read(place.length)

    def close(self) -> None:
        """Close the files; they open again when they are read."""
        while self.opened:
            self.opened.popitem()[1].close()

    def __del__(self) -> None:
        self.close()

    def _open(self, number: int) -> BinaryIO:
        path = self.folder / file_name(number)
        if not path.is_file():
            raise checksums.damaged(path, "the file is missing")
        return path.open("rb", buffering=0)
