"""JSON documents that hold messages."""

import json
from pathlib import Path

import pytest

from quantsig.data.errors import IntegrityError
from quantsig.data.language.messages import Message, Wording
from quantsig.data.storage.documents import read_json, to_json, write_json


class Said(Wording):
    """A room's table."""

    WON = "{n} trades won."
    TRIED = "tried: {kinds}."


DOCUMENT = {
    "verdict": {"reasons": [Said.WON(n=3), "an older sentence"]},
    "how": Said.TRIED(kinds=(Said.WON(n=1), Said.WON(n=2))),
}


def test_a_document_keeps_english_and_the_code_beside_it(tmp_path: Path) -> None:
    """Who reads the file without quantsig finds sentences where they always were."""
    write_json(tmp_path / "a.json", DOCUMENT)
    plain = json.loads((tmp_path / "a.json").read_text("utf-8"))
    assert plain["verdict"] == {"reasons": ["3 trades won.", "an older sentence"]}
    assert plain["messages"][0] == {"text": "3 trades won.", "code": "won", "params": {"n": "3"}}


def test_messages_are_read_as_they_were_written(tmp_path: Path) -> None:
    """And nothing else is in the document."""
    write_json(tmp_path / "a.json", DOCUMENT)
    found = read_json(tmp_path / "a.json")
    assert found == DOCUMENT
    won, older = found["verdict"]["reasons"]
    assert (won.code, won.params) == ("won", {"n": "3"})
    assert not isinstance(older, Message)
    assert [kind.code for kind in found["how"].params["kinds"]] == ["won", "won"]


def test_a_document_without_messages_is_what_it_was(tmp_path: Path) -> None:
    """No field more."""
    write_json(tmp_path / "a.json", {"n": 1, "text": "plain"})
    assert json.loads((tmp_path / "a.json").read_text("utf-8")) == {"n": 1, "text": "plain"}


def test_what_is_printed_is_text() -> None:
    """A verb's --json shows sentences only."""
    assert json.loads(to_json({"why": Said.WON(n=3)})) == {"why": "3 trades won."}


@pytest.mark.parametrize(
    "kept", [{"messages": [{"text": "a"}]}, {"messages": ["a"]}, {"messages": 1}]
)
def test_damaged_messages_are_named(kept: dict[str, object], tmp_path: Path) -> None:
    """Three lines and the code of a damaged file."""
    write_json(tmp_path / "a.json", kept)
    with pytest.raises(IntegrityError, match=r"a\.json is damaged"):
        read_json(tmp_path / "a.json")
