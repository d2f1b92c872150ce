"""Writing never costs the old file, and reading never trusts a damaged one."""

import errno
import json
import os
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from quantsig.data.errors import DataError, IntegrityError, ResourceError, UsageError
from quantsig.data.storage import atomic, checksums, documents, parquet
from quantsig.data.storage.leftovers import beside
from quantsig.data.storage.swap import swap

FRAME = pl.DataFrame(
    {"symbol": ["é", "BTC/USDT"], "time": [datetime(2024, 1, 2, tzinfo=UTC)] * 2, "x": [1.5, None]}
)
BIG = pl.DataFrame({"number": pl.int_range(0, 100_000, eager=True).shuffle(seed=37)})


@contextmanager
def room_for(size_bytes: int) -> Iterator[None]:
    """Let no file grow beyond a size, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def write_half(target: Path, trouble: type[BaseException]) -> None:
    with atomic.replacing(target) as path:
        path.write_text("half")
        raise trouble


def fill_half(target: Path, trouble: type[BaseException]) -> None:
    with atomic.replacing_folder(target, force=True) as folder:
        fill(folder, "half")
        raise trouble


def fill(folder: Path, content: str) -> None:
    (folder / "a.txt").write_text(content)


def no_space(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


# One file


def test_replacing_writes_the_new_content(tmp_path: Path) -> None:
    """What was written beside the target ends up in the target, and nothing else is left."""
    target = tmp_path / "new" / "a.txt"
    with atomic.replacing(target) as path:
        path.write_text("new")
    assert target.read_text() == "new"
    assert names(target.parent) == ["a.txt"]


@pytest.mark.parametrize("trouble", [ValueError, KeyboardInterrupt])
def test_an_exception_leaves_the_old_file(tmp_path: Path, trouble: type[BaseException]) -> None:
    """Half-written content is removed, the old file is intact, and the exception is the same."""
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(trouble):
        write_half(target, trouble)
    assert target.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    """Content that does not fit is a ResourceError, exit code 5, and costs nothing."""
    target = tmp_path / "a.bin"
    target.write_bytes(b"old")
    with pytest.raises(ResourceError) as caught, room_for(4096):
        atomic.write_bytes(target, bytes(100_000))
    assert caught.value.exit_code == 5
    assert target.read_bytes() == b"old"
    assert names(tmp_path) == ["a.bin"]


def test_a_full_disk_on_sync_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that reports no space when syncing only is treated alike."""
    target = tmp_path / "a.txt"
    target.write_text("old")
    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(ResourceError):
        atomic.write_text(target, "new")
    assert target.read_text() == "old"


def test_a_full_disk_under_parquet_leaves_the_old_file(tmp_path: Path) -> None:
    """polars names a full disk otherwise; it is the same ResourceError here."""
    target = tmp_path / "a.parquet"
    parquet.write_parquet(target, FRAME)
    with pytest.raises(ResourceError), room_for(4096):
        parquet.write_parquet(target, BIG)
    assert parquet.read_parquet(target).equals(FRAME)


def test_other_trouble_with_the_disk_is_not_called_full(tmp_path: Path) -> None:
    """An OSError that is not about space passes as it is."""
    with pytest.raises(PermissionError):
        write_half(tmp_path / "a.txt", PermissionError)
    assert names(tmp_path) == []


# A folder


def test_a_folder_appears_whole(tmp_path: Path) -> None:
    """The target is not there until it is complete."""
    target = tmp_path / "set"
    with atomic.replacing_folder(target) as folder:
        fill(folder, "new")
        assert not target.exists()
    assert (target / "a.txt").read_text() == "new"
    assert names(tmp_path) == ["set"]


def test_an_existing_folder_is_not_replaced_unasked(tmp_path: Path) -> None:
    """Without force an existing target is a UsageError, before anything is made."""
    (tmp_path / "set").mkdir()
    with (
        pytest.raises(UsageError, match="exists already"),
        atomic.replacing_folder(tmp_path / "set"),
    ):
        pytest.fail("the body must not run")
    assert names(tmp_path) == ["set"]


def test_force_replaces_a_folder_with_all_its_files(tmp_path: Path) -> None:
    """No file of the old folder is left in the new one."""
    target = tmp_path / "set"
    target.mkdir()
    (target / "old.txt").write_text("old")
    with atomic.replacing_folder(target, force=True) as folder:
        fill(folder, "new")
    assert names(target) == ["a.txt"]
    assert names(tmp_path) == ["set"]


