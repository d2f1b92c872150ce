"""Absolute paths stay at home."""

from pathlib import Path

import pytest

from quantsig.data.language.messages import Message, phrase, to_plain
from quantsig.data.storage.passing_on import (
    command_without_passwords,
    relative_path,
    relative_paths,
    without_passwords,
)

FOLDER = Path("/home/me/work/runs/one")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/home/me/my work/samples", "../../../my work/samples"),
        ('path = "/home/me/my work/samples"\nb = 1', 'path = "../../../my work/samples"\nb = 1'),
        ("quantsig train /home/me/work/samples --lr 1", "quantsig train ../../samples --lr 1"),
        ("--out=/home/me/work/runs/one", "--out=."),
        ("BTC/USDT and ../samples and a/b", "BTC/USDT and ../samples and a/b"),
        ("~/samples https://x.org/y 1/2", "~/samples https://x.org/y 1/2"),
        (7, 7),
    ],
)
def test_absolute_paths_become_relative_to_the_run(text: object, shown: object) -> None:
    """As a value, in settings, in a command; pairs, links and relative paths stay."""
    assert relative_paths(text, FOLDER) == shown


def test_what_shares_only_the_root_or_the_homes_is_its_last_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The way there would tell the whole path, or who somebody is."""
    monkeypatch.setattr(Path, "home", lambda: Path("/people/me"))
    assert relative_paths("/data/of mine/samples", FOLDER) == "samples"
    assert relative_paths("../../../../../data/x/samples", FOLDER) == "samples"
    assert relative_paths("/home/you/samples", FOLDER) == "samples"
    assert relative_paths('path = "/Users/you/bars.csv"', FOLDER) == 'path = "bars.csv"'
    assert relative_paths("/people/you/samples", Path("/people/me/runs")) == "samples"


def test_a_document_names_the_way_to_another_place(tmp_path: Path) -> None:
    """So that both can be moved together; links are followed first."""
    (tmp_path / "runs").mkdir()
    (tmp_path / "linked").symlink_to(tmp_path / "runs")
    assert relative_path(tmp_path / "samples", tmp_path / "linked/one") == "../../samples"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("postgresql://me:hunter2@db:5432/x", "postgresql://me:***@db:5432/x"),
        ("mysql+pymysql://me:hun:t@er2@db/x", "mysql+pymysql://me:***@db/x"),
        (
            "postgresql:///x?user=me&password=hunter2&a=1",
            "postgresql:///x?user=me&password=***&a=1",
        ),
        (
            "search s --storage 'postgresql://:hunter2@db/x' --trials 3",
            "search s --storage 'postgresql://:***@db/x' --trials 3",
        ),
        ("sqlite:///studies.db", "sqlite:///studies.db"),
        ("s3://bucket/bars.parquet", "s3://bucket/bars.parquet"),
        ("s3:/key:se/c'r et@bucket/x", "s3:/key:***@bucket/x"),
        ("postgresql://me@firm:pa ss@db/x", "postgresql://me@firm:***@db/x"),
        ("postgresql+psycopg://me@db:5432/x", "postgresql+psycopg://me@db:5432/x"),
        ("no s3://key:hunter2@b, ask me@x", "no s3://key:***@b, ask me@x"),
        ("it is https://hunter2@host/x", "it is https://***@host/x"),
        ("see https://h:80/a or me@x", "see https://h:80/a or me@x"),
        ("sqlite:///C:/mine/a@b.db", "sqlite:///C:/mine/a@b.db"),
        ("https://h/x?X-Amz-Signature=a1&part=2", "https://h/x?X-Amz-Signature=***&part=2"),
        ("https://h/x?sig=a%2F&sv=1", "https://h/x?sig=***&sv=1"),
        ("https://h/x?access_key=a&api_key=b", "https://h/x?access_key=***&api_key=***"),
        ("postgresql:///x?sslpassword=a", "postgresql:///x?sslpassword=***"),
    ],
)
def test_no_password_is_passed_on(typed: str, shown: str) -> None:
    """Wherever an address holds it."""
    assert without_passwords(typed) == shown


def test_the_file_of_a_database_is_a_place_too(tmp_path: Path) -> None:
    here, beside = tmp_path / "work", tmp_path / "studies.db"
    assert relative_paths(f"sqlite:///{beside}", here) == "sqlite:///../studies.db"


@pytest.mark.parametrize("secret", ["hunter2", "hun ter2", "hun'ter2", 'h"unter2', "h'u@n ter2"])
def test_no_command_passes_a_password_on(secret: str) -> None:
    """Whatever the shell would quote in it."""
    words = ["search", "a b", "--storage", f"postgresql://me:{secret}@db/x"]
    assert command_without_passwords(words) == ("search 'a b' --storage 'postgresql://me:***@db/x'")


def test_a_message_without_passwords_tells_none_in_another_language() -> None:
    """Another language fills in again what the English was filled with."""
    there = phrase("there is no {name}.", name="s3://key:hunter2@bucket")
    within = phrase("{what}, {others}", what=there, others=(there, there))
    hidden = without_passwords(within)
    assert isinstance(hidden, Message)
    assert "hunter2" not in f"{hidden} {to_plain(hidden)}"
    assert hidden.code == within.code
