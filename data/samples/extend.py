"""Let a sample set grow by newer bars; what is stored keeps its bytes.

New bars and index rows are added as further parts. Samples whose labels were not known are said
anew, under their old ids, in the new part of the index. The manifest comes last and makes all of
it count at once, so until then the set is the old one. News grow likewise; see
`data/news/growth.py`.

Charts and labels see only the proportions of adjustments. Where a new dividend or split has
rescaled all of a symbol's adjustments alike, the new bars are scaled back to the stored ones.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import polars as pl

from quantsig.data.bars import CheckedBars
from quantsig.data.checks.sanity import examine, joined, record
from quantsig.data.errors import DataError, UsageError
from quantsig.data.language.messages import phrase, term
from quantsig.data.news.record import NewsRecord
from quantsig.data.news.stored import NewsSpan, grow_news, next_files, refuse_other_reading
from quantsig.data.news.table import NewsItems
from quantsig.data.progress import Progress, silent
from quantsig.data.samples.description import quarantined, with_symbols
from quantsig.data.samples.index import SampleRule, index_rows, rule_of
from quantsig.data.samples.manifest import (
    MANIFEST,
    Manifest,
    earlier_manifest,
    read_manifest,
    write_manifest,
)
from quantsig.data.samples.parts import (
    BARS,
    INDEX,
    INDEX_SCHEMA,
    PART_ROWS,
    StoredFile,
    read_parts,
    symbol_runs,
    write_bars,
    write_index,
)
from quantsig.data.samples.store import SampleSet, open_samples
from quantsig.data.storage import atomic, checksums
from quantsig.data.storage.leftovers import alone
from quantsig.data.storage.numbered import parts_in

Writer = Callable[[Path, int, pl.DataFrame], dict[str, StoredFile]]
SAME = ("timestamp", "open", "high", "low", "close", "volume")  # what a stored bar may not change
RESCALED = 1e-6  # relative; adjustments that differ by more did not all move alike


@dataclass(kw_only=True, slots=True)
class _StoredSymbol:
    """What is stored of one symbol, as far as new bars and samples ask for it."""

    bars: int = 0
    first: datetime | None = None  # when the oldest closed
    newest: datetime | None = None
    tail: pl.DataFrame | None = None  # the last bars
    known: int = 0  # of the new bars: so many of the first are stored
    scales: tuple[float, float, float] | None = None  # stored adjustments by new: least, most, last


class _Parts:
    """Frames of one kind, written as further parts once there are enough rows for one."""

    def __init__(self, folder: Path, number: int, write: Writer) -> None:
        self.folder, self.number, self.write = folder, number, write
        self.waiting: list[pl.DataFrame] = []
        self.records: dict[str, StoredFile] = {}

    def add(self, frame: pl.DataFrame) -> None:
        """Write the parts that are full with these rows."""
        self.waiting.append(frame)
        while sum(map(len, self.waiting)) >= PART_ROWS:
            rows = pl.concat(self.waiting)
            self._write(rows.head(PART_ROWS))
            self.waiting = [rows.slice(PART_ROWS)]

    def finish(self) -> None:
        """Write the part that is left."""
        if sum(map(len, self.waiting)):
            self._write(pl.concat(self.waiting))

    def _write(self, rows: pl.DataFrame) -> None:
        self.records |= self.write(self.folder, self.number, rows)
        self.number += 1


@dataclass(kw_only=True, slots=True)
class _Growth:
    """A set and what it grows by, written symbol by symbol."""

    path: Path
    manifest: Manifest
    rule: SampleRule
    lengths: dict[str, int]  # bars of each symbol
    bars: _Parts
    rows: _Parts
    new: int = 0  # samples
    labelled: int = 0
    news: NewsRecord | None = None
    news_files: dict[str, StoredFile] = field(default_factory=dict)

    @property
    def earlier_manifest(self) -> str:
        """Where the manifest as it was is kept, for runs that were trained on what it names."""
        return earlier_manifest(len(self.manifest.ancestors))

    @property
    def added(self) -> dict[str, StoredFile]:
        """The files that are new."""
        return self.bars.records | self.rows.records | self.news_files

    def add(
        self, name: str, old: _StoredSymbol, newer: pl.DataFrame, unknown: pl.DataFrame
    ) -> None:
        """Add a symbol's newer bars, their samples, and what its old samples did not know.

        Args:
            name: the symbol.
            old: what is stored of it.
            newer: the bars after the stored ones.
            unknown: symbol, bar and sample_id of the samples without a label.
        """
        self.bars.add(newer)
        bars = newer if old.tail is None else pl.concat([old.tail, newer])
        earlier, total = old.bars + len(newer) - len(bars), old.bars + len(newer)
        self.lengths[name] = total
        first = max(old.bars - self.rule.label.bars_after, 0)
        resolved = (
            index_rows(bars, self.rule, first=first, end=old.bars, first_id=0, earlier_bars=earlier)
            .filter(pl.col("label").is_not_null())
            .drop("sample_id")
            .join(
                unknown.filter(pl.col("symbol") == name).drop("symbol"),
                on="bar",
                maintain_order="left",
            )
            .select(*INDEX_SCHEMA)
        )
        self._add_rows(resolved)
        for begin in range(old.bars, total, PART_ROWS):
            new = index_rows(
                bars,
                self.rule,
                first=begin,
                end=min(begin + PART_ROWS, total),
                first_id=self.manifest.samples + self.new,
                earlier_bars=earlier,
            )
            self.new += len(new)
            self._add_rows(new)

    def _add_rows(self, rows: pl.DataFrame) -> None:
        self.labelled += rows["label"].count()
        self.rows.add(rows)


def extend_samples(
    path: Path,
    checked: CheckedBars,
    *,
    news: NewsItems | None = None,
    progress: Progress = silent,
) -> SampleSet:
    """Add the bars that are newer than the stored ones, and their samples.

    The ids of samples stay. Without newer bars nothing is written. What is stored is read part by
    part, so it adds little to the memory that the new bars take.

    Args:
        path: a sample set of storage `bars`.
        checked: bars that begin with stored ones, so that they can be seen to go on from them;
            symbols that are not stored yet join with all their bars, stored symbols may be absent.
        news: all that there are, or the newer ones, where the set has some.
        progress: told of finished symbols.

    Raises:
        DataError: the bars do not go on from the stored ones, or are of another kind; or the set
            has news and there are none, or others than it could hold.
        IntegrityError: a stored file is not what was written.
        UsageError: another process extends the set, or there are news, and it has none.
        ResourceError: the disk is full.
    """
    found = read_manifest(path)
    _refuse_another_kind(path, found, checked)
    _refuse_another_calendar(path, found, checked)
    _refuse_other_news(path, found, news)
    with alone(path):
        _grow(path, read_manifest(path), checked, news, progress)
    del checked  # where the caller kept no bars either, they need not share memory with the index
    return open_samples(path)


def _grow(
    path: Path,
    manifest: Manifest,
    checked: CheckedBars,
    news: NewsItems | None,
    progress: Progress,
) -> None:
    rule, records = rule_of(manifest), manifest.files
    runs = symbol_runs(checked.bars)
    stored = _stored(path, records, runs, keep=rule.bars_before + rule.label.bars_after)
    newer = {name: _newer(name, stored.get(name), bars) for name, bars in runs.items()}
    if not any(map(len, newer.values())):
        return
    growth = _Growth(
        path=path,
        manifest=manifest,
        rule=rule,
        lengths={name: old.bars for name, old in stored.items()},
        bars=_Parts(path, len(parts_in(records, BARS)), write_bars),
        rows=_Parts(path, len(parts_in(records, INDEX)), write_index),
    )
    with _all_or_nothing(growth):
        if news is not None:
            _add_news(growth, news, stored, checked)
        unknown = _unknown(path, records)
        for done, (name, bars) in enumerate(newer.items()):
            progress(done, len(newer))
            if len(bars):
                growth.add(name, stored.get(name, _StoredSymbol()), bars, unknown)
        growth.bars.finish()
        growth.rows.finish()
        atomic.write_bytes(path / growth.earlier_manifest, (path / MANIFEST).read_bytes())
        write_manifest(path, _manifest(growth, checked))
        progress(len(newer), len(newer))


def _add_news(
    growth: _Growth, news: NewsItems, stored: Mapping[str, _StoredSymbol], checked: CheckedBars
) -> None:
    """Add what was known after the stored bars."""
    record, times = growth.manifest.news, checked.bars["timestamp"]
    assert record is not None
    ends = {name: old.newest for name, old in stored.items() if old.newest is not None}
    seen = [time for old in stored.values() for time in (old.first, old.newest) if time]
    for time in (times.min(), times.max()):
        assert isinstance(time, datetime)
        seen.append(time)
    span = NewsSpan(ends, min(seen), max(seen))
    grown = grow_news(growth.path, growth.manifest.hashes, record, news, span)
    growth.news = grown.record
    growth.news_files = {
        name: StoredFile(sha256=checksums.sha256_of(growth.path / name), rows=grown.added)
        for name in grown.files
    }


def _refuse_other_news(path: Path, found: Manifest, news: NewsItems | None) -> None:
    if found.news is None and news is not None:
        raise UsageError(
            "these samples have no news to go on with.",
            where=str(path),
            remedy="Leave `news` out, or build a new set from all bars and all news.",
        )
    if found.news is not None and news is None:
        raise DataError(
            "the samples have news, and none are given: what was said since would be missing.",
            where=phrase("{path}, built with {source}", path=path, source=found.news.source),
            remedy="Name them, up to the newest: quantsig samples extend SAMPLES BARS `news` NEWS",
        )
    if found.news is not None and news is not None:
        refuse_other_reading(found.news, news)


@contextmanager
def _all_or_nothing(growth: _Growth) -> Iterator[None]:
    """Remove the new parts again when they will not be in the manifest."""
    try:
        yield
    except BaseException:
        if read_manifest(growth.path) == growth.manifest:
            news = next_files(growth.manifest.hashes)  # one of them may be alone
            for name in (*growth.added, *news, growth.earlier_manifest):
                (growth.path / name).unlink(missing_ok=True)
        raise


def _unknown(path: Path, records: Mapping[str, StoredFile]) -> pl.DataFrame:
    """Symbol, bar and sample_id of the samples whose label no part of the index knows."""
    columns = ("symbol", "bar", "sample_id", "label")
    unknown = pl.DataFrame(schema={name: INDEX_SCHEMA[name] for name in columns})
    for rows in read_parts(path, INDEX, records, columns):
        still = unknown.join(rows, on="sample_id", how="anti", maintain_order="left")
        unknown = pl.concat([still, rows.filter(pl.col("label").is_null())])
    return unknown.drop("label")


def _stored(
    path: Path, records: Mapping[str, StoredFile], runs: Mapping[str, pl.DataFrame], *, keep: int
) -> dict[str, _StoredSymbol]:
    """Read the stored bars part by part and hold them against the new bars of each symbol.

    Args:
        path: the sample set.
        records: what its manifest says of the files.
        runs: the new bars of each symbol.
        keep: how many of a symbol's last bars are kept.
    """
    stored: dict[str, _StoredSymbol] = {}
    for part in read_parts(path, BARS, records):
        for name, old in symbol_runs(part).items():
            symbol = stored.setdefault(name, _StoredSymbol())
            symbol.bars += len(old)
            symbol.first = symbol.first or old["timestamp"][0]
            symbol.newest = old["timestamp"][-1]
            if name in runs:
                _compare(name, symbol, old, runs[name])
                kept = old if symbol.tail is None else pl.concat([symbol.tail, old])
                symbol.tail = pl.concat([kept.tail(keep)], rechunk=True)
    return dict(sorted(stored.items()))


def _compare(name: str, symbol: _StoredSymbol, old: pl.DataFrame, bars: pl.DataFrame) -> None:
    """Hold a stretch of stored bars against those new ones that are of the same time."""
    held = old.filter(pl.col("timestamp") >= bars["timestamp"][0])
    end = int(bars["timestamp"].search_sorted(old["timestamp"][-1], side="right"))
    overlap = bars[symbol.known : end]
    if not held.select(SAME).equals(overlap.select(SAME)):
        raise _changed(name, held, overlap)
    symbol.known = end
    if len(held):
        scales = held["adjustment"] / overlap["adjustment"]
        least, most, _ = symbol.scales or (float("inf"), 0.0, 0.0)
        lowest, highest = scales.min(), scales.max()
        assert isinstance(lowest, float)
        assert isinstance(highest, float)
        symbol.scales = (min(least, lowest), max(most, highest), float(scales[-1]))


def _refuse_another_kind(path: Path, stored: Manifest, checked: CheckedBars) -> None:
    if stored.storage != "bars":
        raise DataError(
            phrase(
                "a set of storage {storage} holds no bars to go on from.", storage=stored.storage
            ),
            where=str(path),
            remedy="Import or build a new set.",
        )
    kinds = {
        "interval, in seconds,": (stored.interval_seconds, checked.interval.total_seconds()),
        "knowledge of volume": (stored.has_volume, checked.has_volume),
    }
    for kind, (old, new) in kinds.items():
        if old != new:
            raise DataError(
                phrase(
                    "the {kind} of the stored bars is {old}, that of the new bars {new}.",
                    kind=term(kind),
                    old=old,
                    new=new,
                ),
                where=f"{', '.join(checked.sources)} for {path}",
                remedy="Give bars of the same kind (see `interval`), or build a new set.",
            )


def _refuse_another_calendar(path: Path, stored: Manifest, checked: CheckedBars) -> None:
    """Refuse bars that go by another clock than the stored ones, where both are known."""
    old, new = stored.sessions, checked.calendar
    for kind in ("timezone", "session_start"):
        before, now = getattr(old, kind), getattr(new, kind)
        if None not in (before, now) and before != now:
            raise DataError(
                phrase(
                    "the {name} of the stored bars is {old}, that of the new bars {new}.",
                    name=kind,
                    old=before,
                    new=now,
                ),
                where=f"{', '.join(checked.sources)} for {path}",
                remedy=phrase(
                    "Pass --{name} {value}, or build a new set.",
                    name=kind.replace("_", "-"),
                    value=before,
                ),
            )


def _newer(name: str, old: _StoredSymbol | None, bars: pl.DataFrame) -> pl.DataFrame:
    """A symbol's bars after the stored ones, in the scale of the stored adjustments."""
    if old is None:
        return bars
    if old.scales is None:
        raise DataError(
            "the new bars begin after the stored ones, so a gap or a change would go unseen.",
            where=name,
            remedy="Give bars that begin with at least the last stored bar of each symbol.",
        )
    least, most, last = old.scales
    if max(1.0 - least / last, most / last - 1.0) > RESCALED:
        raise DataError(
            "the adjustments of the stored bars were changed, and not all alike.",
            where=name,
            remedy="Build a new set from the new bars.",
        )
    return bars.slice(old.known).with_columns(pl.col("adjustment") * last)


