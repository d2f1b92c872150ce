"""Databases that keep a study, and addresses of which none is."""

from pathlib import Path

import pytest

from quantsig.data.errors import ConfigError, QuantsigError, ResourceError
from quantsig.signals.search.storage import open_storage


@pytest.mark.parametrize(
    ("address", "kind", "words"),
    [
        ("nonsense", ConfigError, "no address of a database"),
        ("foo://somewhere", ConfigError, "no address of a database"),
        ("oracle://me:hunter2@somewhere/db", ConfigError, "not installed"),
        ("sqlite:////nowhere/at/all/studies.db", ResourceError, "unable to open database file"),
        ("sqlite:///{here}/text.db", ResourceError, "file is not a database"),
    ],
)
def test_what_is_no_database_is_told(
    tmp_path: Path, address: str, kind: type[QuantsigError], words: str
) -> None:
    """In three lines without the password."""
    (tmp_path / "text.db").write_text("no database" * 1000)
    with pytest.raises(kind, match=words) as caught:
        open_storage(tmp_path / "trials.log", address.format(here=tmp_path))
    assert len(str(caught.value).splitlines()) == 3
    assert "hunter2" not in str(caught.value)
