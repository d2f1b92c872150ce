"""A sample set whose files are given, for whoever reads more than its bars."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from quantsig.data.charts.spec import PRESETS
from quantsig.data.charts.version import DRAWING_VERSION
from quantsig.data.label_spec import LabelSpec
from quantsig.data.samples.manifest import Manifest, Omissions, read_manifest, write_manifest
from quantsig.data.samples.parts import INDEX, INDEX_SCHEMA, StoredFile
from quantsig.data.storage.checksums import sha256_of
from quantsig.data.storage.parquet import write_parquet

CHART = PRESETS["daily-laptop"]


def manifest(**said: Any) -> Manifest:
    """The manifest of a set of daily bars, with what is said of it."""
    plain: dict[str, Any] = {
        "storage": "bars",
        "drawing_version": DRAWING_VERSION,
        "chart": CHART,
        "planes": tuple(CHART.planes),
        "history_bars": CHART.history_bars,
        "label": LabelSpec(),
        "stride_bars": 1,
        "interval_seconds": 86_400.0,
        "has_volume": True,
        "sources": ("bars",),
        "quarantined": {},
        "symbols": (),
        "left_out": Omissions(),
        "large_windows": (),
        "samples": 0,
        "labelled": 0,
        "files": {},
    }
    return Manifest(**plain | said)


def write_set(path: Path, frames: Mapping[str, pl.DataFrame], **said: Any) -> str:
    """Write the frames by their file names and a manifest of them; gives its fingerprint."""
    for name, frame in frames.items():
        write_parquet(path / name, _whole(frame) if name == INDEX else frame)
    files = {
        name: StoredFile(sha256=sha256_of(path / name), rows=frame.height)
        for name, frame in frames.items()
    }
    write_manifest(path, manifest(files=files, **said))
    return read_manifest(path).fingerprint


def _whole(index: pl.DataFrame) -> pl.DataFrame:
    """The rows with every column of an index: null, and the first bar, where a test needs none."""
    absent = {name: pl.lit(None, kind) for name, kind in INDEX_SCHEMA.items()} | {"bar": pl.lit(0)}
    missing = {name: value for name, value in absent.items() if name not in index.columns}
    whole = index.with_columns(**missing)
    more = [name for name in index.columns if name not in INDEX_SCHEMA]
    return whole.select(*(pl.col(name).cast(kind) for name, kind in INDEX_SCHEMA.items()), *more)
