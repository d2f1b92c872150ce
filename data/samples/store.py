"""Open a sample set: its index as a frame without touching pixels, its charts by row."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data import files
from quantsig.data.charts.draw import BarMatrix, draw
from quantsig.data.charts.spec import DRAWING_VERSION, ChartSpec
from quantsig.data.errors import DataError, IntegrityError
from quantsig.data.labels import LABELS, LabelSpec

SCHEMA = "quantsig.samples/1"
MANIFEST, INDEX, BARS = "manifest.json", "index.parquet", "bars.parquet"


@dataclass(frozen=True, kw_only=True)
class SampleSet:
    """An opened sample set of storage `bars`: charts are drawn when they are read."""

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
        return LABELS[self.label.name].classes

    @cached_property
    def bars(self) -> pl.DataFrame:
        """The stored bars, raw with their adjustment; checked against the recorded SHA-256."""
        return _read_checked(self.path, BARS, self.manifest)

    @cached_property
    def matrix(self) -> BarMatrix:
        """The stored bars as arrays."""
        return bar_matrix(self.bars)

    @cached_property
    def decision_rows(self) -> NDArray[np.int64]:
        """(n,) rows of the decision bars in `bars`."""
        return self.index["bar"].to_numpy().astype(np.int64)

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
        return draw(self.matrix, self.decision_rows[sample_ids], self.chart, out)


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
            "this is not a sample set: it has no manifest.json."
            if path.exists()
            else "there is no such sample set.",
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
