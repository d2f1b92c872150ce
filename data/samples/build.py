"""Build a sample set from checked bars: the bars once, and a small index row per sample.

The work is cut into pieces, so many bars of the sorted table each. A piece is a part of the bars
and a part of the index, written by a thread or a worker; where it was finished before the work was
cut short, it is kept. What a piece holds depends on the bars alone, so the set comes out the same,
byte for byte, however often it was interrupted and whoever wrote it.
"""

import hashlib
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from quantsig.data.bars import NUMBERS, CheckedBars
from quantsig.data.charts.spec import ChartSpec
from quantsig.data.checks.sanity import examine, record
from quantsig.data.errors import ConfigError, DataError
from quantsig.data.identity import identity_of
from quantsig.data.label_spec import LabelSpec
from quantsig.data.language.messages import phrase
from quantsig.data.machine import cores
from quantsig.data.news.stored import FILES, store_news
from quantsig.data.news.table import NewsItems, news_digest
from quantsig.data.progress import Progress, silent
from quantsig.data.samples.description import described, with_symbols
from quantsig.data.samples.index import SampleRule, index_rows
from quantsig.data.samples.manifest import Manifest, write_manifest
from quantsig.data.samples.parts import (
    INDEX_SCHEMA,
    PART_ROWS,
    StoredFile,
    write_bars,
    write_index,
)
from quantsig.data.samples.store import SampleSet, open_samples
from quantsig.data.samples.stored_index import read_index
from quantsig.data.split_spec import SplitSpec
from quantsig.data.splits import cut_times
from quantsig.data.storage import atomic, checksums, documents
from quantsig.data.storage.records import plain, record_of
from quantsig.data.storage.resuming import Work, flat, plain_work, resuming_folder
from quantsig.data.tasks.run import run_tasks, unheard
from quantsig.data.tasks.task import PROGRESS, Hear, Task
from quantsig.data.tasks.workers import HERE, Workers

MOST_THREADS = 8  # each holds a piece in memory
PIECES = "pieces"  # the folder of what is known of finished pieces
COUNTED = ("symbols", "left_out", "large_windows", "samples", "labelled", "files", "fingerprint")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Symbol:
    """Where one symbol's bars stand in the sorted table, and the id of its first sample."""

    name: str
    first_row: int
    bars: int
    first_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class _Work:
    """What a set is built from."""

    checked: CheckedBars
    chart: ChartSpec
    rule: SampleRule
    symbols: tuple[_Symbol, ...]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PieceTask:
    """A piece that a thread or a worker writes; rows are those of the sorted table of bars."""

    place: Path  # the folder
    number: int
    rule: SampleRule
    symbols: tuple[_Symbol, ...]  # that have rows in it
    first: int  # row
    end: int  # after the last row
    before: int  # the first row of `bars`
    bars: pl.DataFrame  # its own, those before that they show, those after that they foresee


@dataclass(frozen=True, kw_only=True, slots=True)
class _Piece:
    """What is known of a finished piece."""

    files: dict[str, StoredFile]
    samples: int
    labelled: int


@dataclass(frozen=True, kw_only=True, slots=True)
class BuildJob:
    """How a set is built, whatever is in it."""

    threads: int | None = None  # that write pieces; None: one per core
    force: bool = False  # replace what is there
    on: Workers = HERE  # processes that write them, each in one thread, in place of threads
    progress: Progress = silent  # told of finished pieces
    news: NewsItems | None = None  # that go with the bars
    splits: SplitSpec = field(default_factory=SplitSpec)  # whose training rows texts are read of


PLAIN = BuildJob()


