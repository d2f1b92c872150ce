"""TOML files that are none end in one kind of error."""

from pathlib import Path

import pytest

from quantsig.data.errors import IntegrityError
from quantsig.data.storage.toml import NotTomlError, read_toml, stored_toml

DAMAGED = (b"\xff", b"a", b"a = [1", b"a = " + b"[" * 5000, b"a = " + b"9" * 5000)


@pytest.mark.parametrize("content", DAMAGED, ids=lambda content: repr(content[:8]))
def test_what_is_not_toml_is_told(tmp_path: Path, content: bytes) -> None:
    """Other encodings, half a line, brackets in brackets, endless numbers."""
    source = tmp_path / "config.toml"
    source.write_bytes(content)
    with pytest.raises(NotTomlError):
        read_toml(source)
    with pytest.raises(IntegrityError, match="config.toml is damaged"):
        stored_toml(source)


def test_whole_files_are_read(tmp_path: Path) -> None:
    """Tables, and the text as it stands."""
    source = tmp_path / "config.toml"
    source.write_text("[a]\nb = 1\n", encoding="utf-8")
    assert read_toml(source) == {"a": {"b": 1}}
    assert stored_toml(source) == "[a]\nb = 1\n"
