"""TOML files, whatever may stand in them."""

import tomllib
from pathlib import Path
from typing import Any

from quantsig.data.language.messages import phrase
from quantsig.data.storage.checksums import damaged


class NotTomlError(ValueError):
    """A text that is not TOML; the message says where."""


def read_toml(source: Path) -> dict[str, Any]:
    """The tables of a file.

    Raises:
        NotTomlError: it is not UTF-8, or not TOML.
    """
    return _tables(source)[1]


def stored_toml(source: Path) -> str:
    """The text of a file that was written as TOML, and is it still.

    Raises:
        IntegrityError: it is not.
    """
    try:
        return _tables(source)[0]
    except NotTomlError as error:
        raise damaged(source, phrase("it is not TOML: {error}", error=error)) from error


def _tables(source: Path) -> tuple[str, dict[str, Any]]:
    try:
        text = source.read_text(encoding="utf-8")
        return text, tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # of brackets in brackets
        raise NotTomlError(str(error)) from error
