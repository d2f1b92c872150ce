"""Messages of documents are told by their codes."""

import re
from collections import Counter
from pathlib import Path

import pytest

from quantsig.data.language.catalogue import catalogue, languages
from quantsig.data.language.messages import Filled, Message
from quantsig.data.language.saying import reading, retell
from quantsig.data.storage.documents import read_json, write_json
from tests.reports.page.untranslated import TABLES

MESSAGES = [said for table in TABLES for said in table]


def told(text: str, language: str = "zh", *, whole: bool = False) -> str:
    with reading(language):
        return retell(text, whole=whole)


def test_a_code_means_one_thing() -> None:
    """Rooms share one catalogue."""
    assert [
        code for code, count in Counter(said.code for said in MESSAGES).items() if count > 1
    ] == []


@pytest.mark.parametrize("language", languages())
def test_a_translation_has_the_places_of_its_message(language: str) -> None:
    """A number cannot be lost on the way."""
    english = {said.code: said.english for said in MESSAGES}
    places = {code: set(re.findall(r"\{\w+\}", text)) for code, text in english.items()}
    for code, text in catalogue(language).messages.items():
        assert set(re.findall(r"\{\w+\}", text)) == places[code], code


def test_a_message_is_told_by_its_code() -> None:
    """However its English is worded by now."""
    reworded = Message(
        "Three trades, no more.", code="count_of_trades", params={"trades": "3", "least": "30"}
    )
    assert told(reworded) == "共有 3 笔交易；得出结论至少需要 30 笔。"
    assert told(reworded, "en") == "Three trades, no more."


def test_messages_inside_of_a_message_are_told_too(tmp_path: Path) -> None:
    """From a document that was written and read."""
    kinds = tuple(
        Message(f"{n} x", code=code, params={"n": n})
        for code, n in (("tried_traded", "4"), ("tried_cells", "9"))
    )
    params: Filled = {
        "trials": "13",
        "kinds": kinds,
        "correlation": "0",
        "independent": "2",
        "variance": "1",
    }
    write_json(
        tmp_path / "a.json", {"how": Message("...", code="deflated_by_known", params=params)}
    )
    how = told(read_json(tmp_path / "a.json")["how"])
    assert "13 个策略，包括本策略（4 个已交易、9 个扫描格子）" in how


def test_an_unknown_code_stays_english_and_is_noted() -> None:
    """A message of a later version, or one that nobody has translated."""
    with reading("zh") as reader:
        assert retell(Message("Too new.", code="of_tomorrow", params={})) == "Too new."
    assert reader.lacking == {"Too new."}


def test_a_whole_sentence_begins_with_a_capital_and_ends_with_a_stop() -> None:
    """Unless its translation has one."""
    clause = Message("no trades", code="of_tomorrow", params={})
    assert told(clause, whole=True) == "No trades."
    assert told(clause, "en", whole=True) == "No trades."
    assert told("no trades.", "en", whole=True) == "No trades."


def test_a_sentence_of_an_old_document_is_told_by_its_english() -> None:
    """Such a document has no codes."""
    assert told("There were 3 trades; a verdict needs at least 30.").startswith("共有 3 笔交易")
