"""Let a sample set grow by newer bars; what is stored keeps its bytes.

New bars and index rows are added as further parts. Samples whose labels were not known are said
anew, under their old ids, in the new part of the index. The manifest comes last and makes all of
it count at once, so until then the set is the old one.

Charts and labels see only the proportions of adjustments. Where a new dividend or split has
rescaled all of a symbol's adjustments alike, the new bars are scaled back to the stored ones.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from quantsig.data import files
from quantsig.data.bars import CheckedBars
from quantsig.data.errors import DataError
from quantsig.data.progress import Progress, silent
from quantsig.data.samples.build import counts, quarantined, write_manifest
from quantsig.data.samples.index import SampleRule, index_rows
from quantsig.data.samples.parts import (
    BARS,
    INDEX,
    INDEX_SCHEMA,
    PART_ROWS,
    Record,
    part,
    parts_in,
    symbol_runs,
    write_bars,
    write_index,
)
from quantsig.data.samples.store import MANIFEST, SampleSet, open_samples

Writer = Callable[[Path, int, pl.DataFrame], dict[str, Record]]
SAME = ("timestamp", "open", "high", "low", "close", "volume")  # what a stored bar may not change
RESCALED = 1e-6  # relative; adjustments that differ by more did not all move alike


@dataclass(kw_only=True, slots=True)
class _Growth:
    """What a set grows by, gathered symbol by symbol."""

    samples: SampleSet
    lengths: dict[str, int]  # bars of each symbol
    bars: list[pl.DataFrame] = field(default_factory=list)
    rows: list[pl.DataFrame] = field(default_factory=list)
    new: int = 0  # samples

    def add(self, name: str, old: pl.DataFrame, newer: pl.DataFrame, unknown: pl.DataFrame) -> None:
        """Add a symbol's newer bars, their samples, and what its old samples did not know.

        Args:
            name: the symbol.
            old: its stored bars.
            newer: the bars after them.
            unknown: index rows of its samples without a label.
        """
        manifest = self.samples.manifest
        rule = SampleRule(
            history_bars=manifest["history_bars"],
            stride_bars=manifest["stride_bars"],
            label=self.samples.label,
        )
        bars, known = pl.concat([old, newer]), len(old)
        first = max(known - rule.label.bars_after, 0)
        resolved = (
            index_rows(bars, rule, first=first, end=known, first_id=0)
            .filter(pl.col("label").is_not_null())
            .drop("sample_id")
            .join(unknown.select("bar", "sample_id"), on="bar", maintain_order="left")
            .select(*INDEX_SCHEMA)
        )
        next_id = len(self.samples) + self.new
        new = index_rows(bars, rule, first=known, end=len(bars), first_id=next_id)
        self.bars.append(newer)
        self.rows += [resolved, new]
        self.new += len(new)
        self.lengths[name] = len(bars)


def extend_samples(path: Path, checked: CheckedBars, *, progress: Progress = silent) -> SampleSet:
    """Add the bars that are newer than the stored ones, and their samples.

    The ids of samples stay. Without newer bars nothing is written.

    Args:
        path: a sample set of storage `bars`.
        checked: bars that begin with stored ones, so that they can be seen to go on from them;
            symbols that are not stored yet join with all their bars, stored symbols may be absent.
        progress: told of finished symbols.

    Raises:
        DataError: the bars do not go on from the stored ones, or are of another kind.
        IntegrityError: a stored file is not what was written.
        UsageError: another process extends the set.
        ResourceError: the disk is full.
    """
    _refuse_another_kind(open_samples(path), checked)
    with files.locked(path):
        files.remove_leftovers(path)
        samples = open_samples(path)
        stored = symbol_runs(samples.bars)
        unknown = samples.index.filter(pl.col("label").is_null())
        growth = _Growth(samples=samples, lengths={name: len(old) for name, old in stored.items()})
        runs = symbol_runs(checked.bars)
        for done, (name, bars) in enumerate(runs.items()):
            progress(done, len(runs))
            old = stored.get(name, bars.clear())
            newer = _newer(name, old, bars)
            if len(newer):
                growth.add(name, old, newer, unknown.filter(pl.col("symbol") == name))
        progress(len(runs), len(runs))
        if growth.bars:
            _write(growth, checked)
    return open_samples(path)


def _refuse_another_kind(samples: SampleSet, checked: CheckedBars) -> None:
    stored = samples.manifest
    if stored["storage"] != "bars":
        raise DataError(
            f"a set of storage {stored['storage']} holds no bars to go on from.",
            where=str(samples.path),
            remedy="Import or build a new set.",
        )
    kinds = {
        "interval, in seconds,": (stored["interval_seconds"], checked.interval.total_seconds()),
        "knowledge of volume": (stored["has_volume"], checked.has_volume),
    }
    for kind, (old, new) in kinds.items():
        if old != new:
            raise DataError(
                f"the {kind} of the stored bars is {old}, that of the new bars {new}.",
                where=f"{', '.join(checked.sources)} for {samples.path}",
                remedy="Give bars of the same kind (see --interval), or build a new set.",
            )


def _newer(name: str, old: pl.DataFrame, bars: pl.DataFrame) -> pl.DataFrame:
    """A symbol's bars after the stored ones, in the scale of the stored adjustments."""
    if old.is_empty():
        return bars
    overlap = bars.filter(pl.col("timestamp") <= old["timestamp"][-1])
    held = old.filter(pl.col("timestamp") >= bars["timestamp"][0])
    _refuse_changes(name, held, overlap)
    scale = _scale(name, held["adjustment"], overlap["adjustment"])
    return bars.slice(len(overlap)).with_columns(pl.col("adjustment") * scale)


