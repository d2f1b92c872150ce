"""The decisions that were scored as a sample set: bars and index rows, and nothing that is drawn.

Labels, returns and barriers of its rows are those that any set of these bars has at the same
decisions; `split` holds what is given, where the splits are not cut by shares or dates.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from quantsig.data.bars import CheckedBars
from quantsig.data.checks.sanity import examine, record
from quantsig.data.label_spec import LabelSpec
from quantsig.data.samples.description import quarantined
from quantsig.data.samples.index import SampleRule, index_rows
from quantsig.data.samples.manifest import Manifest, Omissions, write_manifest
from quantsig.data.samples.matrix import bar_matrix
from quantsig.data.samples.parts import PART_ROWS, StoredFile, symbol_runs, write_bars, write_index
from quantsig.data.samples.store import ROWS, SampleSet, open_samples
from quantsig.data.splits import SPLIT

PLACES = ["symbol", "bar"]


def labelled_rows(places: pl.DataFrame, bars: CheckedBars, label: LabelSpec) -> pl.DataFrame:
    """Index rows of decisions, in the order of symbol and time.

    Args:
        places: `symbol` and `bar`, a decision a row.
        bars: of these symbols.
        label: what is foreseen.

    Returns:
        A row a decision: the columns of an index, `window_start` null, for what the model looked
        at is not known.
    """
    rule = SampleRule(history_bars=1, stride_bars=1, label=label)
    wanted = places.partition_by("symbol", as_dict=True)
    parts = []
    for name, own in symbol_runs(bars.bars).items():
        if (name,) in wanted:
            rows = index_rows(own, rule, first=0, end=len(own), first_id=0)
            parts.append(rows.join(wanted[(name,)].select(PLACES), on=PLACES, how="semi"))
    index = pl.concat(parts).sort(PLACES)
    return index.with_columns(
        sample_id=pl.int_range(pl.len(), dtype=pl.Int64),
        window_start=pl.lit(None, index.schema["window_start"]),
    )


def write_scored_samples(
    out: Path, index: pl.DataFrame, bars: CheckedBars, label: LabelSpec
) -> SampleSet:
    """Write the sample set of scored decisions.

    Args:
        out: the folder to fill.
        index: of `labelled_rows`, and `split` where it is given.
        bars: all of them, also of symbols and times without scores: markets are made of these.
        label: of the index.
    """
    out.mkdir(parents=True)
    files: dict[str, StoredFile] = {}
    for number, part in enumerate(bars.bars.iter_slices(PART_ROWS)):
        files |= write_bars(out, number, part)
    given = [SPLIT] if SPLIT in index.columns else []
    files |= write_index(out, 0, index, more=given)
    manifest = replace(_described(index, bars, label), files=dict(sorted(files.items())))
    write_manifest(out, manifest)
    return open_samples(out)


def seen_in_memory(index: pl.DataFrame, bars: CheckedBars, label: LabelSpec) -> SampleSet:
    """The sample set of scored decisions, of which nothing is written.

    Args:
        index: of `labelled_rows`.
        bars: of their symbols.
        label: of the index.
    """
    begins = bars.bars["symbol"].rle().struct.unnest()
    first = begins.select("value", first=pl.col("len").cum_sum() - pl.col("len"))
    places = index.join(first, left_on="symbol", right_on="value", maintain_order="left")
    rows = (places["first"] + places["bar"]).to_numpy().astype(np.int64)
    samples = SampleSet(
        path=Path(bars.sources[0]),  # named where something is wrong
        manifest=_described(index, bars, label),
        index=index,
    )
    return samples.seen_as(bar_matrix(bars.bars), rows)


def _described(index: pl.DataFrame, bars: CheckedBars, label: LabelSpec) -> Manifest:
    return Manifest(
        storage=ROWS,
        drawing_version=None,
        chart=None,
        planes=None,
        history_bars=None,
        label=label,
        stride_bars=None,
        interval_seconds=bars.interval.total_seconds(),
        has_bars=True,
        has_volume=bars.has_volume,
        calendar=bars.calendar,
        sources=tuple(bars.sources),
        source_notes=tuple(map(str, bars.notes)),
        findings=record(examine(bars)),
        quarantined=quarantined(bars),
        symbols=tuple(index["symbol"].unique().sort()),
        left_out=Omissions(),
        large_windows=(),
        samples=len(index),
        labelled=index["label"].count(),
        files={},
    )
