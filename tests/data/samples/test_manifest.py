"""What a sample set says of itself is read as it was written, and under the same fingerprint."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from quantsig.data.calendar.sessions import UTC_DAYS, SessionCalendar
from quantsig.data.errors import IntegrityError
from quantsig.data.samples.manifest import (
    MANIFEST,
    SAID,
    Manifest,
    fingerprint,
    read_manifest,
    write_manifest,
)
from quantsig.data.samples.parts import INDEX, StoredFile
from quantsig.data.samples.store import open_samples
from quantsig.data.storage.checksums import sha256_of
from quantsig.data.storage.documents import to_json
from tests.data.samples.written import manifest
from tests.golden.opened import open_workspace

GOLDEN = Path(__file__).parents[2] / "golden"
FILES = {INDEX: StoredFile(sha256="0", rows=3)}
NEW_YORK = SessionCalendar(timezone="America/New_York", daily=True)
FRAMES = manifest(
    storage="frames",
    chart=None,
    planes=None,
    history_bars=None,
    shape=(3, 4, 5),
    dtype="float16",
    classes=("0", "1"),
    has_bars=False,
    files=FILES,
)


@pytest.mark.parametrize("written", [manifest(files=FILES, calendar=NEW_YORK), FRAMES])
def test_what_is_written_is_read(tmp_path: Path, written: Manifest) -> None:
    """And signed by its fingerprint."""
    write_manifest(tmp_path, written)
    read = read_manifest(tmp_path)
    assert replace(read, fingerprint="") == written
    assert read.fingerprint == fingerprint(written.as_dict())


@pytest.mark.parametrize("folder", ["workspace-1/samples", "workspace-1/frames"])
def test_a_set_made_again_has_the_fingerprint_it_had(folder: str) -> None:
    """Each word in its place: trials are named by the fingerprint."""
    stored = json.loads((GOLDEN / folder / MANIFEST).read_text(encoding="utf-8"))
    read = read_manifest(GOLDEN / folder)
    assert list(read.as_dict()) == list(stored) == SAID[read.storage].split()
    assert fingerprint(read.as_dict()) == read.fingerprint == stored["fingerprint"]


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("shape", replace(FRAMES, shape=None)),
        ("classes", replace(FRAMES, classes=None)),
        ("has_bars", replace(FRAMES, has_bars=None)),
        ("chart", manifest(files=FILES, chart=None)),
        ("stride_bars", manifest(files=FILES, stride_bars=None)),
    ],
)
def test_what_reading_asks_for_is_known(tmp_path: Path, name: str, written: Manifest) -> None:
    """Of pictures what they are, of charts how they are drawn."""
    write_manifest(tmp_path, written)
    with pytest.raises(IntegrityError, match=name):
        read_manifest(tmp_path)


def test_a_set_keeps_its_calendar() -> None:
    """One of before says nothing: it goes by UTC, daily where a bar lasts a day."""
    assert manifest(calendar=NEW_YORK).sessions == NEW_YORK
    assert manifest(interval_seconds=3600.0).sessions == UTC_DAYS
    assert manifest(interval_seconds=86_400.0).sessions == SessionCalendar(daily=True)


def test_the_stored_bars_are_counted() -> None:
    """Those of all parts."""
    parts = {"bars.parquet": 50, "bars-00001.parquet": 20, INDEX: 7}
    files = {name: StoredFile(sha256="0", rows=rows) for name, rows in parts.items()}
    assert manifest(files=files).stored_bars == 70


@pytest.mark.parametrize(
    ("name", "value"),
    [("history_bars", 1), ("stride_bars", 0), ("shape", [1 << 20, 1 << 20]), ("shape", [1] * 33)],
)
def test_a_signed_manifest_that_cannot_be_is_damaged(
    tmp_path: Path, name: str, value: object
) -> None:
    """Fewer bars than its chart needs would draw from outside of memory."""
    folder = open_workspace(tmp_path) / "samples"
    document = json.loads((folder / MANIFEST).read_text())
    document[name] = value
    document["fingerprint"] = fingerprint(document)
    (folder / MANIFEST).write_text(to_json(document))
    with pytest.raises(IntegrityError, match=name):
        open_samples(folder)


def test_a_listed_index_whose_samples_are_of_no_bars_is_damaged(tmp_path: Path) -> None:
    """Though its hash is the one that is recorded."""
    folder = open_workspace(tmp_path) / "samples"
    rows = pl.read_parquet(folder / INDEX).with_columns(bar=pl.lit(1 << 40, pl.Int64))
    rows.write_parquet(folder / INDEX)
    document = json.loads((folder / MANIFEST).read_text())
    document["files"][INDEX]["sha256"] = sha256_of(folder / INDEX)
    document["fingerprint"] = fingerprint(document)
    (folder / MANIFEST).write_text(to_json(document))
    samples = open_samples(folder)
    with pytest.raises(IntegrityError, match="bars that are not there"):
        samples.read(np.array([0]))
