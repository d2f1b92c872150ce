"""The table of codecs and levels over the user's own files."""

import lzma
import os
from pathlib import Path

import pytest
import zstandard

from quantsig.data.benchmarks.levels import CODECS, MOST_BYTES, legacy_files, level_table, payload
from quantsig.data.errors import DataError
from quantsig.data.samples.legacy.sample_file import ReadLimits

CONTENT = b"planes" * 500


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three ways the user compressed, and a file that is no sample."""
    (tmp_path / "a.zst").write_bytes(zstandard.ZstdCompressor(level=15).compress(CONTENT))
    (tmp_path / "b.xz").write_bytes(lzma.compress(CONTENT))
    (tmp_path / "c.pt").write_bytes(CONTENT)
    (tmp_path / "notes.txt").write_text("not a sample")
    return tmp_path


def test_every_codec_gets_what_the_files_hold(folder: Path) -> None:
    """Not their compressed bytes again."""
    assert [payload(path) for path in legacy_files(folder)] == [CONTENT] * 3


def test_a_row_for_every_codec_and_level(folder: Path) -> None:
    """Its bytes are what that level writes."""
    rows = list(level_table(legacy_files(folder)[:1]))
    assert [(row["codec"], row["level"]) for row in rows] == [(c.name, c.level) for c in CODECS]
    sizes = {(row["codec"], row["level"]): row["bytes"] for row in rows}
    assert sizes["zstd", 15] == (folder / "a.zst").stat().st_size
    assert sizes["lzma", 6] == len(lzma.compress(CONTENT, preset=6))
    assert all(float(row["write_ms"]) > 0 and float(row["read_ms"]) > 0 for row in rows)


@pytest.mark.parametrize("name", ["a.zst", "b.xz"])
def test_a_damaged_file_is_named(folder: Path, name: str) -> None:
    """Cut short, or something else altogether."""
    whole = (folder / name).read_bytes()
    for content in (whole[:-9], b"something else"):
        (folder / name).write_bytes(content)
        with pytest.raises(DataError, match=name):
            payload(folder / name)


@pytest.mark.parametrize("name", ["bomb.zst", "bomb.xz"])
def test_a_bomb_is_refused(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it fills the memory."""
    monkeypatch.setattr("quantsig.data.benchmarks.levels.MOST_BYTES", 1000)
    pack = zstandard.compress if name.endswith("zst") else lzma.compress
    (tmp_path / name).write_bytes(pack(bytes(100_000)))
    with pytest.raises(DataError, match=name):
        payload(tmp_path / name)


def test_no_more_is_unpacked_than_an_import_would(tmp_path: Path) -> None:
    """A gigabyte out of 32 KiB was taken for a sample once, and compressed at every level."""
    (tmp_path / "bomb.zst").write_bytes(zstandard.compress(bytes(MOST_BYTES + 1)))
    assert ReadLimits().content_bytes == MOST_BYTES
    with pytest.raises(DataError, match="268,435,456"):
        payload(tmp_path / "bomb.zst")


def test_what_is_no_file_is_no_sample(folder: Path) -> None:
    """A folder or a pipe with such a name, which would be waited for."""
    (folder / "d.zst").mkdir()
    os.mkfifo(folder / "e.zst")
    assert [path.name for path in legacy_files(folder)] == ["a.zst", "b.xz", "c.pt"]
