"""Verifying a set: what is as written passes, anything else is named."""

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from quantsig.data.errors import DataError, IntegrityError
from quantsig.data.samples.build import build_samples
from quantsig.data.samples.manifest import MANIFEST, fingerprint
from quantsig.data.samples.parts import BARS, INDEX, write_bars, write_index
from quantsig.data.samples.store import SampleSet
from quantsig.data.samples.verify.sample_set import verify_samples
from quantsig.data.storage import checksums, documents, parquet
from tests.data.samples.bars import CHART, LABEL, bars_of

THREE = pl.col("sample_id") == 3


@pytest.fixture
def two(tmp_path: Path) -> SampleSet:
    """A set of two symbols, 25 and 15 samples."""
    checked = bars_of({"A": 40, "B": 30})
    return build_samples(checked, tmp_path / "set", chart=CHART, label=LABEL)


def record_anew(samples: SampleSet, **changes: object) -> None:
    """Make the manifest agree with the files, as one who hides a change would."""
    manifest = json.loads((samples.path / MANIFEST).read_text()) | changes
    for name, record in manifest["files"].items():
        record["sha256"] = checksums.sha256_of(samples.path / name)
        record["rows"] = len(parquet.read_parquet(samples.path / name))
    manifest["fingerprint"] = fingerprint(manifest)
    documents.write_json(samples.path / MANIFEST, manifest)


def test_a_whole_set_passes(two: SampleSet) -> None:
    """Both files, all 40 samples, all of them drawn again."""
    found = verify_samples(two.path)
    assert (found.files, found.samples, found.labelled, found.redrawn) == (2, 40, 32, 40)


@pytest.mark.parametrize("name", [INDEX, BARS])
@pytest.mark.parametrize("damage", [lambda b: b[:-9], lambda b: b[:50] + b"!" + b[51:], None])
def test_a_damaged_file_is_named(
    two: SampleSet, name: str, damage: Callable[[bytes], bytes] | None
) -> None:
    """Cut short, one byte changed, or gone."""
    path = two.path / name
    if damage:
        path.write_bytes(damage(path.read_bytes()))
    else:
        path.unlink()
    with pytest.raises(IntegrityError, match=name):
        verify_samples(two.path)


def test_a_changed_manifest_is_noticed(two: SampleSet) -> None:
    """Its fingerprint is that of what it said."""
    manifest = json.loads((two.path / MANIFEST).read_text())
    documents.write_json(two.path / MANIFEST, manifest | {"stride_bars": 2})
    with pytest.raises(IntegrityError, match="fingerprint"):
        verify_samples(two.path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"label": pl.when(THREE).then(1.0 - pl.col("label")).otherwise("label")},
            "sample 3 .*label",
        ),
        ({"bar": pl.when(THREE).then(500).otherwise("bar")}, "sample 3 .*no decision"),
        ({"bar": pl.when(THREE).then(17).otherwise("bar")}, "samples"),
        ({"sample_id": pl.col("sample_id").reverse()}, "its place"),
        ({"decision_time": pl.col("decision_time") + pl.duration(days=1)}, "sample 0 .*decision"),
        ({"window_start": pl.col("window_start") - pl.duration(days=1)}, "sample 0 .*window"),
        ({"label_end": pl.lit(None, pl.Datetime("us", "UTC"))}, "sample 0 .*agree"),
        ({"label": pl.col("label").fill_null(0.0)}, "labelled"),
    ],
)
def test_a_wrong_row_is_named(two: SampleSet, change: dict[str, pl.Expr], said: str) -> None:
    """Even when its file is recorded as it is."""
    rows = two.index.with_columns(**change)
    if "sample_id" in change:
        rows = rows.sort("bar")
    write_index(two.path, 0, rows)
    record_anew(two)
    with pytest.raises(IntegrityError, match=said) as trouble:
        verify_samples(two.path)
    assert "labelled" in said or INDEX in str(trouble.value)


def test_bars_that_are_not_those_of_the_labels_are_noticed(two: SampleSet) -> None:
    """An open that moved moves a return."""
    write_bars(two.path, 0, two.bars.with_columns(pl.col("open") * 1.0001))
    record_anew(two)
    with pytest.raises(IntegrityError, match="label"):
        verify_samples(two.path)


def test_a_chart_that_depends_on_other_bars_is_noticed(
    two: SampleSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Drawn alone it is another."""
    read = SampleSet.read
    monkeypatch.setattr(SampleSet, "read", lambda self, ids: read(self, (ids + 1) % 40))
    with pytest.raises(IntegrityError, match="drawn alone"):
        verify_samples(two.path)


def test_another_version_is_refused(two: SampleSet) -> None:
    """With DataError, before anything is looked at."""
    record_anew(two, schema="quantsig.samples/2")
    with pytest.raises(DataError, match="quantsig.samples/2"):
        verify_samples(two.path)