def _changed(name: str, held: pl.DataFrame, overlap: pl.DataFrame) -> DataError:
    both = held.join(overlap, on=SAME)
    either = pl.concat([held, overlap])["timestamp"]
    first = either.filter(~either.is_in(both["timestamp"].implode())).sort()[0]
    return DataError(
        "the new bars are not those stored: one was changed, added or left out.",
        where=phrase(
            "{name}, the bar that closed {first:%Y-%m-%d %H:%M:%S} UTC", name=name, first=first
        ),
        remedy="Give bars from the same source that go on from these, or build a new set.",
    )


def _manifest(growth: _Growth, checked: CheckedBars) -> Manifest:
    old = with_symbols(growth.manifest, dict(sorted(growth.lengths.items())))
    findings = record(examine(checked))
    return replace(
        old,
        source_notes=tuple(dict.fromkeys([*old.source_notes, *map(str, checked.notes)])),
        findings=joined(old.findings, findings) if old.findings else findings,
        sources=tuple(dict.fromkeys([*old.sources, *checked.sources])),
        quarantined=dict(
            sorted((Counter(old.quarantined) + Counter(quarantined(checked))).items())
        ),
        ancestors=(*old.ancestors, old.fingerprint),
        samples=old.samples + growth.new,
        labelled=old.labelled + growth.labelled,
        files=dict(sorted({**old.files, **growth.added}.items())),
        news=growth.news or old.news,
    )
