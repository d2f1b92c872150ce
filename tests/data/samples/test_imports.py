"""Importing folders: what is written, what is refused, and what an interruption leaves."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from quantsig.data.bars import CheckedBars, check_bars
from quantsig.data.errors import DataError, IntegrityError, QuantsigError, UsageError
from quantsig.data.label_spec import LabelSpec
from quantsig.data.samples import imports
from quantsig.data.samples.frames import files as frame_files
from quantsig.data.samples.frames.files import Place
from quantsig.data.samples.imports import Source, import_samples
from quantsig.data.samples.legacy.file_names import NameOptions
from quantsig.data.samples.legacy.reading import ReadSample, _packed, _unpacked
from quantsig.data.samples.legacy.sample_file import BadSample, ReadLimits
from quantsig.data.samples.manifest import MANIFEST
from quantsig.data.samples.store import SampleSet, open_samples
from quantsig.data.storage import documents
from quantsig.data.tasks.run import unheard
from quantsig.data.tasks.task import Function, Task
from quantsig.data.tasks.workers import Workers
from tests.data.samples.legacy_files import SHAPE, SYSTEM, packed, pickled, picture, write

START = datetime(2024, 1, 1, tzinfo=UTC)


class ReadHere:
    """Reads in this process, because starting others takes seconds."""

    def __init__(self, processes: int, limits: ReadLimits) -> None:
        self.limits = limits

    def __enter__(self) -> "ReadHere":
        return self

    def __exit__(self, *_: object) -> None: ...

    def read(self, paths: Iterable[Path]) -> Iterator[tuple[Path, ReadSample | BadSample]]:
        for path in paths:
            yield path, _unpacked(_packed(path, self.limits))


@pytest.fixture(autouse=True)
def read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "ReadingProcesses", ReadHere)


def test_workers_of_a_cluster_read_the_same(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some files each, a bad one among them; the set is that of one machine, byte for byte."""
    (folder / "bad.zst").write_bytes(b"no sample")
    whole = contents(import_samples(Source(folder=folder), tmp_path / "whole").path)
    tasks: list[Task] = []

    def in_turn(function: Function, given: list[Task], *, on: Workers) -> Iterator[Any]:
        assert on.home == "ray"
        tasks.extend(given)
        return (function(task.work, unheard) for task in given)

    monkeypatch.setattr(imports, "run_tasks", in_turn)
    monkeypatch.setattr(imports, "BATCH", 4)
    monkeypatch.chdir(tmp_path)
    on = Workers(home="ray")
    again = import_samples(Source(folder=Path("old")), tmp_path / "again", on=on)
    assert contents(again.path) == whole
    assert [len(task.work.paths) for task in tasks] == [4, 4, 2]
    assert all(path.is_absolute() for task in tasks for path in task.work.paths)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "old", 9)
    return tmp_path / "old"


def bars(symbol: str, days: int) -> CheckedBars:
    """Daily bars whose open rises by one a day."""
    opens = np.arange(days) + 100.0
    frame = pl.DataFrame(
        {
            "symbol": symbol,
            "timestamp": [START + timedelta(days=day + 1) for day in range(days)],
            **dict.fromkeys(("open", "high", "low", "close"), opens),
        },
        schema_overrides={"timestamp": pl.Datetime("us", "UTC")},
    )
    return check_bars(frame)


def contents(folder: Path) -> dict[str, str]:
    """The hash of every file, the manifest apart from the paths in it."""
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    manifest = json.loads((folder / MANIFEST).read_text())
    return {**found, MANIFEST: manifest["fingerprint"]}


def imported(folder: Path, out: Path, **changes: Any) -> SampleSet:
    return import_samples(Source(folder=folder, **changes), out)


def test_what_was_written_is_read(folder: Path, tmp_path: Path) -> None:
    """Every picture bit for bit, every target, the direction, and labels by class."""
    samples = imported(folder, tmp_path / "set")
    read = samples.read(np.arange(9))
    assert read.dtype == samples.dtype == np.float16
    assert samples.shape == SHAPE
    for sample_id in range(9):
        assert read[sample_id].tobytes() == picture(sample_id).tobytes()
    assert samples.classes == ("0", "1")
    assert samples.index["label"].to_list() == [1, 0, 0] * 3
    assert samples.index["y"].to_list() == [[label, 0.25] for label in [1, 0, 0] * 3]
    assert samples.index["source_direction"].unique().to_list() == ["long"]
    assert samples.index["source"][8] == "s008.zst"
    assert not samples.timed