def _refuse_changes(name: str, held: pl.DataFrame, overlap: pl.DataFrame) -> None:
    if held.is_empty():
        raise DataError(
            "the new bars begin after the stored ones, so a gap or a change would go unseen.",
            where=name,
            remedy="Give bars that begin with at least the last stored bar of each symbol.",
        )
    if held.select(SAME).equals(overlap.select(SAME)):
        return
    both = held.join(overlap, on=SAME)
    either = pl.concat([held, overlap])["timestamp"]
    first = either.filter(~either.is_in(both["timestamp"].implode())).sort()[0]
    raise DataError(
        "the new bars are not those stored: one was changed, added or left out.",
        where=f"{name}, the bar that closed {first:%Y-%m-%d %H:%M:%S} UTC",
        remedy="Give bars from the same source that go on from these, or build a new set.",
    )


def _scale(name: str, held: pl.Series, overlap: pl.Series) -> float:
    """What the new adjustments are multiplied by to continue the stored ones."""
    scales = held / overlap
    scale = float(scales[-1])
    if ((scales / scale - 1.0).abs() > RESCALED).any():
        raise DataError(
            "the adjustments of the stored bars were changed, and not all alike.",
            where=name,
            remedy="Build a new set from the new bars.",
        )
    return scale


def _write(growth: _Growth, checked: CheckedBars) -> None:
    """Write the new parts, then the manifest; when that fails, nothing of it stays."""
    path, manifest = growth.samples.path, growth.samples.manifest
    new_files = dict(_new_files(manifest["files"], growth))
    try:
        records: dict[str, Record] = {}
        for number, write, frame in new_files.values():
            records |= write(path, number, frame)
        write_manifest(path, _manifest(growth, checked, records))
    except BaseException:
        if files.read_json(path / MANIFEST) == manifest:
            for name in new_files:
                (path / name).unlink(missing_ok=True)
        raise


def _new_files(
    known: Mapping[str, Record], growth: _Growth
) -> Iterator[tuple[str, tuple[int, Writer, pl.DataFrame]]]:
    for first, write, frames in (
        (BARS, write_bars, growth.bars),
        (INDEX, write_index, growth.rows),
    ):
        start = len(parts_in(known, first))
        for number, piece in enumerate(pl.concat(frames).iter_slices(PART_ROWS), start):
            yield part(first, number), (number, write, piece)


def _manifest(
    growth: _Growth, checked: CheckedBars, records: Mapping[str, Record]
) -> dict[str, Any]:
    old, set_aside = growth.samples.manifest, quarantined(checked)
    rules = sorted(old["quarantined"].keys() | set_aside.keys())
    lengths = dict(sorted(growth.lengths.items()))
    return {
        **old,
        "sources": list(dict.fromkeys([*old["sources"], *checked.sources])),
        "quarantined": {r: old["quarantined"].get(r, 0) + set_aside.get(r, 0) for r in rules},
        **counts(lengths, old["history_bars"]),
        "ancestors": [*old["ancestors"], old["fingerprint"]],
        "samples": old["samples"] + growth.new,
        "labelled": old["labelled"] + sum(rows["label"].count() for rows in growth.rows),
        "files": dict(sorted((old["files"] | records).items())),
    }
