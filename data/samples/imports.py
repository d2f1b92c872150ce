"""Bring a folder of old sample files into a sample set: its pictures as frames, its labels once.

What names and bars say is checked before a file is read. The files are then read side by side
and written down in their order, a batch at a time: first the frames, synced, then one line of the
journal that lists them. Cut short at any point, the import goes on behind the last line.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from quantsig.data.bars import COLUMNS, CheckedBars, adjusted
from quantsig.data.errors import DataError, QuantsigError, UsageError
from quantsig.data.identity import identity_of
from quantsig.data.label_spec import LabelSpec
from quantsig.data.labels import Prices, make_labels
from quantsig.data.language.messages import phrase, term
from quantsig.data.machine import cores
from quantsig.data.progress import Progress, silent
from quantsig.data.samples.description import quarantined
from quantsig.data.samples.frames.files import FrameWriter, Place, file_name
from quantsig.data.samples.legacy.file_names import UNKNOWN_SYMBOL, NameOptions, read_names
from quantsig.data.samples.legacy.reading import ReadingProcesses, ReadSample
from quantsig.data.samples.legacy.sample_file import BadSample, ReadLimits
from quantsig.data.samples.legacy.sample_files import find_files
from quantsig.data.samples.manifest import Manifest, Omissions, RejectedFile, write_manifest
from quantsig.data.samples.parts import BARS, INDEX, PLACE_SCHEMA, StoredFile
from quantsig.data.samples.store import SampleSet, open_samples
from quantsig.data.storage import atomic, checksums, documents, parquet
from quantsig.data.storage.resuming import Work, flat, plain_work, resuming_folder
from quantsig.data.tables.table import CANONICAL_MARK
from quantsig.data.tasks.run import run_tasks
from quantsig.data.tasks.task import Hear, Task
from quantsig.data.tasks.workers import HERE, Workers

JOURNAL = "journal.jsonl"
BATCH = 64  # files of one line of the journal
MOST_CLASSES = 20  # more whole numbers than that are no classes
FRAME_VERSION = 1
TIME = pl.Datetime("us", "UTC")
TRADE_SCHEMA: Mapping[str, pl.DataType] = {
    "label_end": TIME,
    "forward_return": pl.Float64(),
    "stop": pl.Float64(),
    "target": pl.Float64(),
}

Record = dict[str, Any]  # a line of the journal holds a list of these, one a file


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """Where old samples come from and what is known of them besides."""

    folder: Path
    names: NameOptions | None = None  # None: neither symbol nor time is known
    bars: CheckedBars | None = None
    label: LabelSpec = field(default_factory=LabelSpec)  # the trade a sample stands for, with bars
    limits: ReadLimits = field(default_factory=ReadLimits)


def import_samples(
    source: Source,
    out: Path,
    *,
    processes: int | None = None,
    on: Workers = HERE,
    force: bool = False,
    progress: Progress = silent,
) -> SampleSet:
    """Write the sample set of a folder of old samples; cut short, it goes on when called again.

    Files that cannot be used are listed in the manifest as `rejected`, with the reason.

    Args:
        source: the files, their names and their bars.
        out: the folder to write.
        processes: of this machine that read files; None: one per core.
        on: workers of a cluster that read in place of them, each in a process of its own.
        force: replace an `out` that exists.
        progress: told of files read.

    Raises:
        DataError: there are no samples, none can be used, or their shapes differ.
        UsageError: `out` exists, or an import of other files or limits lies unfinished there,
            and `force` is not set.
        ResourceError: the disk is full.
    """
    atomic.refuse_existing(out, force=force)
    _refuse_within(source.folder, out)
    found = find_files(source.folder)
    plan = _plan(source, found.files)
    wanted = plan.filter(pl.col("reason").is_null())
    if wanted.is_empty():
        raise _nothing_left(source, plan["file"].to_list(), plan["reason"].to_list())
    paths = [source.folder / name for name in wanted["file"]]
    with resuming_folder(out, _own_work(paths, source), force=force) as folder:
        try:
            reading = (
                _cluster(source.limits, on)
                if on.home != "local"
                else _here(source.limits, processes or on.count or cores())
            )
            records = list(_read_all(source, wanted["file"], folder, reading, progress))
            _write_set(source, plan, records, folder, found.others)
        except QuantsigError as error:
            if isinstance(error, DataError):
                shutil.rmtree(folder)
            raise
        (folder / JOURNAL).unlink()
    return open_samples(out)


def _refuse_within(folder: Path, out: Path) -> None:
    """Raise a UsageError where the set would itself be found among the samples."""
    if out.resolve().is_relative_to(folder.resolve()):
        raise UsageError(
            "the sample set would lie among the files it is made from.",
            where=str(out),
            remedy=phrase("Write it outside of {folder}.", folder=folder),
        )


def _plan(source: Source, found: pl.DataFrame) -> pl.DataFrame:
    """A row per file in the order of the set: what its name and the bars say of it.

    Columns: file, symbol, decision_time, label_end, forward_return, stop, target, and reason,
    null where the file is to be read.
    """
    if source.names is None:
        nothing = {name: pl.lit(None, kind) for name, kind in TRADE_SCHEMA.items()}
        return found.with_columns(
            symbol=pl.lit(UNKNOWN_SYMBOL), decision_time=pl.lit(None, TIME), **nothing
        )
    plan = found.hstack(read_names(found["file"].to_list(), source.names))
    reasons = [
        pl.col("reason"),
        pl.when(pl.col("symbol").is_null()).then(pl.lit("its name does not fit the pattern")),
    ]
    timed = plan["decision_time"].count() > 0
    if timed:
        twin = pl.struct("symbol", "decision_time").is_first_distinct()
        reasons += [
            pl.when(pl.col("decision_time").is_null()).then(
                pl.lit("the time in its name cannot be read")
            ),
            pl.when(~twin).then(pl.lit("another file has the same symbol and time")),
        ]
    plan = plan.join(
        _trades(source), on=["symbol", "decision_time"], how="left", maintain_order="left"
    )
    if source.bars is not None:
        stray = pl.lit("no bar of its symbol closes at its time")
        reasons.append(pl.when(pl.col("bar").is_null()).then(stray))
    return plan.with_columns(reason=pl.coalesce(reasons)).drop("bar")


def _trades(source: Source) -> pl.DataFrame:
    """How a trade decided at each bar would end, by symbol and decision_time."""
    keys = {"symbol": pl.String(), "decision_time": TIME}
    schema: dict[str, pl.DataType] = {**keys, **TRADE_SCHEMA, "bar": pl.Boolean()}
    if source.bars is None:
        return pl.DataFrame(schema=schema)
    parts = [pl.DataFrame(schema=schema)]
    for bars in adjusted(source.bars.bars).partition_by("symbol", maintain_order=True):
        prices = {name: bars[name].to_numpy() for name in ("open", "high", "low", "close")}
        labelled = make_labels(Prices(**prices), source.label)
        ends = pl.Series(labelled.end_bar)
        columns = {
            "symbol": bars["symbol"],
            "decision_time": bars["timestamp"],
            "label_end": bars["timestamp"].gather(ends.replace(-1, None)),
            "forward_return": labelled.forward_return,
            "stop": labelled.stop,
            "target": labelled.target,
            "bar": pl.repeat(True, len(bars), eager=True),
        }
        parts.append(pl.DataFrame(columns, schema=schema, nan_to_null=True))
    return pl.concat(parts)


def _own_work(paths: Sequence[Path], source: Source) -> Work:
    """Everything that the frames are made from; labels and times are made anew each time."""
    digest = hashlib.sha256()
    for path in paths:
        status = path.stat()
        digest.update(documents.to_json([str(path), status.st_size, status.st_mtime_ns]).encode())
    made_from = {
        "frame_version": FRAME_VERSION,
        "folder": str(source.folder.resolve()),
        "pattern": source.names.pattern if source.names else None,
        "files": len(paths),
        "names, sizes and times of files": digest.hexdigest(),
        **flat(identity_of(source.limits)),
    }
    return plain_work("import", made_from, {"pattern"})


Results = Generator[ReadSample | BadSample]
Reading = Callable[[Sequence[Path]], Results]


def _here(limits: ReadLimits, processes: int) -> Reading:
    """Reading in processes of this machine."""

    def read(paths: Sequence[Path]) -> Results:
        with ReadingProcesses(processes, limits) as reading:
            yield from (result for _, result in reading.read(paths))

    return read


def _cluster(limits: ReadLimits, on: Workers) -> Reading:
    """Reading in workers, a batch each; a file that ends a process ends one of the worker's."""

    def read(paths: Sequence[Path]) -> Results:
        tasks = [
            Task(
                name=phrase("file {name}", name=paths[first].name),
                work=ReadTask(paths=tuple(paths[first : first + BATCH]), limits=limits),
            )
            for first in range(0, len(paths), BATCH)
        ]
        for results in run_tasks(read_files, tasks, on=on):
            yield from results

    return read


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadTask:
    """Files that a worker reads."""

    paths: tuple[Path, ...]  # from the root
    limits: ReadLimits


