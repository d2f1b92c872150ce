"""A file is read once, and again only once it is another."""

from pathlib import Path

import pytest

from quantsig.data.storage.atomic import append_line, write_text
from quantsig.data.storage.cached_files import CachedFiles


@pytest.fixture
def source(tmp_path: Path) -> Path:
    write_text(tmp_path / "a.txt", "one\n")
    return tmp_path / "a.txt"


def test_what_did_not_change_is_read_once(source: Path) -> None:
    """The very same object comes again."""
    unchanged = CachedFiles()
    assert unchanged.read(source, Path.read_bytes) is unchanged.read(source, Path.read_bytes)


def test_what_was_replaced_or_added_to_is_read_again(source: Path) -> None:
    """Also where its size stays."""
    unchanged = CachedFiles()
    assert unchanged.read(source, Path.read_text) == "one\n"
    write_text(source, "two\n")
    assert unchanged.read(source, Path.read_text) == "two\n"
    append_line(source, "three")
    assert unchanged.read(source, Path.read_text) == "two\nthree\n"


def test_what_is_gone_is_missing(source: Path) -> None:
    """Nobody is told what it was."""
    unchanged = CachedFiles()
    unchanged.read(source, Path.read_text)
    source.unlink()
    with pytest.raises(FileNotFoundError):
        unchanged.read(source, Path.read_text)
