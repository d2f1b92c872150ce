"""Writing so that a crash or a full disk never costs the old file."""

import errno
import hashlib
import io
import json
import math
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from quantsig.data.errors import (
    OUT_OF_SPACE,
    DataError,
    IntegrityError,
    ResourceError,
    UsageError,
    disk_full,
)

OPEN_ELSEWHERE = (5, 32)  # Windows: access denied, sharing violation
PAUSES_S = (0.05, 0.1, 0.2, 0.4, 0.8)  # between tries to rename what another program has open
PARQUET_DAMAGE = (
    pa.ArrowException,
    OSError,
    UnicodeDecodeError,
    pl.exceptions.PolarsError,
    pl.exceptions.PanicException,  # not an Exception
)


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Give a path beside `target` to write to; on leaving, sync it and rename it over `target`.

    Whatever goes wrong inside, the old `target` stays as it was and the new file is removed.

    Raises:
        ResourceError: the disk is full.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        yield beside
        _sync_file(beside)
        move(beside, target)
        sync_folder(target.parent)
    except OSError as error:
        if error.errno in OUT_OF_SPACE:
            raise disk_full(target) from error
        raise
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def replacing_folder(target: Path, *, force: bool = False) -> Iterator[Path]:
    """Give a new folder beside `target` to fill; on leaving, rename it to `target`.

    Args:
        target: the folder to make.
        force: replace a `target` that exists; otherwise that is a UsageError.
    """
    refuse_existing(target, force=force)
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    shutil.rmtree(beside, ignore_errors=True)  # of a crashed process that had this number
    beside.mkdir()
    try:
        yield beside
        sync_folder(beside)
        exchange(beside, target)
        sync_folder(target.parent)
    except OSError as error:
        if error.errno in OUT_OF_SPACE:
            raise disk_full(target) from error
        raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def exchange(new: Path, target: Path) -> None:
    """Rename `new` to `target`; what stood there comes back if that fails, and goes if not.

    Raises:
        ResourceError: another program has a file of `target` open, on a system that minds.
    """
    if not target.exists():
        move(new, target)
        return
    old = target.with_name(f".{target.name}.{os.getpid()}.old")
    shutil.rmtree(old, ignore_errors=True)
    move(target, old)
    try:
        move(new, target)
    except BaseException:
        move(old, target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def move(source: Path, target: Path) -> None:
    """Rename, over a file that is there; waits a moment for other programs to close theirs.

    Windows refuses to rename what is open, and virus scanners open what is new.

    Raises:
        ResourceError: it stays open.
    """
    for pause_s in (*PAUSES_S, None):
        try:
            source.replace(target)
            return
        except PermissionError as error:
            if getattr(error, "winerror", None) not in OPEN_ELSEWHERE:
                raise
            if pause_s is None:
                raise _open_elsewhere(target, error) from error
        time.sleep(pause_s)


def remove_leftovers(folder: Path) -> None:
    """Remove what `replacing` left in a folder when its process was killed."""
    for path in folder.glob(".*.part"):
        path.unlink()


@contextmanager
def filling_folder(target: Path, *, force: bool = False) -> Iterator[Path]:
    """Make the folder `target` itself and fill it bit by bit, for work that takes long.

    What was written stays when the work is cut short, but an older folder that was to be replaced
    then comes back.

    Args:
        target: the folder to make.
        force: replace a `target` that exists; otherwise that is a UsageError.
    """
    refuse_existing(target, force=force)
    old = target.with_name(f".{target.name}.{os.getpid()}.old")
    if target.exists():
        move(target, old)
    try:
        target.mkdir(parents=True)
        yield target
    except BaseException:
        if old.exists():
            shutil.rmtree(target, ignore_errors=True)
            move(old, target)
        raise
    shutil.rmtree(old, ignore_errors=True)
    sync_folder(target.parent)


def refuse_existing(target: Path, *, force: bool) -> None:
    """Raise a UsageError when `target` exists and may not be replaced."""
    if target.exists() and not force:
        raise UsageError(
            f"{target.name} exists already; nothing was written.",
            where=str(target),
            remedy="Pass --force to replace it, or keep it and write elsewhere.",
        )


def write_bytes(target: Path, content: bytes | memoryview) -> None:
    """Replace `target` by `content`, atomically."""
    with replacing(target) as path:
        path.write_bytes(content)


def write_text(target: Path, content: str) -> None:
    """Replace `target` by `content` in UTF-8, atomically."""
    write_bytes(target, content.encode())


def write_json(target: Path, document: Mapping[str, Any]) -> None:
    """Replace `target` by one JSON document, atomically; NaN and infinity become null."""
    write_text(target, to_json(document, indent=2) + "\n")


def read_json(source: Path) -> dict[str, Any]:
    """Read one JSON document.

    Raises:
        DataError: there is no such file.
        IntegrityError: the file is not a JSON object.
    """
    _require(source)
    try:
        document = json.loads(source.read_bytes())
    except ValueError as error:
        raise damaged(source, str(error)) from error
    if not isinstance(document, dict):
        raise damaged(source, "not a JSON object")
    return document


def read_document(source: Path, *schemas: str, remedy: str) -> dict[str, Any]:
    """Read a JSON document of one format, in one of its versions.

    Args:
        source: the file.
        schemas: what its `schema` may be, the version that is written first.
        remedy: what to do where it is another.

    Raises:
        DataError: there is no such file, or it is of another format.
        IntegrityError: the file is not a JSON object.
    """
    document = read_json(source)
    if document.get("schema") not in schemas:
        raise DataError(
            f"unknown format {document.get('schema')}; this version reads {', '.join(schemas)}.",
            where=str(source),
            remedy=remedy,
        )
    return document


def to_json(document: Any, *, indent: int | None = None) -> str:
    """One JSON document; NaN and infinity become null."""
    return json.dumps(
        _finite(document), indent=indent, ensure_ascii=False, allow_nan=False, default=str
    )


def append_line(target: Path, line: str) -> None:
    """Append one line and sync it; earlier lines are never touched, half a line is never left.

    Where several processes may, each holds a lock meanwhile (`data/locks.py`).

    Raises:
        ResourceError: the disk is full.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    content = (line + "\n").encode()
    with target.open("ab", buffering=0) as file:
        end = os.fstat(file.fileno()).st_size
        try:
            if file.write(content) < len(content):  # as much as the disk still took
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(file.fileno())
        except OSError as error:
            file.truncate(end)
            if error.errno in OUT_OF_SPACE:
                raise disk_full(target) from error
            raise


def write_parquet(
    target: Path, frame: pl.DataFrame, *, metadata: dict[str, str] | None = None
) -> None:
    """Replace `target` by `frame` as Parquet (zstd), atomically.

    Args:
        target: the file to write.
        frame: its rows.
        metadata: keys and values to keep in the file beside them.
    """
    content = io.BytesIO()  # polars reports a full disk as a ComputeError, a plain write does not
    frame.write_parquet(content, compression="zstd", metadata=metadata)
    write_bytes(target, content.getbuffer())


@dataclass(frozen=True, kw_only=True, slots=True)
class ParquetColumns:
    """What the footer of a Parquet file says."""

    names: tuple[str, ...]
    rows: int
    metadata: Mapping[bytes, bytes]


def parquet_columns(source: Path) -> ParquetColumns:
    """Read the footer of a Parquet file.

    Raises:
        DataError: there is no such file.
        IntegrityError: the file is damaged or not Parquet.
    """
    _require(source)
    try:
        with pq.ParquetFile(source) as file:
            return ParquetColumns(
                names=tuple(file.schema_arrow.names),
                rows=file.metadata.num_rows,
                metadata=file.metadata.metadata or {},
            )
    except PARQUET_DAMAGE as error:
        raise damaged(source, str(error)) from error


def read_parquet(
    source: Path,
    columns: Sequence[str] | None = None,
    *,
    change: Callable[[pa.Table], pa.Table] | None = None,
) -> pl.DataFrame:
    """Read a Parquet file; opened and checked by pyarrow, which refuses a damaged one cleanly.

    Args:
        source: the file.
        columns: names of those to read; None: all.
        change: of the table before polars reads it, which may not know all of its types.

    Raises:
        DataError: there is no such file.
        IntegrityError: the file is damaged or not Parquet.
    """
    _require(source)
    try:
        with pq.ParquetFile(source) as file:
            table = file.read(columns=columns)
        table.validate(full=True)
        str(table.schema)  # a name that is not UTF-8 fails here; polars would panic
        frame = pl.from_arrow(change(table) if change else table)
    except PARQUET_DAMAGE as error:
        raise damaged(source, str(error)) from error
    assert isinstance(frame, pl.DataFrame)
    return frame


def size_of(source: Path) -> int:
    """Bytes of a stored file; raises an IntegrityError where it is missing."""
    if not source.is_file():
        raise damaged(source, "the file is missing")
    return source.stat().st_size


def sha256_of(source: Path) -> str:
    """SHA-256 of a file's bytes as 64 hex digits."""
    with source.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_sha256(source: Path, expected: str) -> None:
    """Raise an IntegrityError when a file is missing or its bytes are not those recorded."""
    if not source.is_file():
        raise damaged(source, "the file is missing")
    if sha256_of(source) != expected:
        raise damaged(source, "its SHA-256 is not the one recorded when it was written")


def damaged(source: Path, reason: str) -> IntegrityError:
    """The error for a stored file that is not what was written."""
    return IntegrityError(
        f"{source.name} is damaged: {reason.splitlines()[0] if reason else 'unreadable'}.",
        where=str(source),
        remedy="Restore it from a copy, or build it again.",
    )


def _require(source: Path) -> None:
    if not source.is_file():
        raise DataError(
            f"there is no {source.name}.",
            where=str(source),
            remedy="Check the path, or run the step that writes it.",
        )


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    if hasattr(value, "tolist"):  # numpy and torch, scalars too
        return _finite(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def sync_folder(folder: Path) -> None:
    """Have the names in a folder survive a crash, where folders can be synced: not on Windows."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except PermissionError:  # Windows opens no folders
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_file(path: Path) -> None:
    with path.open("r+b") as file:  # Windows syncs only what may be written
        os.fsync(file.fileno())


def _open_elsewhere(target: Path, error: OSError) -> ResourceError:
    return ResourceError(
        f"{target.name} is open in another program, or something in it: {error.strerror}.",
        where=str(target),
        remedy="Close it there and run the same command again.",
    )