def read_files(task: ReadTask, hear: Hear) -> list[ReadSample | BadSample]:
    """Read some files, wherever it is asked for."""
    return [result for _, result in _own_process(task.limits).read(task.paths)]


@lru_cache(maxsize=1)
def _own_process(limits: ReadLimits) -> ReadingProcesses:
    """A process that reads, kept from task to task; it ends with the worker."""
    return ReadingProcesses(1, limits)


def _read_all(
    source: Source, names: pl.Series, folder: Path, reading: Reading, progress: Progress
) -> Iterator[Record]:
    """The records of all files: those of the journal, then those that are read now."""
    known = _journal(folder)
    yield from known
    places = [record for record in known if "reason" not in record]
    first = places[0] if places else None
    end = Place(*places[-1]["place"]) if places else None
    todo = names[len(known) :].to_list()
    paths = [source.folder.absolute() / name for name in todo]
    with FrameWriter(folder, end) as writer, closing(reading(paths)) as results:
        records = (
            _record(name, result, writer) for name, result in zip(todo, results, strict=True)
        )
        done = len(known)
        while batch := list(islice(records, BATCH)):
            progress(done, len(names))
            first = _refuse_mixed(first, batch, source.folder)
            writer.sync()
            atomic.append_line(folder / JOURNAL, documents.to_json(batch))
            yield from batch
            done += len(batch)
    progress(len(names), len(names))


