"""The languages that pages and console can be read in: a folder of gettext catalogues each.

`translations/<code>/*.po` are read as they stand. An entry with a context translates the message
of that code, whatever its English says by now; one without translates its English text.
"""

import gettext
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

ENGLISH = "en"
FOLDER: Traversable = files("quantsig.data.language") / "translations"
OLD = "old_sentences.po"


@dataclass(frozen=True, kw_only=True, slots=True)
class Catalogue:
    """What a language says; every place of a text stands in its translation, too."""

    texts: Mapping[str, str]  # by English text
    messages: Mapping[str, str]  # by code
    plurals: Mapping[str, tuple[str, ...]]  # by English singular
    plural_of: Callable[[int], int]  # which of the plurals a number takes

    def counted(self, singular: str, number: int) -> str | None:
        """The form for so many, where there is one."""
        forms = self.plurals.get(singular)
        return None if forms is None else forms[self.plural_of(number)]


def languages() -> tuple[str, ...]:
    """Codes of the languages: English, and a folder each."""
    return (ENGLISH, *sorted(entry.name for entry in FOLDER.iterdir() if entry.is_dir()))


@cache
def catalogue(language: str) -> Catalogue:
    """The translations of a language, those of English are none."""
    if language == ENGLISH:
        return read_catalogue([])
    sources = (entry for entry in (FOLDER / language).iterdir() if entry.name.endswith(".po"))
    return read_catalogue(sorted(sources, key=lambda entry: entry.name))


def read_catalogue(sources: Iterable[Traversable]) -> Catalogue:
    """Of two translations that of the later file holds; fuzzy and empty ones are none."""
    from babel.messages.pofile import read_po  # noqa: PLC0415 - an English page needs none

    texts: dict[str, str] = {}
    messages: dict[str, str] = {}
    plurals: dict[str, tuple[str, ...]] = {}
    rule = "n != 1"
    for source in sources:
        with source.open("rb") as stream:
            read = read_po(stream)
        rule = read.plural_expr
        for entry in read:
            if not entry.id or entry.fuzzy or not entry.string or not all(entry.string):
                continue
            if isinstance(entry.id, str):
                known = messages if entry.context else texts
                known[entry.context or entry.id] = str(entry.string)
            else:
                one, many = entry.id
                plurals[one] = tuple(entry.string)
                texts |= {one: entry.string[0], many: entry.string[-1]}
    return Catalogue(texts=texts, messages=messages, plurals=plurals, plural_of=gettext.c2py(rule))
