"""The one file inside a zip or gz archive, unpacked under a cap."""

import gzip
import io
import lzma
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from quantsig.data.errors import DataError, ResourceError
from quantsig.data.language.messages import phrase

ZIP_MAGIC, GZIP_MAGIC = b"PK\x03\x04", b"\x1f\x8b"
PIECE_BYTES = 1 << 20  # unpacked at a time
MOST_BYTES = 1 << 31  # unpacked, of one file
LEAST_CAP_BYTES = 1 << 24  # that a small archive may unpack to
MOST_RATIO = 200  # of unpacked bytes to packed; text shrinks to a thirtieth at best
ENDINGS = (".gz", ".zip")
DAMAGE = (  # and a password
    OSError,  # also of bz2 and of offsets; the file itself is read before
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class UnpackedFile:
    """What was inside an archive: the file's name and its bytes."""

    name: str
    content: bytes


def is_archive(start: bytes) -> bool:
    """Whether a file that begins so is a zip or gz archive."""
    return start.startswith((ZIP_MAGIC, GZIP_MAGIC))


def unpack(path: Path) -> UnpackedFile:
    """Unpack the one file in an archive.

    Raises:
        DataError: it holds no file or several, is damaged, or asks for a password.
        ResourceError: it unpacks to far more than bars would.
    """
    packed = path.read_bytes()
    cap = min(MOST_BYTES, max(LEAST_CAP_BYTES, MOST_RATIO * len(packed)))
    try:
        if packed.startswith(GZIP_MAGIC):
            return UnpackedFile(name=path.stem, content=_gunzip(packed, cap, path))
        return _unzip(packed, cap, path)
    except DAMAGE as error:
        raise DataError(
            phrase("the archive cannot be unpacked: {error}.", error=error),
            where=str(path),
            remedy="Download it again, or unpack it and give the file inside.",
        ) from error


def _unzip(packed: bytes, cap: int, path: Path) -> UnpackedFile:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        members = [
            member
            for member in archive.infolist()
            if not member.is_dir() and not member.filename.startswith("__MACOSX/")
        ]
        if len(members) != 1:
            raise DataError(
                phrase(
                    "the archive holds {files} files, and one of bars is expected.",
                    files=len(members),
                ),
                where=str(path),
                remedy="Unpack it and give the folder.",
            )
        content = bytearray()
        with archive.open(members[0]) as file:
            while piece := file.read(PIECE_BYTES):
                content += piece
                _refuse_above(len(content), cap, path)
        return UnpackedFile(name=Path(members[0].filename).name, content=bytes(content))


def _gunzip(packed: bytes, cap: int, path: Path) -> bytes:
    content = bytearray()
    with gzip.open(io.BytesIO(packed)) as file:
        while piece := file.read(PIECE_BYTES):
            content += piece
            _refuse_above(len(content), cap, path)
    return bytes(content)


def _refuse_above(size: int, cap: int, path: Path) -> None:
    if size > cap:
        raise ResourceError(
            phrase("the archive unpacks to more than {most:,} bytes.", most=cap),
            where=str(path),
            remedy="If these are bars, unpack it and give the file inside.",
        )
