"""Sentences of documents: English text that knows its code and what was filled in."""

import copy
import pickle

import pytest

from quantsig.data.language.messages import (
    Message,
    Wording,
    chained,
    clause,
    from_plain,
    messages_in,
    phrase,
    term,
    to_plain,
)
from quantsig.data.language.saying import reading, tell


class Told(Wording):
    """A room's table."""

    EMPTY = "no trades"
    COUNTED = "{n:,} trades won {share:.1%}."
    EXACT = "above {threshold!r}"
    LISTED = "tried: {kinds}; because {why}."


NESTED = Told.LISTED(
    kinds=(Told.EMPTY(), Told.COUNTED(n=1200, share=0.5)), why=clause(Told.COUNTED(n=2, share=1))
)


def test_a_message_is_its_english() -> None:
    """Numbers are written as the template says."""
    message = Told.COUNTED(n=1200, share=0.1234)
    assert message == "1,200 trades won 12.3%."
    assert (message.code, message.params) == ("counted", {"n": "1,200", "share": "12.3%"})


def test_a_number_can_be_written_in_full() -> None:
    """So that it can be typed again."""
    assert Told.EXACT(threshold=0.1 + 0.2) == "above 0.30000000000000004"


def test_a_sentence_without_places_has_no_parameters() -> None:
    """Its text is the template."""
    assert (Told.EMPTY(), Told.EMPTY().params) == ("no trades", {})


def test_braces_in_a_parameter_stay_what_they_are() -> None:
    """A name that looks like a place is not filled again."""
    assert Told.LISTED(kinds="{why}", why="x") == "tried: {why}; because x."


def test_a_parameter_that_is_missing_is_a_bug() -> None:
    """It is not left blank."""
    with pytest.raises(KeyError, match="share"):
        Told.COUNTED(n=1)


def test_messages_stand_inside_of_messages() -> None:
    """One, and a list of them."""
    assert NESTED == ("tried: no trades, 1,200 trades won 50.0%.; because 2 trades won 100.0%.")


def test_translators_see_places_without_formats() -> None:
    """How a number is written is not theirs to say."""
    assert Told.COUNTED.english == "{n} trades won {share}."


@pytest.mark.parametrize("message", [Told.EMPTY(), Told.COUNTED(n=3, share=1.0), NESTED])
def test_a_message_is_put_together_again(message: Message) -> None:
    """From what a document keeps, by pickle and by copy."""
    for again in (
        from_plain(to_plain(message)),
        pickle.loads(pickle.dumps(message)),
        copy.deepcopy(message),
    ):
        assert isinstance(again, Message)
        assert (again, again.code, again.params) == (message, message.code, message.params)


def test_a_clause_keeps_the_code() -> None:
    """Plain text loses its full stop too."""
    short = clause(Told.COUNTED(n=1, share=0.0))
    assert isinstance(short, Message)
    assert (short, short.code) == ("1 trades won 0.0%", "counted")
    assert clause("No run.") == "No run"


def test_messages_are_found_wherever_they_stand() -> None:
    """In tables and lists, plain text aside."""
    document = {"a": "text", "b": [Told.EMPTY(), {"c": NESTED}], "d": (1, None)}
    assert list(messages_in(document)) == ["no trades", NESTED]


def in_chinese(text: str) -> str:
    with reading("zh"):
        return tell(text)


def test_a_name_in_a_phrase_is_no_word() -> None:
    """A column may be called as a figure of the page is; a word of ours is told."""
    assert in_chinese(term("Trades")) == "交易笔数"
    said = phrase("there is no column {column}.", column="Trades")
    assert (said, in_chinese(said)) == ("there is no column Trades.", "没有 Trades 列。")
    said = phrase("the {split} split has {samples} samples.", split=term("test"), samples=3)
    assert (said, in_chinese(said)) == ("the test split has 3 samples.", "测试集只有 3 个样本。")


def test_a_tuple_in_a_phrase_is_shown() -> None:
    """A message of a document lists the messages in one; a phrase has names and numbers."""
    said = phrase("{name} cannot be {value}.", name="betas", value=(0.9, 2))
    assert said == "betas cannot be (0.9, 2)."


def test_parts_stand_in_a_row() -> None:
    """Each joined to the next as the language has it; one stands alone, none is empty."""
    names = [term("validation"), "Trades", "x"]
    assert chained("{one} or {other}", names) == "validation or Trades or x"
    assert in_chinese(chained("{one} or {other}", names)) == "验证集 或 Trades 或 x"
    assert chained("{one} or {other}", ["x"]) == "x"
    assert chained("{one} or {other}", []) == ""