def build_samples(
    checked: CheckedBars,
    out: Path,
    *,
    chart: ChartSpec,
    label: LabelSpec,
    stride_bars: int = 1,
    job: BuildJob = PLAIN,
) -> SampleSet:
    """Write a sample set: one sample at every `stride_bars`-th bar that has enough history.

    Rows whose label is not known yet (the newest bars) are kept with a null label. Symbols too
    short for the window are left out and named in the manifest. Called again after it was cut
    short, it goes on from there.

    Args:
        checked: the bars.
        out: the folder to write.
        chart: what the charts show.
        label: what they are asked to foresee.
        stride_bars: bars from one decision to the next, counted from the symbol's first.
        job: how the work is done; it changes nothing of the set.

    Raises:
        DataError: no symbol is long enough.
        UsageError: `out` exists, or a set of other bars or settings lies unfinished there, and
            `force` is not set; or another process is building it.
        ResourceError: the disk is full.
    """
    if stride_bars < 1:
        raise ConfigError(
            phrase("a stride of {bars} bars goes nowhere.", bars=stride_bars),
            where="samples.stride_bars",
            remedy="Use 1 or more.",
        )
    chart.check_interval(checked.interval.total_seconds())
    atomic.refuse_existing(out, force=job.force)
    rule = SampleRule(history_bars=chart.history_bars, stride_bars=stride_bars, label=label)
    symbols = tuple(_symbols(checked.bars, rule))
    if max(symbol.bars for symbol in symbols) < chart.history_bars:
        raise _too_short(checked, symbols, chart)
    work = _Work(checked=checked, chart=chart, rule=rule, symbols=symbols)
    lengths = {symbol.name: symbol.bars for symbol in symbols}
    manifest = with_symbols(
        replace(described(checked, chart, rule), findings=record(examine(checked))), lengths
    )
    with resuming_folder(out, _own_work(work, manifest, job.news), force=job.force) as folder:
        pieces = list(_write_pieces(work, folder, job))
        whole = _with_pieces(manifest, pieces)
        write_manifest(folder, whole if job.news is None else _with_news(folder, whole, job))
        shutil.rmtree(folder / PIECES)
    del checked, work  # where the caller kept no bars either, they need not share memory with
    return open_samples(out)  # the index


def _symbols(bars: pl.DataFrame, rule: SampleRule) -> Iterator[_Symbol]:
    row = sample_id = 0
    for run in bars["symbol"].rle():
        count = run["len"]
        yield _Symbol(name=run["value"], first_row=row, bars=count, first_id=sample_id)
        row += count
        sample_id += rule.samples_before(count)


def _own_work(work: _Work, manifest: Manifest, news: NewsItems | None) -> Work:
    """Everything that the set is made from, by name."""
    said = manifest.as_dict()
    made_from = {
        **{name: value for name, value in said.items() if name not in COUNTED},
        "chart": identity_of(work.chart),
        "label": identity_of(work.rule.label),
        "part_rows": PART_ROWS,
        "bars": _digest(work.checked.bars),
        **({"news": news_digest(news)} if news else {}),
    }
    return plain_work("sample set", flat(made_from))


def _digest(bars: pl.DataFrame) -> str:
    digest = hashlib.sha256()
    for frame in bars.iter_slices(PART_ROWS):
        digest.update(documents.to_json(frame["symbol"].rle().to_list()).encode())
        for name in ("timestamp", *NUMBERS):
            digest.update(frame[name].to_physical().to_numpy().tobytes())
    return digest.hexdigest()


