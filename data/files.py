"""Writing so that a crash, a full disk or a second process never costs the old file."""

import errno
import fcntl
import hashlib
import io
import json
import math
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from quantsig.data.errors import DataError, IntegrityError, ResourceError, UsageError

OUT_OF_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
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
        _sync(beside)
        beside.replace(target)
        _sync(target.parent)
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
        _sync(beside)
        _exchange(beside, target)
        _sync(target.parent)
    except OSError as error:
        if error.errno in OUT_OF_SPACE:
            raise disk_full(target) from error
        raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def unfinished_folder(target: Path) -> Path:
    """Where `resuming_folder` keeps what will be `target`."""
    return target.with_name(f".{target.name}.part")


def _exchange(new: Path, target: Path) -> None:
    """Rename `new` to `target`; what stood there comes back if that fails, and goes if not."""
    if not target.exists():
        new.rename(target)
        return
    old = target.with_name(f".{target.name}.{os.getpid()}.old")
    shutil.rmtree(old, ignore_errors=True)
    target.rename(old)
    try:
        new.rename(target)
    except BaseException:
        old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


@contextmanager
def resuming_folder(target: Path, *, key: str, force: bool = False) -> Iterator[Path]:
    """Like `replacing_folder`, but what was finished when the work is cut short is found again.

    The folder beside `target` keeps what is in it until the work is done. It is given again to
    the same work, known by its `key`, and emptied for any other.

    Args:
        target: the folder to make.
        key: what the work is made from, one line.
        force: replace a `target` that exists; otherwise that is a UsageError.

    Raises:
        UsageError: another process is at work on `target`.
        ResourceError: the disk is full.
    """
    refuse_existing(target, force=force)
    beside = unfinished_folder(target)
    try:
        beside.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(target, error) from error
    with locked(beside):
        refuse_existing(target, force=force)  # another process may have made it meanwhile
        note = beside / "key"
        try:
            if not note.is_file() or note.read_text(encoding="utf-8") != key:
                _empty(beside)
                write_text(note, key)
            remove_leftovers(beside)
            yield beside
            _sync(beside)
            _exchange(beside, target)
            (target / note.name).unlink()  # not before: without it the work is not known again
            _sync(target.parent)
        except OSError as error:
            if error.errno in OUT_OF_SPACE:
                raise disk_full(target) from error
            raise


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes that ask for the same lock away from a folder.

    Raises:
        UsageError: another process has it.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        moved = not folder.exists() or not os.path.samestat(os.fstat(descriptor), folder.stat())
    except BlockingIOError:
        moved = True
    try:
        if moved:
            raise UsageError(
                "another process is at work here.",
                where=str(folder),
                remedy="Wait until it has ended, or stop it; then run the same command again.",
            )
        yield
    finally:
        os.close(descriptor)


def remove_leftovers(folder: Path) -> None:
    """Remove what `replacing` left in a folder when its process was killed."""
    for path in folder.glob(".*.part"):
        path.unlink()


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
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
        target.rename(old)
    try:
        target.mkdir(parents=True)
        yield target
    except BaseException:
        if old.exists():
            shutil.rmtree(target, ignore_errors=True)
            old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)
    _sync(target.parent)


def refuse_existing(target: Path, *, force: bool) -> None:
    """Raise a UsageError when `target` exists and may not be replaced."""
    if target.exists() and not force:
        raise UsageError(
            f"{target.name} exists already; nothing was written.",
            where=str(target),
            remedy="Pass --force to replace it, or keep it and write elsewhere.",
        )


def disk_full(target: Path) -> ResourceError:
    """The error for a disk without room; the old file is intact."""
    return ResourceError(
        "the disk is full; the file that was there before is intact.",
        where=str(target),
        remedy="Free some space and run the same command again.",
    )


def unwritable(target: Path, error: OSError) -> ResourceError:
    """The error for a place where nothing can be made: no right, or a file for a folder."""
    if error.errno in OUT_OF_SPACE:
        return disk_full(target)
    return ResourceError(
        f"nothing can be written there: {error.strerror}.",
        where=str(target),
        remedy="Name another place, or have the right to write there.",
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


def read_document(source: Path, schema: str, *, remedy: str) -> dict[str, Any]:
    """Read a JSON document of one format.

    Args:
        source: the file.
        schema: what its `schema` must be.
        remedy: what to do where it is another.

    Raises:
        DataError: there is no such file, or it is of another format.
        IntegrityError: the file is not a JSON object.
    """
    document = read_json(source)
    if document.get("schema") != schema:
        raise DataError(
            f"unknown format {document.get('schema')}; this version reads {schema}.",
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

    Raises:
        ResourceError: the disk is full.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    content = (line + "\n").encode()
    with target.open("ab", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
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


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