def _journal(folder: Path) -> list[Record]:
    """The records written so far; a last line that a crash cut short is taken away."""
    journal = folder / JOURNAL
    if not journal.is_file():
        return []
    text = journal.read_text("utf-8")
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        atomic.write_text(journal, whole)
    return [record for line in whole.splitlines() for record in json.loads(line)]


def _record(name: str, result: ReadSample | BadSample, writer: FrameWriter) -> Record:
    if isinstance(result, BadSample):
        return {"file": name, "reason": str(result)}
    return {
        "file": name,
        "shape": result.shape,
        "dtype": result.dtype,
        "targets": result.targets,
        "direction": result.direction,
        "place": writer.append(result.frame),
    }


def _refuse_mixed(first: Record | None, batch: list[Record], folder: Path) -> Record | None:
    """Raise a DataError for a sample of another shape or type than the first; gives the first."""
    for record in batch:
        if "reason" in record:
            continue
        first = first or record
        if _kind(record) != _kind(first):
            raise DataError(
                phrase(
                    "the samples differ: {one} has {kind}, {other} has {its_kind}.",
                    one=first["file"],
                    kind=_kind(first),
                    other=record["file"],
                    its_kind=_kind(record),
                ),
                where=str(folder),
                remedy="Import them apart: one folder for each shape and type.",
            )
    return first


def _kind(record: Record) -> str:
    sizes = " x ".join(map(str, record["shape"]))
    return phrase("{dtype} of {sizes}", dtype=record["dtype"], sizes=sizes)


