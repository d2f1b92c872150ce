"""Open a sample set: its index as a frame without touching pixels, its charts by row."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data import files
from quantsig.data.charts.draw import BarMatrix
from quantsig.data.charts.spec import DRAWING_VERSION, ChartSpec
from quantsig.data.errors import DataError, IntegrityError
from quantsig.data.labels import LABELS, LabelSpec

if TYPE_CHECKING:
    from quantsig.data.samples.pictures import Pictures

SCHEMA = "quantsig.samples/1"
STORAGES = ("bars", "frames")
MANIFEST, INDEX, BARS = "manifest.json", "index.parquet", "bars.parquet"


@dataclass(frozen=True, kw_only=True)
class SampleSet:
    """An opened sample set; its charts are drawn, or its frames decoded, when they are read."""

    path: Path
    manifest: Mapping[str, Any]
    index: pl.DataFrame  # a row per sample, in the order of sample_id

    def __len__(self) -> int:
        return len(self.index)

    @property
    def chart(self) -> ChartSpec:
        """What each chart shows."""
        return ChartSpec(**self.manifest["chart"])

    @property
    def label(self) -> LabelSpec:
        """What each sample is asked to foresee."""
        return LabelSpec(**self.manifest["label"])

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the label's classes, the event last; empty for regression."""
        imported = self.manifest.get("classes")
        return LABELS[self.label.name].classes if imported is None else tuple(imported)

    @property
    def timed(self) -> bool:
        """Whether it is known when each sample was decided; imported ones may lack it."""
        return self.index["decision_time"].null_count() == 0

    @cached_property
    def pictures(self) -> "Pictures":
        """Where the pictures come from."""
        from quantsig.data.samples.pictures import DrawnCharts, StoredFrames

        if self.manifest["storage"] == "frames":
            return StoredFrames(path=self.path, manifest=self.manifest, index=self.index)
        rows = self.decision_rows
        return DrawnCharts(chart=self.chart, matrix=self.matrix, decision_rows=rows)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one sample."""
        return self.pictures.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """What `read` gives: uint8 where charts are drawn, floats where frames are stored."""
        return self.pictures.dtype

    @cached_property
    def bars(self) -> pl.DataFrame:
        """The stored bars, raw with their adjustment; checked against the recorded SHA-256.

        Raises:
            DataError: the samples were imported without bars.
        """
        if not self.manifest.get("has_bars", True):
            raise DataError(
                "these samples were imported without bars, so no trade can be followed.",
                where=str(self.path),
                remedy="Import them again with --bars and a --pattern for symbol and time.",
            )
        return _read_checked(self.path, BARS, self.manifest)

    @cached_property
    def matrix(self) -> BarMatrix:
        """The stored bars as arrays."""
        return bar_matrix(self.bars)

    @cached_property
    def decision_rows(self) -> NDArray[np.int64]:
        """(n,) rows of the decision bars in `bars`."""
        return self.index["bar"].to_numpy().astype(np.int64)

    def read(self, sample_ids: NDArray[np.int64], out: NDArray[Any] | None = None) -> NDArray[Any]:
        """Read samples by sample_id.

        Args:
            sample_ids: (B,) ids in any order.
            out: (B, *shape) of `dtype` to fill; made when None.

        Returns:
            (B, *shape): the zeros and ones of charts, or the values that were imported.
        """
        return self.pictures.read(sample_ids, out)


def bar_matrix(bars: pl.DataFrame) -> BarMatrix:
    """The bars of a frame as arrays for drawing."""
    columns = ["open", "high", "low", "close", "volume", "adjustment"]
    return BarMatrix(
        values=np.ascontiguousarray(bars.select(columns).to_numpy(), np.float64),
        times_us=np.ascontiguousarray(bars["timestamp"].to_physical().to_numpy(), np.int64),
    )


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
    storage = manifest.get("storage")
    if storage not in STORAGES:
        raise DataError(
            f"unknown storage {storage}; this version reads {' and '.join(STORAGES)}.",
            where=str(path / MANIFEST),
            remedy="Use the version of quantsig that wrote it.",
        )
    if storage == "bars" and manifest.get("drawing_version") != DRAWING_VERSION:
        raise DataError(
            f"drawn by version {manifest.get('drawing_version')}; this is {DRAWING_VERSION}.",
            where=str(path / MANIFEST),
            remedy="Build the set again from its bars.",
        )
    return SampleSet(path=path, manifest=manifest, index=_read_checked(path, INDEX, manifest))


def _read_checked(path: Path, name: str, manifest: Mapping[str, Any]) -> pl.DataFrame:
    try:
        record = manifest["files"][name]
        expected = record["sha256"]
    except (KeyError, TypeError) as error:
        raise files.damaged(path / MANIFEST, f"it does not list {name}") from error
    files.check_sha256(path / name, expected)
    frame = files.read_parquet(path / name)
    if len(frame) != record["rows"]:
        raise IntegrityError(
            f"{len(frame)} rows where {record['rows']} were written.",
            where=str(path / name),
            remedy="Build the sample set again.",
        )
    return frame
