"""Sentences of documents that were written before messages had codes, told by their English.

Nothing that is written today comes here: a language without `old_sentences.po` shows the English
of such documents.
"""

import re
from collections.abc import Mapping
from functools import cache

from quantsig.data.language import catalogue

PLACE = re.compile(r"\{(\w+)\}")


def recognised(sentence: str, language: str) -> tuple[str, Mapping[str, str]] | None:
    """The translation of such a sentence, and what stands in its places."""
    for pattern, told in _patterns(language):
        if found := pattern.fullmatch(sentence):
            return told, found.groupdict()
    return None


@cache
def _patterns(language: str) -> list[tuple[re.Pattern[str], str]]:
    """Those with most fixed text first."""
    source = catalogue.FOLDER / language / catalogue.OLD
    told = catalogue.read_catalogue([source]).texts if source.is_file() else {}
    return [
        (_pattern(text), told[text])
        for text in sorted(told, key=lambda text: -len(PLACE.sub("", text)))
    ]


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