def test_read_fills_the_given_buffer_in_the_given_order(folder: Path, tmp_path: Path) -> None:
    """Ids in any order, twice too."""
    samples = imported(folder, tmp_path / "set")
    out = np.empty((3, *SHAPE), np.float16)
    assert samples.read(np.array([5, 0, 5]), out) is out
    assert out[0].tobytes() == out[2].tobytes() == picture(5).tobytes()
    assert out[1].tobytes() == picture(0).tobytes()


@pytest.mark.parametrize("shape", [(7,), (4, 5), (2, 3, 4, 5)])
def test_samples_of_any_shape(tmp_path: Path, shape: tuple[int, ...]) -> None:
    """A sample need not be a picture."""
    x = np.random.default_rng(0).random(shape).astype(np.float16)
    (tmp_path / "old").mkdir()
    (tmp_path / "old/a.zst").write_bytes(packed(pickled(x=x)))
    samples = imported(tmp_path / "old", tmp_path / "set")
    assert samples.read(np.array([0]))[0].tobytes() == x.tobytes()
    assert samples.shape == shape


def test_numbers_in_names_are_ordered_as_numbers(tmp_path: Path) -> None:
    """s2 comes before s10, folders count."""
    for name in ("s10.zst", "s2.zst", "a/s3.xz"):
        path = tmp_path / "old" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(packed(pickled(), path.suffix))
    samples = imported(tmp_path / "old", tmp_path / "set")
    assert samples.index["source"].to_list() == ["a/s3.xz", "s2.zst", "s10.zst"]


@pytest.mark.parametrize(
    ("labels", "classes", "expected"),
    [
        ([-1, 0, 1, 1], ("-1", "0", "1"), [0, 1, 2, 2]),
        ([0, 1, np.nan, 1], ("0", "1"), [0, 1, None, 1]),
        ([0.5, 1, 0, 0], (), [0.5, 1, 0, 0]),
    ],
)
def test_labels_are_classes_where_they_are_whole(
    tmp_path: Path, labels: list[float], classes: tuple[str, ...], expected: list[float | None]
) -> None:
    """Whole numbers are classes in their order, the largest is the event; others are returns."""
    (tmp_path / "old").mkdir()
    for number, label in enumerate(labels):
        (tmp_path / f"old/{number}.zst").write_bytes(packed(pickled(label=label)))
    samples = imported(tmp_path / "old", tmp_path / "set")
    assert samples.classes == classes
    assert samples.index["label"].to_list() == expected


def test_bad_files_are_named_and_left_out(folder: Path, tmp_path: Path) -> None:
    """With their reasons, in the manifest; the others are there."""
    (folder / "s004.zst").write_bytes((folder / "s004.zst").read_bytes()[:-9])
    (folder / "t.zst").write_bytes(packed(SYSTEM))
    samples = imported(folder, tmp_path / "set")
    rejected = {one.file: one.reason for one in samples.manifest.rejected}
    assert "damaged or cut short" in rejected["s004.zst"]
    assert "os.system" in rejected["t.zst"]
    assert len(samples) == 8
    assert samples.read(np.array([4]))[0].tobytes() == picture(5).tobytes()


@pytest.mark.parametrize(
    "changes", [{"x": np.zeros((3, 16, 21), np.float16)}, {"x": np.full(SHAPE, 0.1, np.float32)}]
)
def test_mixed_shapes_and_types_are_refused(
    folder: Path, tmp_path: Path, changes: dict[str, Any]
) -> None:
    """Both files are named; nothing is left behind."""
    (folder / "s005.zst").write_bytes(packed(pickled(**changes)))
    with pytest.raises(DataError, match=r"s000.zst has .* s005.zst has"):
        imported(folder, tmp_path / "set")
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


@pytest.mark.parametrize("names", [[], ["a.zst"]])
def test_a_folder_without_samples_is_refused(tmp_path: Path, names: list[str]) -> None:
    """No files, or none that is any good; nothing is left behind."""
    (tmp_path / "old").mkdir()
    for name in names:
        (tmp_path / "old" / name).write_bytes(b"nonsense")
    with pytest.raises(DataError):
        imported(tmp_path / "old", tmp_path / "set")
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


