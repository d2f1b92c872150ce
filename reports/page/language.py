"""The language of a page, which is asked for by its code."""

from contextlib import AbstractContextManager

from quantsig.data.errors import unknown_name
from quantsig.data.language.catalogue import languages
from quantsig.data.language.saying import Reader, reading


def page_in(language: str) -> AbstractContextManager[Reader]:
    """Everything said inside is said in this language.

    Raises:
        ConfigError: there is no such language.
    """
    if language not in languages():
        raise unknown_name("language", language, languages(), where="`lang`")
    return reading(language)
