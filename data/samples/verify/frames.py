"""Look whether the frames of a sample set are what its index and its manifest say.

Every frame is decoded, which checks its checksum, and none is kept. Where there are bars, every
decision is one of them and a random part of the trades is followed again.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from math import prod
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data.language.messages import phrase
from quantsig.data.machine import cores
from quantsig.data.progress import Progress
from quantsig.data.samples.frames.files import file_name
from quantsig.data.samples.frames.record import FLOATS, MOST_BYTES, MOST_DIMS
from quantsig.data.samples.index import SampleRule, index_rows
from quantsig.data.samples.manifest import MANIFEST
from quantsig.data.samples.parts import INDEX, symbol_runs
from quantsig.data.samples.store import SampleSet
from quantsig.data.samples.verify.wrong_rows import hold, wrong_row
from quantsig.data.storage import checksums

TIME = pl.Datetime("us", "UTC")
FRAMES_INDEX: Mapping[str, pl.DataType] = {
    "sample_id": pl.Int64(),
    "symbol": pl.String(),
    "decision_time": TIME,
    "window_start": TIME,
    "label_end": TIME,
    "forward_return": pl.Float64(),
    "label": pl.Float64(),
    "stop": pl.Float64(),
    "target": pl.Float64(),
    "direction": pl.Int8(),
    "source": pl.String(),
    "y": pl.List(pl.Float64()),
    "source_direction": pl.String(),
    "file": pl.Int32(),
    "offset": pl.Int64(),
    "length": pl.Int32(),
}
TRADE = ("decision_time", "label_end", "forward_return", "stop", "target", "direction")


def check_index(samples: SampleSet) -> None:
    """Hold the columns of the index and what it says of labels against the manifest.

    Raises:
        IntegrityError: they differ.
    """
    if dict(samples.index.schema) != dict(FRAMES_INDEX):
        raise checksums.damaged(
            samples.path / INDEX, "its columns are not those of a set of frames"
        )
    symbols = samples.index["symbol"].unique().sort().to_list()
    if list(samples.manifest.symbols) != symbols:
        raise checksums.damaged(samples.path / MANIFEST, "its symbols are not those of the index")
    times = samples.index["decision_time"].count()
    if times not in (0, len(samples)):
        raise checksums.damaged(
            samples.path / INDEX,
            phrase("{times} of {samples} decisions have times", times=times, samples=len(samples)),
        )
    said = pl.col("y").list.first()
    if samples.classes:
        names = {float(number): float(name) for number, name in enumerate(samples.classes)}
        meant = pl.col("label").replace_strict(names, default=None, return_dtype=pl.Float64)
    else:
        meant = pl.col("label")
    hold(samples, pl.col("label").is_null() | (meant == said), "its label is not that of its y")
    known = said.is_not_null()
    if samples.manifest.has_bars:
        known &= pl.col("forward_return").is_not_null()
    hold(samples, known == pl.col("label").is_not_null(), "whether its label is known differs")


def check_places(samples: SampleSet) -> None:
    """Hold the places of the frames against the files: end to end, from the first byte to the last.

    Raises:
        IntegrityError: a frame lies outside, over another, or bytes belong to none.
    """
    places = samples.index.sort("file", "offset")
    listed = {name: file.rows for name, file in samples.manifest.files.items()}
    counts = {file_name(n): len(rows) for (n,), rows in places.group_by("file")}
    frames = {name: rows for name, rows in listed.items() if name.startswith("frames-")}
    if frames != counts:
        raise checksums.damaged(
            samples.path / MANIFEST, "its files and their rows are not those of the index"
        )
    ends = (pl.col("offset") + pl.col("length")).over("file", mapping_strategy="group_to_rows")
    before = ends.shift(fill_value=0).over("file")
    gaps = places.filter((pl.col("offset") != before) | (pl.col("length") <= 0))
    if len(gaps):
        raise wrong_row(
            samples, INDEX, gaps.row(0, named=True), "its frame does not follow the one before"
        )
    for (number,), rows in places.group_by("file", maintain_order=True):
        path = samples.path / file_name(number)
        end, size = rows["offset"][-1] + rows["length"][-1], path.stat().st_size
        if end != size:
            raise checksums.damaged(
                path, phrase("its frames end at byte {end}, the file at {size}", end=end, size=size)
            )


def check_frames(samples: SampleSet, progress: Progress) -> None:
    """Decode every frame, in memory that does not grow with the set.

    Raises:
        IntegrityError: one is damaged, or of another shape or type than the manifest says.
    """
    shape, dtype = samples.shape, samples.manifest.dtype
    widths = {kind.name: kind.itemsize for kind in FLOATS.values()}
    if (
        dtype not in widths
        or not 1 <= len(shape) <= MOST_DIMS
        or not 0 < prod(shape) * widths[dtype] <= MOST_BYTES
    ):
        raise checksums.damaged(
            samples.path / MANIFEST,
            phrase("no frame is {dtype} of {shape}", dtype=dtype, shape=str(shape)),
        )
    threads = cores()
    buffers = [np.empty((1, *samples.shape), samples.dtype) for _ in range(threads)]
    with ThreadPoolExecutor(threads, thread_name_prefix="verify") as pool:
        for first in range(0, len(samples), threads):
            progress(first, len(samples))
            ids = range(first, min(first + threads, len(samples)))
            list(pool.map(partial(_decode, samples), ids, buffers))
    progress(len(samples), len(samples))


def _decode(samples: SampleSet, sample_id: int, buffer: NDArray[Any]) -> None:
    samples.read(np.array([sample_id]), buffer)


def check_trades(samples: SampleSet, ids: NDArray[np.int64], progress: Progress) -> None:
    """Hold every decision against the bars, and follow the trades of some samples again.

    Raises:
        IntegrityError: a decision is no bar of its symbol, or a trade ends otherwise.
    """
    decisions = samples.bars.select("symbol", decision_time="timestamp", is_bar=True)
    known = samples.index.join(
        decisions, on=["symbol", "decision_time"], how="left", maintain_order="left"
    )
    hold(samples, known["is_bar"], "no bar of its symbol closes at its decision_time")
    rule = SampleRule(history_bars=1, stride_bars=1, label=samples.label.trade)
    runs = symbol_runs(samples.bars)
    for done, row in enumerate(samples.index[ids].iter_rows(named=True)):
        progress(done, len(ids))
        bars = runs[row["symbol"]]
        bar = bars["timestamp"].search_sorted(row["decision_time"])
        after = bars.slice(0, bar + rule.label.bars_after + 1)
        again = index_rows(after, rule, first=bar, end=bar + 1, first_id=row["sample_id"])
        if again.select(TRADE).row(0) != tuple(row[name] for name in TRADE):
            raise wrong_row(samples, INDEX, row, "its trade is another when followed again")
    progress(len(ids), len(ids))