def test_other_files_are_counted(folder: Path, tmp_path: Path) -> None:
    """By the ends of their names."""
    (folder / "notes.txt").write_text("x")
    assert imported(folder, tmp_path / "set").manifest.not_looked_at == {".txt": 1}


def test_a_set_among_its_samples_is_refused(folder: Path) -> None:
    """Its frames would be taken for samples the next time."""
    with pytest.raises(UsageError, match="lie among"):
        imported(folder, folder / "sub/set")
    assert len(list(folder.iterdir())) == 9


def test_an_existing_set_is_kept(folder: Path, tmp_path: Path) -> None:
    """Unless it is to be replaced."""
    imported(folder, tmp_path / "set")
    with pytest.raises(UsageError):
        imported(folder, tmp_path / "set")
    import_samples(Source(folder=folder), tmp_path / "set", force=True)


class Cut(BaseException):
    """The process is stopped."""


@pytest.mark.parametrize("files_read", [0, 1, 4, 7, 20, 24])
def test_an_interrupted_import_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files_read: int
) -> None:
    """The result is the same byte for byte, and no file is read twice."""
    monkeypatch.setattr(imports, "BATCH", 4)
    monkeypatch.setattr(frame_files, "FULL_BYTES", 700)
    folder = tmp_path / "old"
    write(folder, 25)
    (folder / "s006.zst").write_bytes(b"bad")
    imported(folder, tmp_path / "whole")
    seen: list[Path] = []
    cut_at = files_read

    class CutReader(ReadHere):
        def read(self, paths: Iterable[Path]) -> Iterator[tuple[Path, ReadSample | BadSample]]:
            for path, result in super().read(paths):
                if len(seen) == cut_at:
                    raise Cut
                seen.append(path)
                yield path, result

    monkeypatch.setattr(imports, "ReadingProcesses", CutReader)
    with pytest.raises(Cut):
        imported(folder, tmp_path / "set")
    assert not (tmp_path / "set").exists()
    cut_at = -1
    samples = imported(folder, tmp_path / "set")
    assert contents(tmp_path / "set") == contents(tmp_path / "whole")
    assert len(seen) == 25 + files_read % 4
    assert max(samples.index["file"].to_list()) > 0
    assert len(samples.read(np.arange(24))) == 24