@pytest.mark.parametrize("trouble", [ValueError, KeyboardInterrupt])
def test_an_exception_leaves_the_old_folder(tmp_path: Path, trouble: type[BaseException]) -> None:
    """The old folder is intact and the half-filled one is gone."""
    target = tmp_path / "set"
    target.mkdir()
    fill(target, "old")
    with pytest.raises(trouble):
        fill_half(target, trouble)
    assert (target / "a.txt").read_text() == "old"
    assert names(tmp_path) == ["set"]


def test_an_interrupt_between_the_two_renames_brings_the_old_folder_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C when the old folder is already aside must not cost it."""
    target = tmp_path / "set"
    target.mkdir()
    fill(target, "old")
    rename = Path.replace
    monkeypatch.setattr(atomic, "swap", lambda one, other: False)

    def interrupted(path: Path, to: Path) -> Path:
        if path.name.endswith(".part"):
            raise KeyboardInterrupt
        return rename(path, to)

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt), atomic.replacing_folder(target, force=True) as folder:
        fill(folder, "new")
    assert (target / "a.txt").read_text() == "old"
    assert names(tmp_path) == ["set"]


def test_what_a_crash_left_is_no_obstacle(tmp_path: Path) -> None:
    """A half-filled folder of a killed process with the same number is cleared away."""
    with beside(tmp_path / "set") as left:
        left.mkdir()
        fill(left, "half")
    with atomic.replacing_folder(tmp_path / "set") as folder:
        assert names(folder) == []
    assert names(tmp_path) == ["set"]


def test_the_exchange_is_one_step_here(tmp_path: Path) -> None:
    """On Linux and macOS, where the tests run, neither folder is ever away."""
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        fill(tmp_path / name, name)
    assert swap(tmp_path / "one", tmp_path / "other")
    assert (tmp_path / "one" / "a.txt").read_text() == "other"
    assert (tmp_path / "other" / "a.txt").read_text() == "one"


def test_a_full_disk_leaves_the_old_folder(tmp_path: Path) -> None:
    """A file that does not fit in the new folder leaves the old one."""
    target = tmp_path / "set"
    target.mkdir()
    fill(target, "old")
    with (
        pytest.raises(ResourceError),
        room_for(4096),
        atomic.replacing_folder(target, force=True) as folder,
    ):
        (folder / "big").write_bytes(bytes(100_000))
    assert (target / "a.txt").read_text() == "old"


# Lines


def test_lines_are_appended(tmp_path: Path) -> None:
    """Each call adds one line after the others, in a folder that is made if need be."""
    target = tmp_path / "runs" / "ledger.jsonl"
    atomic.append_line(target, "one")
    atomic.append_line(target, "zwei ü")
    assert target.read_text(encoding="utf-8") == "one\nzwei ü\n"


def test_a_full_disk_leaves_no_half_line(tmp_path: Path) -> None:
    """A line that fits in part is taken back whole; the earlier ones stay."""
    target = tmp_path / "ledger.jsonl"
    atomic.append_line(target, "one")
    with pytest.raises(ResourceError), room_for(4096):
        atomic.append_line(target, "x" * 100_000)
    assert target.read_text() == "one\n"


# JSON


def test_json_has_no_nan() -> None:
    """NaN and infinities become null at any depth, also those of numpy."""
    document = {
        "a": float("nan"),
        "b": [float("inf"), {"c": np.float32("-inf")}],
        "d": (np.float64("nan"), 1.5),
        "e": np.array([1.0, np.nan]),
    }
    expected = {"a": None, "b": [None, {"c": None}], "d": [None, 1.5], "e": [1.0, None]}
    assert json.loads(documents.to_json(document)) == expected


def test_json_keeps_the_types_of_numpy_scalars() -> None:
    """Integers and booleans of numpy are numbers and booleans, not text."""
    document = {"n": np.int64(3), "yes": np.bool_(True), "path": Path("a/b")}
    assert json.loads(documents.to_json(document)) == {"n": 3, "yes": True, "path": "a/b"}


def test_json_reads_back(tmp_path: Path) -> None:
    """read(write(document)) == document, text in any script."""
    document = {"symbol": "贵州茅台", "values": [1, 2.5, None, True]}
    documents.write_json(tmp_path / "a.json", document)
    assert documents.read_json(tmp_path / "a.json") == document


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe"])
def test_damaged_json_is_an_integrity_error(tmp_path: Path, content: bytes) -> None:
    """Anything but one JSON object is refused with exit code 6."""
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(IntegrityError) as caught:
        documents.read_json(tmp_path / "a.json")
    assert caught.value.exit_code == 6


def test_a_missing_file_is_a_data_error(tmp_path: Path) -> None:
    """What is not there is not damaged."""
    with pytest.raises(DataError, match=r"there is no a\.json"):
        documents.read_json(tmp_path / "a.json")
    with pytest.raises(DataError, match=r"there is no a\.parquet"):
        parquet.read_parquet(tmp_path / "a.parquet")


# Parquet


def test_parquet_reads_back(tmp_path: Path) -> None:
    """read(write(frame)) == frame, with zones and nulls."""
    parquet.write_parquet(tmp_path / "a.parquet", FRAME)
    assert parquet.read_parquet(tmp_path / "a.parquet").equals(FRAME)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_parquet_cut_short_is_an_integrity_error(tmp_path: Path, share: float) -> None:
    """A file that ends too early is refused, wherever it ends."""
    target = tmp_path / "a.parquet"
    parquet.write_parquet(target, FRAME)
    content = target.read_bytes()
    target.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(IntegrityError):
        parquet.read_parquet(target)


def test_parquet_with_any_byte_changed_is_read_or_refused(tmp_path: Path) -> None:
    """No single changed byte crashes the reader or escapes as another exception."""
    target = tmp_path / "a.parquet"
    parquet.write_parquet(target, FRAME)
    content = target.read_bytes()
    refused = 0
    for place in range(0, len(content), 3):
        changed = bytearray(content)
        changed[place] ^= 0x80
        target.write_bytes(changed)
        try:
            parquet.read_parquet(target)
        except IntegrityError:
            refused += 1
    assert refused > len(content) // 10


# Hashes


def test_sha256_of_known_bytes(tmp_path: Path) -> None:
    """The SHA-256 of "abc" is the one of FIPS 180-2."""
    (tmp_path / "a").write_bytes(b"abc")
    assert checksums.sha256_of(tmp_path / "a") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


def test_a_changed_or_missing_file_fails_its_hash(tmp_path: Path) -> None:
    """The hash passes for the bytes recorded and for no others."""
    target = tmp_path / "a"
    target.write_bytes(b"abc")
    recorded = checksums.sha256_of(target)
    checksums.check_sha256(target, recorded)
    target.write_bytes(b"abd")
    with pytest.raises(IntegrityError):
        checksums.check_sha256(target, recorded)
    target.unlink()
    with pytest.raises(IntegrityError, match="missing"):
        checksums.check_sha256(target, recorded)


# Windows


def in_use(number: int) -> PermissionError:
    error = PermissionError(errno.EACCES, "The file is being used by another process")
    error.winerror = number  # type: ignore[attr-defined]
    return error


def test_a_rename_waits_for_who_has_the_file_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A virus scanner lets go after a moment; nothing is lost meanwhile."""
    plain, refusals = Path.replace, [in_use(5), in_use(32)]

    def replace(self: Path, target: Path) -> Path:
        if refusals:
            raise refusals.pop()
        return plain(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    monkeypatch.setattr(atomic, "PAUSES_S", (0.0, 0.0))
    atomic.write_text(tmp_path / "a.txt", "new")
    assert (tmp_path / "a.txt").read_text() == "new"
    assert refusals == []


def test_a_file_that_stays_open_elsewhere_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """5, the old file is intact, and nothing else is left."""

    def replace(self: Path, target: Path) -> Path:
        raise in_use(32)

    (tmp_path / "a.txt").write_text("old")
    monkeypatch.setattr(Path, "replace", replace)
    monkeypatch.setattr(atomic, "PAUSES_S", (0.0,))
    with pytest.raises(ResourceError, match="a.txt is open in another program") as caught:
        atomic.write_text(tmp_path / "a.txt", "new")
    assert caught.value.exit_code == 5
    assert (tmp_path / "a.txt").read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_a_missing_right_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It passes as it is, at once."""

    def replace(self: Path, target: Path) -> Path:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "replace", replace)
    monkeypatch.setattr(atomic, "PAUSES_S", (1e9,))
    with pytest.raises(PermissionError):
        atomic.write_text(tmp_path / "a.txt", "new")


@pytest.mark.skipif(sys.platform == "win32", reason="no such rights there")
def test_what_is_private_is_read_by_its_owner_alone(tmp_path: Path) -> None:
    """From the first byte on, and after it replaced what all could read; the rest is as usual."""
    target = tmp_path / "config.toml"
    atomic.write_text(target, "open = 1")
    assert target.stat().st_mode & 0o077 == 0o666 & ~_umask() & 0o077
    atomic.write_text(target, "private = 1", private=True)
    assert target.stat().st_mode & 0o777 == 0o600
    assert target.read_text() == "private = 1"


def _umask() -> int:
    now = os.umask(0)
    os.umask(now)
    return now
