"""Open a sample set: its index as a frame without touching pixels, its charts by row.

Opening imports none of the compiled code; drawing does when it starts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data import files, splits
from quantsig.data.charts.version import DRAWING_VERSION
from quantsig.data.errors import DataError
from quantsig.data.samples.parts import BARS, INDEX, parts_in, read_part, symbol_runs

if TYPE_CHECKING:
    from quantsig.data.charts.draw import BarMatrix
    from quantsig.data.charts.spec import ChartSpec
    from quantsig.data.labels import LabelSpec

SCHEMA = "quantsig.samples/1"
MANIFEST = "manifest.json"
MATRIX_COLUMNS = ("open", "high", "low", "close", "volume", "adjustment")

__all__ = ["BARS", "INDEX", "MANIFEST", "SCHEMA", "SampleSet", "bar_matrix", "open_samples"]


@dataclass(frozen=True, kw_only=True)
class SampleSet:
    """An opened sample set of storage `bars`: charts are drawn when they are read.

    Samples are chosen on the index, an ordinary frame, and read by their ids:

        rows = samples.with_splits(SplitSpec()).filter(
            pl.col("split") == "train", pl.col("symbol") == "AAPL", pl.col("label") == 1
        )
        charts = samples.read(rows["sample_id"].to_numpy())
    """

    path: Path
    manifest: Mapping[str, Any]
    index: pl.DataFrame  # a row per sample, in the order of sample_id

    def __len__(self) -> int:
        return len(self.index)

    @property
    def chart(self) -> "ChartSpec":
        """What each chart shows."""
        from quantsig.data.charts.spec import ChartSpec

        return ChartSpec(**self.manifest["chart"])

    @property
    def label(self) -> "LabelSpec":
        """What each sample is asked to foresee."""
        from quantsig.data.labels import LabelSpec

        return LabelSpec(**self.manifest["label"])

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the label's classes, the event last; empty for regression."""
        from quantsig.data.labels import LABELS

        return LABELS[self.label.name].classes

    def with_splits(self, spec: splits.SplitSpec) -> pl.DataFrame:
        """The index and a column `split`: train, validation, calibration, test, or null.

        Raises:
            DataError: there are too few samples to split.
        """
        return self.index.with_columns(splits.assign(self.index, spec))

    @cached_property
    def bars(self) -> pl.DataFrame:
        """The stored bars, raw with their adjustment; checked against the recorded SHA-256."""
        records = self.manifest["files"]
        parts = [read_part(self.path, name, records) for name in parts_in(records, BARS)]
        return _by_symbol(parts) if self.manifest.get("ancestors") else pl.concat(parts)

    @cached_property
    def matrix(self) -> "BarMatrix":
        """The stored bars as arrays."""
        return bar_matrix(self.bars)

    @cached_property
    def decision_rows(self) -> NDArray[np.int64]:
        """(n,) rows of the decision bars in `bars`."""
        runs = self.bars["symbol"].rle().struct
        ends = runs.field("len").cast(pl.Int64).cum_sum()
        first = pl.col("symbol").replace_strict(runs.field("value"), ends.shift(fill_value=0))
        return self.index.select(first + pl.col("bar")).to_series().to_numpy()

    def read(
        self, sample_ids: NDArray[np.int64], out: NDArray[np.uint8] | None = None
    ) -> NDArray[np.uint8]:
        """Read charts by sample_id.

        Args:
            sample_ids: (B,) ids in any order.
            out: (B, C, H, W) to fill; made when None.

        Returns:
            (B, C, H, W) zeros and ones.
        """
        from quantsig.data.charts.draw import draw

        return draw(self.matrix, self.decision_rows[sample_ids], self.chart, out)


def _by_symbol(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """Parts, each in order of symbol and time and each later than those before, as one table.

    Sorting the whole would take several times the memory.
    """
    runs = [symbol_runs(part) for part in parts]
    names = sorted(set().union(*runs))
    return pl.concat([run[name] for name in names for run in runs if name in run], rechunk=True)


def bar_matrix(bars: pl.DataFrame) -> "BarMatrix":
    """The bars of a frame as arrays for drawing."""
    from quantsig.data.charts.draw import BarMatrix

    values = np.empty((len(bars), len(MATRIX_COLUMNS)))
    for column, name in enumerate(MATRIX_COLUMNS):
        values[:, column] = bars[name].to_numpy()
    times = bars["timestamp"].to_physical().to_numpy()
    return BarMatrix(values=values, times_us=np.ascontiguousarray(times, np.int64))


def open_samples(path: Path) -> SampleSet:
    """Open a sample set and read its index.

    Raises:
        DataError: the folder is not a sample set, or one of another version.
        IntegrityError: a file is not what was written.
    """
    if not (path / MANIFEST).is_file():
        raise DataError(
            "this is not a sample set: it has no manifest.json.",
            where=str(path),
            remedy="Build one with: quantsig samples build BARS --out FOLDER",
        )
    manifest = files.read_json(path / MANIFEST)
    if manifest.get("schema") != SCHEMA:
        raise DataError(
            f"unknown format {manifest.get('schema')}; this version reads {SCHEMA}.",
            where=str(path / MANIFEST),
            remedy="Build the set again, or use the version of quantsig that wrote it.",
        )
    if manifest.get("drawing_version") != DRAWING_VERSION:
        raise DataError(
            f"drawn by version {manifest.get('drawing_version')}; this is {DRAWING_VERSION}.",
            where=str(path / MANIFEST),
            remedy="Build the set again from its bars.",
        )
    return SampleSet(path=path, manifest=manifest, index=_read_index(path, manifest))


def _read_index(path: Path, manifest: Mapping[str, Any]) -> pl.DataFrame:
    """All index rows by id; a later part may say anew what an earlier one did not know yet."""
    records = manifest.get("files")
    if not isinstance(records, dict) or INDEX not in records:
        raise files.damaged(path / MANIFEST, f"it does not list {INDEX}")
    parts = [read_part(path, name, records) for name in parts_in(records, INDEX)]
    index = pl.concat(parts)
    if manifest.get("ancestors"):
        index = index.unique("sample_id", keep="last").sort("sample_id")
    return index