def _write_pieces(work: _Work, folder: Path, job: BuildJob) -> Iterator[_Piece]:
    """Write every piece that is not there yet; gives what is known of each, in order."""
    total = -(-len(work.checked.bars) // PART_ROWS)
    pieces = [_piece_task(work, folder.absolute(), number) for number in range(total)]
    if not job.on.here:
        tasks = [Task(name=phrase("piece {n}", n=one.number + 1), work=one) for one in pieces]

        def hear(name: str, *told: int) -> None:
            if name == PROGRESS:
                job.progress(*told)

        yield from run_tasks(write_piece, tasks, on=job.on, hear=hear)
        return
    with ThreadPoolExecutor(job.threads or min(cores(), MOST_THREADS)) as pool:
        written = [pool.submit(write_piece, piece, unheard) for piece in pieces]
        try:
            for done, piece in enumerate(written):
                job.progress(done, total)
                yield piece.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    job.progress(total, total)


def _piece_task(work: _Work, folder: Path, number: int) -> PieceTask:
    """A piece with the bars that its rows depend on, none of them copied."""
    first = number * PART_ROWS
    end = min(first + PART_ROWS, len(work.checked.bars))
    before = max(first - work.rule.bars_before, 0)
    return PieceTask(
        place=folder,
        number=number,
        rule=work.rule,
        symbols=tuple(
            symbol
            for symbol in work.symbols
            if symbol.first_row < end and first < symbol.first_row + symbol.bars
        ),
        first=first,
        end=end,
        before=before,
        bars=work.checked.bars.slice(before, end + work.rule.label.bars_after - before),
    )


def write_piece(task: PieceTask, hear: Hear) -> _Piece:
    """Write one piece, wherever it is asked for, unless it is there as it was written."""
    note = task.place / PIECES / f"{task.number:05}.json"
    if note.is_file():
        known = record_of(documents.read_json(note), _Piece, note, remedy="Pass `force`.")
        if all(_as_written(task.place / name, file) for name, file in known.files.items()):
            return known
    bars = task.bars.slice(task.first - task.before, task.end - task.first)
    rows = _piece_index(task)
    piece = _Piece(
        files=write_bars(task.place, task.number, bars)
        | write_index(task.place, task.number, rows),
        samples=len(rows),
        labelled=rows["label"].count(),
    )
    documents.write_json(note, plain(piece))
    return piece


def _as_written(path: Path, file: StoredFile) -> bool:
    return path.is_file() and checksums.sha256_of(path) == file.sha256


def _piece_index(task: PieceTask) -> pl.DataFrame:
    """Index rows of the decisions in the rows of a piece."""
    parts = [pl.DataFrame(schema=INDEX_SCHEMA)]
    held_to = task.before + len(task.bars)
    for symbol in task.symbols:
        start = max(task.before, symbol.first_row)
        stop = min(held_to, symbol.first_row + symbol.bars)
        first = max(task.first - symbol.first_row, 0)
        rows = index_rows(
            task.bars.slice(start - task.before, stop - start),
            task.rule,
            first=first,
            end=min(task.end - symbol.first_row, symbol.bars),
            first_id=symbol.first_id + task.rule.samples_before(first),
            earlier_bars=start - symbol.first_row,
        )
        parts.append(rows)
    return pl.concat(parts)


def _with_pieces(manifest: Manifest, pieces: list[_Piece]) -> Manifest:
    files = {name: file for piece in pieces for name, file in piece.files.items()}
    return replace(
        manifest,
        samples=sum(piece.samples for piece in pieces),
        labelled=sum(piece.labelled for piece in pieces),
        files=dict(sorted(files.items())),
    )


def _with_news(folder: Path, manifest: Manifest, job: BuildJob) -> Manifest:
    """Store the news beside the bars; texts known after the training split ends teach nothing."""
    assert job.news is not None
    index = read_index(folder, manifest)
    ends = cut_times(index, job.splits, manifest.sessions)[0] if job.news.vectors is None else None
    assert not isinstance(ends, int)
    news = store_news(folder, job.news, ends)
    files = {
        name: StoredFile(sha256=checksums.sha256_of(folder / name), rows=news.rows)
        for name in FILES
    }
    return replace(manifest, news=news, files=dict(sorted({**manifest.files, **files}.items())))


def _too_short(checked: CheckedBars, symbols: tuple[_Symbol, ...], chart: ChartSpec) -> DataError:
    longest = max(symbols, key=lambda symbol: symbol.bars)
    first, *others = checked.sources
    sources = f"{first} and {len(others)} more files" if others else first
    return DataError(
        phrase("no symbol has the {bars} bars that one chart needs.", bars=chart.history_bars),
        where=phrase(
            "{sources}: the longest is {name} with {bars} bars",
            sources=sources,
            name=longest.name,
            bars=longest.bars,
        ),
        remedy="Use more bars, fewer visible bars, or shorter timeframes.",
    )
