"""Sentences that are kept in documents: a code with parameters, and the English that they make.

A room lists its sentences in one table that derives from `Wording`, an English template under its
code each: `BacktestSentence.NO_TRADES()`. A page in another language looks the code up in the
catalogue of that language, so the English may be reworded at will; a released code keeps its
meaning.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from functools import reduce
from string import Formatter
from typing import Any

Filled = Mapping[str, "str | tuple[Message, ...]"]  # parameters as they are written


class Message(str):
    """An English sentence that knows its code and what was filled in.

    It is text wherever text is wanted; `data/language/saying.py` tells it in another language.
    """

    __slots__ = ("code", "params")
    code: str
    params: Filled

    def __new__(cls, text: str, *, code: str, params: Filled) -> "Message":
        """Keep the code beside the text."""
        message = super().__new__(cls, text)
        message.code, message.params = code, params
        return message

    def __reduce__(self) -> tuple[Any, ...]:
        return _message, (str(self), self.code, dict(self.params))


def _message(text: str, code: str, params: Filled) -> Message:
    return Message(text, code=code, params=params)


class Wording(Enum):
    """English templates by code; a room's table derives from it."""

    @property
    def code(self) -> str:
        """The name that documents and catalogues know the sentence by."""
        return self.name.lower()

    @property
    def english(self) -> str:
        """The sentence with its places, as translators see it: `{share}`, without a format."""
        return without_formats(self.value)

    def __call__(self, **params: object) -> Message:
        """The sentence, each parameter written as the template says.

        A tuple of messages is written as a list of them.
        """
        return _filled_in(self.value, self.english, self.code, params)


def phrase(template: str, **params: object) -> Message:
    """A sentence that no document keeps: its English is its code, as gettext has it.

    Args:
        template: the sentence with its places, such as `{name}` or `{share:.1%}`.
        params: what stands in them. A text is a name, and stays as it is in every language; a
            word of ours is given as `term("validation")`.
    """
    english = without_formats(template)
    plain = {
        name: str(value) if isinstance(value, tuple) else value for name, value in params.items()
    }
    return _filled_in(template, english, english, plain)


def term(text: str) -> Message:
    """A word or a sentence without places that is told by its English; a message stays one."""
    return text if isinstance(text, Message) else Message(text, code=text, params={})


def chained(pair: str, parts: Sequence[str]) -> str:
    """Parts in a row, each two joined as the pair has it: `chained("{one} and {other}", names)`."""
    return reduce(lambda one, other: phrase(pair, one=one, other=other), parts) if parts else ""


def first_few(names: Sequence[str], most: int) -> str:
    """So many names, and how many more there are."""
    first, more = ", ".join(names[:most]), len(names) - most
    return phrase("{names} and {more} more", names=first, more=more) if more > 0 else first


def without_formats(template: str) -> str:
    """A sentence with its places, as translators see it: `{share}`."""
    return "".join(
        literal if name is None else f"{literal}{{{name}}}"
        for literal, name, _, _ in Formatter().parse(template)
    )


def _filled_in(template: str, english: str, code: str, params: Mapping[str, object]) -> Message:
    written: dict[str, str | tuple[Message, ...]] = {}
    for _, name, form, conversion in Formatter().parse(template):
        if name is not None:
            value = params[name]
            written[name] = _written(repr(value) if conversion == "r" else value, form or "")
    filled = {
        name: ", ".join(value) if isinstance(value, tuple) else value
        for name, value in written.items()
    }
    return Message(english.format(**filled), code=code, params=written)


def _written(value: object, form: str) -> "str | tuple[Message, ...]":
    if isinstance(value, tuple):
        return tuple(item for item in value if isinstance(item, Message))
    return value if isinstance(value, str) else format(value, form)


def messages_in(value: object) -> Iterator[Message]:
    """Every message of a document, those inside of others not."""
    if isinstance(value, Message):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from messages_in(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from messages_in(item)


def to_plain(message: Message) -> dict[str, Any]:
    """What a document keeps of a message beside its text."""
    params = {
        name: [to_plain(item) for item in value]
        if isinstance(value, tuple)
        else to_plain(value)
        if isinstance(value, Message)
        else value
        for name, value in message.params.items()
    }
    return {"text": str(message), "code": message.code, "params": params}


def from_plain(kept: Mapping[str, Any]) -> Message:
    """The message that `to_plain` took apart.

    Raises:
        KeyError: the document lacks a part of it.
    """
    params = {
        name: tuple(from_plain(item) for item in value)
        if isinstance(value, list)
        else from_plain(value)
        if isinstance(value, dict)
        else str(value)
        for name, value in kept["params"].items()
    }
    return Message(str(kept["text"]), code=str(kept["code"]), params=params)


def clause(text: str) -> str:
    """A sentence without its full stop, to stand inside of another or in a list."""
    short = text.removesuffix(".")
    if isinstance(text, Message):
        return Message(short, code=text.code, params=text.params)
    return short
