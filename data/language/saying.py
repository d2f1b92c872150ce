"""The language that is read: English as the code says it, or a catalogue of translations.

A section writes English. What holds numbers it says at once, by `say("{rows} rows", rows=...)`;
titles, labels and meanings without any are looked up when the page is drawn. Names, settings and
whatever else came from the user stay as they are. What a language lacks stays English.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import reduce

from quantsig.data.language.catalogue import ENGLISH, catalogue
from quantsig.data.language.messages import Message
from quantsig.data.language.old_sentences import recognised

PLACE = re.compile(r"\{(\w+)\}")
COUNTED = re.compile(r"([\d,]+) (.+)")
SENTENCES = "{one} {other}"  # how two follow one another
LISTED = "{one}, {other}"


class Said(str):
    """Text that is in the reader's language already; saying it again changes nothing."""

    __slots__ = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Reader:
    """Who reads: the language, and the texts that it turned out to lack."""

    language: str = ENGLISH
    lacking: set[str] = field(default_factory=set)


_reader: ContextVar[Reader | None] = ContextVar("reader", default=None)


def language() -> str:
    """The language that is said now."""
    return _current().language


@contextmanager
def reading(chosen: str) -> Iterator[Reader]:
    """Everything said inside is said in this language, of `catalogue.languages()`."""
    reader = Reader(language=chosen)
    token = _reader.set(reader)
    try:
        yield reader
    finally:
        _reader.reset(token)


def say(text: str, **fields: object) -> Said:
    """A text in the reader's language, with `{name}` replaced by the field of that name.

    A text without a translation stays English, and the reader notes that it is lacking.
    """
    if isinstance(text, Said):
        return text
    return Said(_filled(_translated(text, note=True), fields))


def word(value: object) -> Said:
    """A word of a file in the reader's language where it is known, otherwise as it is."""
    return Said("–" if value is None else _translated(str(value), note=False))


def tell(text: str) -> Said:
    """What a verb says: a message by its code, a text without numbers by its English."""
    return retell(text) if isinstance(text, Message) else word(text)


def say_counted(number: int, singular: str, plural: str, **fields: object) -> Said:
    """A text about so many things, in the form that the reader's language has for that number."""
    told = catalogue(language()).counted(singular, number)
    if told is None:
        return say(singular if number == 1 else plural, **fields)
    return Said(_filled(told, fields))


def join(*sentences: str) -> Said:
    """Sentences one after the other, those that are not empty."""
    return _in_a_row(SENTENCES, [say(sentence) for sentence in sentences if sentence])


def enumerate_words(words: list[str]) -> Said:
    """Words or names in a row, separated as the language does it."""
    return _in_a_row(LISTED, words)


def retell(sentence: str, *, whole: bool = False) -> Said:
    """A sentence of a document: a message by its code, an older one by its English.

    Args:
        sentence: numbers and names included.
        whole: it stands alone, so it begins with a capital and ends with a stop.
    """
    if isinstance(sentence, Said) or not sentence:
        return Said(sentence)
    if isinstance(sentence, Message):
        told = _rendered(sentence)
        return Said(_whole(told) if whole else told)
    english = _whole(sentence) if whole else sentence
    return Said(english if language() == ENGLISH else _recognised(english))


def _rendered(message: Message) -> str:
    """A message in the reader's language; English where its code has no translation."""
    if language() == ENGLISH:
        return str(message)
    known = catalogue(language())
    kept, spoken = known.messages.get(message.code), known.texts.get(message.code)
    told = kept or spoken
    if told is None:
        _current().lacking.add(str(message))
        return str(message)
    names: Callable[[str], str] = word if kept else str  # those of a phrase are the user's own
    return _filled(told, {name: _parameter(value, names) for name, value in message.params.items()})


def _parameter(value: str | tuple[Message, ...], names: Callable[[str], str]) -> str:
    if isinstance(value, tuple):
        return enumerate_words([_rendered(message) for message in value])
    return _rendered(value) if isinstance(value, Message) else names(value)


def _whole(text: str) -> str:
    stop = "" if text.endswith((".", "。")) else "."
    return f"{text[:1].upper()}{text[1:]}{stop}"


def _recognised(sentence: str) -> str:
    found = recognised(sentence, language())
    if found is None:
        _current().lacking.add(sentence)
        return sentence
    told, places = found
    return _filled(told, {name: _part(text) for name, text in places.items()})


def _in_a_row(pair: str, words: list[str]) -> Said:
    if not words:
        return Said("")
    told = _translated(pair, note=True)
    return Said(reduce(lambda one, other: _filled(told, {"one": one, "other": other}), words))


def _part(text: str) -> Said:
    """What stands in a place of such a sentence: things that are counted, a word, or a name."""
    pieces = [COUNTED.fullmatch(piece) for piece in text.split(", ")]
    counted = [(found[1], f"{{n}} {found[2]}") for found in pieces if found]
    known = catalogue(language()).texts
    if len(counted) < len(pieces) or any(kind not in known for _, kind in counted):
        return word(text)
    return enumerate_words([say(kind, n=number) for number, kind in counted])


def _current() -> Reader:
    return _reader.get() or Reader()


def _translated(text: str, *, note: bool) -> str:
    reader = _current()
    if reader.language == ENGLISH or not text:
        return text
    told = catalogue(reader.language).texts.get(text)
    if told is None and note:
        reader.lacking.add(text)
    return text if told is None else told


def _filled(text: str, fields: Mapping[str, object]) -> str:
    """In one pass, so that braces inside a field stay what they are."""
    return PLACE.sub(lambda place: str(fields.get(place[1], place[0])), text)
