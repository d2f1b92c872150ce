"""The language a page is read in: English as the code says it, or a table of translations.

A section writes English. What holds numbers it says at once, by `say("{rows} rows", rows=...)`;
titles, labels and meanings without any are looked up when the page is drawn. Names, settings and
whatever else came from the user stay as they are.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from quantsig.data.errors import unknown_name

ENGLISH = "en"
LANGUAGES = {ENGLISH: "English", "zh": "中文"}
CHINESE_SPACELESS = ("zh",)  # languages that put nothing between sentences
PLACE = re.compile(r"\{(\w+)\}")
COUNTED = re.compile(r"([\d,]+) (.+)")
FOREIGN = "other_rooms.toml"  # sentences that the other rooms write into a run's files


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
    """The language of the page that is being made."""
    return _current().language


@contextmanager
def reading(chosen: str) -> Iterator[Reader]:
    """Everything said inside is said in this language.

    Raises:
        ConfigError: there is no such language.
    """
    if chosen not in LANGUAGES:
        raise unknown_name("language", chosen, LANGUAGES, where="--lang")
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


def join(*sentences: str) -> Said:
    """Sentences one after the other, those that are not empty."""
    between = "" if language() in CHINESE_SPACELESS else " "
    return Said(between.join(say(sentence) for sentence in sentences if sentence))


def enumerate_words(words: list[str]) -> Said:
    """Words or names in a row, separated as the language does it."""
    return Said(("、" if language() in CHINESE_SPACELESS else ", ").join(words))


def retell(sentence: str) -> Said:
    """A sentence that another room wrote in English, numbers and names included."""
    if isinstance(sentence, Said) or language() == ENGLISH or not sentence:
        return Said(sentence)
    for pattern, told in _retold(language()):
        if found := pattern.fullmatch(sentence):
            return Said(
                _filled(told, {name: _part(text) for name, text in found.groupdict().items()})
            )
    _current().lacking.add(sentence)
    return Said(sentence)


def _part(text: str) -> Said:
    """What stands in a place of such a sentence: things that are counted, a word, or a name."""
    pieces = [COUNTED.fullmatch(piece) for piece in text.split(", ")]
    counted = [(found[1], f"{{n}} {found[2]}") for found in pieces if found]
    known = translations(language())
    if len(counted) < len(pieces) or any(kind not in known for _, kind in counted):
        return word(text)
    return enumerate_words([say(kind, n=number) for number, kind in counted])


@cache
def translations(chosen: str) -> Mapping[str, str]:
    """English text to its translation, of all files of a language; empty for English."""
    folder = files("quantsig.reports") / "translations" / chosen
    found: dict[str, str] = {}
    if chosen != ENGLISH:
        for source in sorted(folder.iterdir(), key=lambda source: source.name):
            found |= tomllib.loads(source.read_text("utf-8"))
    return found


@cache
def _retold(chosen: str) -> list[tuple[re.Pattern[str], str]]:
    """The sentences of the other rooms as patterns, those with most fixed text first."""
    source = files("quantsig.reports") / "translations" / chosen / FOREIGN
    told = tomllib.loads(source.read_text("utf-8"))
    fixed: Callable[[str], int] = lambda text: -len(PLACE.sub("", text))  # noqa: E731
    return [(_pattern(text), told[text]) for text in sorted(told, key=fixed)]


def _pattern(text: str) -> re.Pattern[str]:
    """Matches the text with anything in its places; a place may stand twice."""
    seen: set[str] = set()

    def place(name: str) -> str:
        if name in seen:
            return f"(?P={name})"
        seen.add(name)
        return f"(?P<{name}>.+?)"

    parts = PLACE.split(text)  # fixed text and names by turns
    return re.compile(
        "".join(place(part) if at % 2 else re.escape(part) for at, part in enumerate(parts)),
        re.DOTALL,
    )


def _current() -> Reader:
    return _reader.get() or Reader()


def _translated(text: str, *, note: bool) -> str:
    reader = _current()
    if reader.language == ENGLISH or not text:
        return text
    told = translations(reader.language).get(text)
    if told is None and note:
        reader.lacking.add(text)
    return text if told is None else told


def _filled(text: str, fields: Mapping[str, object]) -> str:
    """In one pass, so that braces inside a field stay what they are."""
    return PLACE.sub(lambda place: str(fields.get(place[1], place[0])), text)
