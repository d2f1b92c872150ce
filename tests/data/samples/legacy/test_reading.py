"""Processes that read: they hold their limits, and another takes the place of one that is lost."""

import os
import pickle
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import zstandard

from quantsig.data.samples.frames.record import decode
from quantsig.data.samples.legacy.reading import ReadingProcesses, ReadSample, _Reader
from quantsig.data.samples.legacy.sample_file import BadSample, ReadLimits
from tests.data.samples.legacy_files import HOSTILE, packed, picture, write

LIMITS = ReadLimits(memory_mb=256)


@pytest.fixture(scope="module")
def reader() -> Iterator[_Reader]:
    """One process for the tests that leave it alive."""
    reader = _Reader(LIMITS)
    yield reader
    reader.stop()


def peak_mb(reader: _Reader) -> int:
    """The most memory the process ever had."""
    status = Path(f"/proc/{reader.process.pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line) >> 10


def test_a_sample_crosses_as_a_frame(reader: _Reader, tmp_path: Path) -> None:
    """Picture, targets and direction are those of the file."""
    sample = reader.read(write(tmp_path, 1)[0])
    assert isinstance(sample, ReadSample)
    assert decode(sample.frame).tobytes() == picture(0).tobytes()
    assert (sample.targets, sample.direction) == ((1.0, 0.25), "long")


def test_hostile_files_neither_end_nor_fill_it(reader: _Reader, tmp_path: Path) -> None:
    """One process reads them all, in flat memory, and then a good one."""
    start = peak_mb(reader)
    contents = [packed(content) for content in HOSTILE.values()]
    contents.append(zstandard.ZstdCompressor().compress(bytes(1 << 30)))
    for number, content in enumerate(contents):
        path = tmp_path / f"{number}.zst"
        path.write_bytes(content)
        assert isinstance(reader.read(path), BadSample)
    assert peak_mb(reader) < start + 64
    assert isinstance(reader.read(write(tmp_path, 1)[0]), ReadSample)


def test_reasons_may_be_shown_on_a_terminal(reader: _Reader, tmp_path: Path) -> None:
    """A hostile file is quoted in short, and without control characters."""
    path = tmp_path / "a.zst"
    name = "\x1b[2J\n" + "x" * 100_000
    content = pickle.dumps([name], 4)[:-2] + pickle.dumps(name, 4)[2:-1] + b"\x93."
    path.write_bytes(packed(content))
    answer = str(reader.read(path))
    assert answer.startswith("it names ?[2J?xxx")
    assert len(answer) == 400


def test_memory_is_limited(reader: _Reader, tmp_path: Path) -> None:
    """A file within the limit on content that needs more to be read is refused."""
    part = np.random.default_rng(0).random(1 << 18)
    x = np.tile(part, 31)  # 62 MB that differ in each value, as float64
    path = tmp_path / "a.zst"
    path.write_bytes(packed(pickle.dumps({"x": x.astype(np.float32).astype(float), "y": 1})))
    answer = reader.read(path)
    assert peak_mb(reader) < 2 * LIMITS.memory_mb + 256
    assert isinstance(answer, ReadSample) or "256 MB of memory" in str(answer)


def test_a_process_that_is_lost_is_replaced(tmp_path: Path) -> None:
    """The file that it was reading is read again, and no file is lost."""
    paths = write(tmp_path, 4)
    with ReadingProcesses(1, LIMITS) as reading:
        assert isinstance(read_one(reading, paths[0]), ReadSample)
        kill = stop(reading)
        threading.Timer(0.2, kill).start()
        assert isinstance(read_one(reading, paths[1]), ReadSample)
        assert isinstance(read_one(reading, paths[2]), ReadSample)
        stop(reading)()  # while it waits
        assert isinstance(read_one(reading, paths[3]), ReadSample)


def test_a_file_that_ends_its_process_twice_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then it is the file's doing; the next file is read."""
    bad, good = write(tmp_path, 2)
    read, tried = _Reader.read, []

    def fatal(reader: _Reader, path: Path) -> ReadSample | BadSample:
        if path == bad:
            tried.append(reader.process.pid)
            reader.process.kill()
        return read(reader, path)

    monkeypatch.setattr(_Reader, "read", fatal)
    with ReadingProcesses(1, LIMITS) as reading:
        assert "ended the process" in str(read_one(reading, bad))
        assert isinstance(read_one(reading, good), ReadSample)
    assert len(set(tried)) == 2


def test_a_reader_that_nobody_listens_to_ends_quietly(tmp_path: Path) -> None:
    """The import was killed while it read: no traceback, no process left."""
    reader = _Reader(LIMITS)
    reader.pipe.send_bytes(os.fsencode(write(tmp_path, 1)[0]))
    reader.pipe.close()
    reader.process.join(60)
    assert reader.process.exitcode == 0


def read_one(reading: ReadingProcesses, path: Path) -> ReadSample | BadSample:
    return next(reading.read([path]))[1]


def stop(reading: ReadingProcesses) -> Callable[[], None]:
    """Have the one process do nothing; gives what kills it."""
    reader = reading.idle.get()
    reading.idle.put(reader)
    assert reader is not None
    number = reader.process.pid
    assert number is not None
    os.kill(number, signal.SIGSTOP)

    def kill() -> None:
        os.kill(number, signal.SIGKILL)
        time.sleep(0.2)

    return kill


def test_a_file_that_takes_too_long_is_reported(tmp_path: Path) -> None:
    """In words, and the process is ended."""
    reader = _Reader(ReadLimits(seconds=1e-6))
    path = tmp_path / "a.zst"
    path.write_bytes(packed(pickle.dumps({"x": np.zeros(10_000_000), "y": 1})))
    with pytest.raises(Exception, match="more than 1e-06 seconds"):
        reader.read(path)
    assert not reader.process.is_alive()
