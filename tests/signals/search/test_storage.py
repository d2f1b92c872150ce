"""Databases that keep a study, and addresses of which none is."""

import sqlite3
from pathlib import Path

import pytest

from quantsig.data.errors import ConfigError, QuantsigError, ResourceError
from quantsig.signals.search.storage import answering, open_storage


@pytest.mark.parametrize(
    ("address", "kind", "words"),
    [
        ("nonsense", ConfigError, "no address of a database"),
        ("foo://somewhere", ConfigError, "no address of a database"),
        ("sqlite:///{here}/new.db?timeout=soon", ConfigError, "no address of a database"),
        ("postgresql://me:hunter2@somewhere:port/db", ConfigError, "no address of a database"),
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


def test_tables_of_another_version_are_told(tmp_path: Path) -> None:
    """With what Optuna says of them."""
    address = f"sqlite:///{tmp_path}/studies.db"
    open_storage(tmp_path / "trials.log", address)
    with sqlite3.connect(tmp_path / "studies.db") as tables:
        tables.execute("UPDATE alembic_version SET version_num = 'v0.0.0'")
    tables.close()
    with pytest.raises(ConfigError, match="does not suit this Optuna"):
        open_storage(tmp_path / "trials.log", address)


def test_what_is_missing_elsewhere_is_no_driver() -> None:
    """A training that lacks something says so itself."""
    with pytest.raises(ImportError, match="of a model"), answering("postgresql://me@db/x"):
        raise ImportError("of a model")
