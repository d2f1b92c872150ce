"""A sample set whose files are given, for whoever reads more than its bars."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from quantsig.data.charts.spec import PRESETS
from quantsig.data.charts.version import DRAWING_VERSION
from quantsig.data.label_spec import LabelSpec
from quantsig.data.samples.manifest import LeftOut, Manifest, read_manifest, write_manifest
from quantsig.data.samples.parts import StoredFile
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
        "left_out": LeftOut(),
        "large_windows": (),
        "samples": 0,
        "labelled": 0,
        "files": {},
    }
    return Manifest(**plain | said)


def write_set(path: Path, frames: Mapping[str, pl.DataFrame], **said: Any) -> str:
    """Write the frames by their file names and a manifest of them; gives its fingerprint."""
    for name, frame in frames.items():
        write_parquet(path / name, frame)
    files = {
        name: StoredFile(sha256=sha256_of(path / name), rows=frame.height)
        for name, frame in frames.items()
    }
    write_manifest(path, manifest(files=files, **said))
    return read_manifest(path).fingerprint