def _write_set(
    source: Source,
    plan: pl.DataFrame,
    records: list[Record],
    folder: Path,
    others: dict[str, int],
) -> None:
    """Index, bars and manifest beside the frames."""
    refused = {record["file"]: record["reason"] for record in records if "reason" in record}
    good = [record for record in records if "reason" not in record]
    rejected = [
        RejectedFile(file=name, reason=reason or refused[name])
        for name, reason in plan.select("file", "reason").iter_rows()
        if reason or name in refused
    ]
    if not good:
        reasons = [one.reason for one in rejected]
        raise _nothing_left(source, [one.file for one in rejected], reasons)
    classes, labels = _classes([record["targets"][0] for record in good])
    index = _index(source, plan, good, labels)
    parquet.write_parquet(folder / INDEX, index)
    rows = {INDEX: len(index)}
    for number, count in index["file"].value_counts(sort=True).iter_rows():
        rows[file_name(number)] = count
    if source.bars is not None:
        bars = source.bars.bars.select(COLUMNS)
        parquet.write_parquet(folder / BARS, bars, metadata=dict([CANONICAL_MARK]))
        rows[BARS] = len(bars)
    files = {
        name: StoredFile(sha256=checksums.sha256_of(folder / name), rows=rows[name])
        for name in sorted(rows)
    }
    manifest = _manifest(source, index, good[0], classes)
    write_manifest(
        folder,
        replace(manifest, rejected=tuple(rejected), not_looked_at=others, files=files),
    )


def _classes(targets: list[float | None]) -> tuple[list[str], pl.Series]:
    """Names of the classes and the number of each label; none where they are no whole numbers."""
    values = pl.Series(targets, dtype=pl.Float64)
    distinct = values.drop_nulls().unique().sort()
    if distinct.is_empty() or len(distinct) > MOST_CLASSES or (distinct != distinct.round()).any():
        return [], values
    numbers = pl.Series(np.arange(len(distinct), dtype=np.float64))
    ranks = values.replace_strict(distinct, numbers, default=None, return_dtype=pl.Float64)
    return [str(int(value)) for value in distinct], ranks


def _index(
    source: Source, plan: pl.DataFrame, good: list[Record], labels: pl.Series
) -> pl.DataFrame:
    kept = plan.join(
        pl.DataFrame({"file": [record["file"] for record in good]}),
        on="file",
        how="semi",
        maintain_order="left",
    )
    places = [record["place"] for record in good]
    # a label whose trade does not end within the bars is unknown, as in sets built from bars
    known = pl.col("forward_return").is_not_null() | pl.lit(source.bars is None)
    return kept.select(
        pl.int_range(pl.len(), dtype=pl.Int64).alias("sample_id"),
        "symbol",
        "decision_time",
        pl.lit(None, TIME).alias("window_start"),
        "label_end",
        "forward_return",
        pl.when(known).then(labels).alias("label"),
        "stop",
        "target",
        pl.lit(source.label.direction, pl.Int8).alias("direction"),
        pl.Series("source", kept["file"]),
        pl.Series("y", [record["targets"] for record in good], dtype=pl.List(pl.Float64)),
        pl.Series("source_direction", [record["direction"] for record in good], dtype=pl.String),
        *(
            pl.Series(name, column, dtype=PLACE_SCHEMA[name])
            for name, column in zip(PLACE_SCHEMA, zip(*places, strict=True), strict=True)
        ),
    )


def _manifest(
    source: Source,
    index: pl.DataFrame,
    sample: Mapping[str, Any],
    classes: list[str],
) -> Manifest:
    bars = source.bars
    return Manifest(
        storage="frames",
        frame_version=FRAME_VERSION,
        shape=tuple(sample["shape"]),
        dtype=sample["dtype"],
        chart=None,
        drawing_version=None,
        planes=None,
        history_bars=None,
        label=source.label,
        classes=tuple(classes),
        stride_bars=None,
        interval_seconds=bars.interval.total_seconds() if bars else None,
        has_bars=bars is not None,
        has_volume=bars.has_volume if bars else None,
        calendar=bars.calendar if bars else None,
        sources=(source.folder.resolve().name, *(bars.sources if bars else ())),
        symbols=tuple(index["symbol"].unique().sort()),
        samples=len(index),
        labelled=index["label"].count(),
        quarantined=quarantined(bars) if bars else {},
        left_out=Omissions(),
        large_windows=(),
        files={},
    )


def _nothing_left(source: Source, names: list[str], reasons: list[str]) -> DataError:
    return DataError(
        phrase(
            "none of {files} files is a sample that can be used; {name}: {reason}.",
            files=len(names),
            name=names[0],
            reason=term(reasons[0]),
        ),
        where=str(source.folder),
        remedy="Check the files, the pattern, the time zone and the bars.",
    )