def test_what_a_crash_left_half_written_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Frames without a line in the journal, and half a line."""
    monkeypatch.setattr(imports, "BATCH", 4)
    folder = tmp_path / "old"
    write(folder, 10)
    imported(folder, tmp_path / "whole")

    def die(*_: object) -> None:
        raise Cut

    with monkeypatch.context() as patch:
        patch.setattr(imports, "_write_set", die)
        with pytest.raises(Cut):
            imported(folder, tmp_path / "set")
    part = tmp_path / ".set.part"
    journal = part / imports.JOURNAL
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join(lines[:2]) + lines[2][:30])
    with (part / "frames-00000.zst").open("ab") as file:
        file.write(b"half a frame")
    (part / "frames-00001.zst").write_bytes(b"more")
    imported(folder, tmp_path / "set")
    assert contents(tmp_path / "set") == contents(tmp_path / "whole")


def test_other_files_ask_before_an_import_begins_anew(folder: Path, tmp_path: Path) -> None:
    """What was read of a file that has changed since does not count, and is not lost in silence."""
    (tmp_path / ".set.part").mkdir()
    (tmp_path / ".set.part/key").write_text("another folder")
    (tmp_path / ".set.part" / imports.JOURNAL).write_text("[]\n")
    with pytest.raises(UsageError, match="an unfinished work of an earlier version lies there"):
        imported(folder, tmp_path / "set")
    assert (tmp_path / ".set.part" / imports.JOURNAL).read_text() == "[]\n"
    import_samples(Source(folder=folder), tmp_path / "set", force=True)
    assert len(open_samples(tmp_path / "set")) == 9


NAMES = NameOptions(pattern="{symbol}_{time}", interval=timedelta(days=1))


def daily(tmp_path: Path, count: int) -> Path:
    """Files named after the days 2024-01-01 and on."""
    folder = tmp_path / "old"
    folder.mkdir()
    for day in range(count):
        name = f"AAPL_{START + timedelta(days=day):%Y-%m-%d}.zst"
        (folder / name).write_bytes(packed(pickled(day, float(day % 2))))
    return folder


def test_bars_tell_how_trades_end(tmp_path: Path) -> None:
    """Entry a day later, exit two days on; a trade that the bars do not end is unknown."""
    folder = daily(tmp_path, 6)
    samples = imported(
        folder,
        tmp_path / "set",
        names=NAMES,
        bars=bars("AAPL", 6),
        label=LabelSpec(horizon_bars=2),
    )
    index = samples.index
    assert index["symbol"].unique().to_list() == ["AAPL"]
    assert index["decision_time"][0] == START + timedelta(days=1)
    assert index["label_end"][0] == START + timedelta(days=4)
    assert index["forward_return"][0] == pytest.approx(103 / 101 - 1)
    assert index["label"].to_list() == [0, 1, 0, None, None, None]
    assert index["y"].to_list()[5] == [1.0, 0.25]
    assert samples.bars.height == 6


def test_a_sample_without_its_bar_is_left_out(tmp_path: Path) -> None:
    """Before it is read; it is named."""
    folder = daily(tmp_path, 6)
    (folder / "MSFT_2024-01-02.zst").write_bytes(b"never read")
    (folder / "notes.zst").write_bytes(b"never read")
    (folder / "AAPL_2024-01-01.xz").write_bytes(b"never read")
    (folder / "AAPL_soon.zst").write_bytes(b"never read")
    samples = imported(folder, tmp_path / "set", names=NAMES, bars=bars("AAPL", 5))
    rejected = {one.file: one.reason for one in samples.manifest.rejected}
    assert rejected == {
        "AAPL_2024-01-01.zst": "another file has the same symbol and time",
        "AAPL_2024-01-01.xz": rejected["AAPL_2024-01-01.xz"],
        "AAPL_2024-01-06.zst": "no bar of its symbol closes at its time",
        "AAPL_soon.zst": "the time in its name cannot be read",
        "MSFT_2024-01-02.zst": "no bar of its symbol closes at its time",
        "notes.zst": "its name does not fit the pattern",
    }


def test_bars_without_a_match_are_refused(tmp_path: Path) -> None:
    """The first file is named."""
    folder = daily(tmp_path, 3)
    with pytest.raises(DataError, match="AAPL_2024-01-01.zst: no bar"):
        imported(folder, tmp_path / "set", names=NAMES, bars=bars("MSFT", 5))
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


def test_without_bars_there_is_no_trade(folder: Path, tmp_path: Path) -> None:
    """The error says how to get them."""
    samples = imported(folder, tmp_path / "set")
    with pytest.raises(DataError, match="without bars"):
        _ = samples.bars


def test_a_damaged_frame_is_found(folder: Path, tmp_path: Path) -> None:
    """A flipped byte, a file cut short, a file that is missing; the other samples are read."""
    samples = imported(folder, tmp_path / "set")
    path = tmp_path / "set/frames-00000.zst"
    place = Place(*samples.index.select("file", "offset", "length").row(8))
    content = bytearray(path.read_bytes())
    content[place.offset + place.length - 1] ^= 1
    path.write_bytes(content)
    assert len(samples.read(np.arange(8))) == 8
    with pytest.raises(IntegrityError, match="sample 8") as caught:
        samples.read(np.array([8]))
    assert caught.value.where == str(path)
    path.write_bytes(content[:-5])
    with pytest.raises(IntegrityError, match="cut short"):
        open_samples(tmp_path / "set").read(np.array([8]))
    path.unlink()
    with pytest.raises(IntegrityError, match="missing"):
        open_samples(tmp_path / "set").read(np.array([0]))


@pytest.mark.parametrize("change", [{"schema": "quantsig.samples/2"}, {"storage": "clouds"}])
def test_another_version_is_refused(folder: Path, tmp_path: Path, change: dict[str, str]) -> None:
    """By name, before anything is read."""
    imported(folder, tmp_path / "set")
    manifest = json.loads((tmp_path / "set" / MANIFEST).read_text())
    documents.write_json(tmp_path / "set" / MANIFEST, {**manifest, **change})
    with pytest.raises(QuantsigError, match=r"unknown|not one of"):
        open_samples(tmp_path / "set")


def test_limits_are_part_of_the_work(folder: Path, tmp_path: Path) -> None:
    """A file over the limit is rejected by its size."""
    (folder / "s001.zst").write_bytes(packed(bytes(20 << 20)))
    limits = replace(ReadLimits(), memory_mb=64)
    samples = imported(folder, tmp_path / "set", limits=limits)
    assert "20,971,520" in samples.manifest.rejected[0].reason
