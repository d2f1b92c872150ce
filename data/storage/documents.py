"""JSON documents: no NaN in them, and their schema checked when they are read.

A message stands in a document as its English text, so that anyone can read it; its code and
parameters are kept beside, in the document's `messages`, and put back when it is read.
"""

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from quantsig.data.errors import DataError
from quantsig.data.language.messages import from_plain, messages_in, phrase, to_plain
from quantsig.data.storage.atomic import write_text
from quantsig.data.storage.checksums import damaged, require_file

MESSAGES = "messages"
SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")  # half a character, perhaps without the other


def write_json(target: Path, document: Mapping[str, Any], *, private: bool = False) -> None:
    """Replace `target` by one JSON document, atomically; NaN and infinity become null.

    Nobody else may read what is private.
    """
    kept = {str(message): to_plain(message) for message in messages_in(document)}
    beside = {MESSAGES: list(kept.values())} if kept else {}
    write_text(target, to_json({**document, **beside}, indent=2) + "\n", private=private)


def read_json(source: Path) -> dict[str, Any]:
    """Read one JSON document.

    Raises:
        DataError: there is no such file.
        IntegrityError: the file is not a JSON object.
    """
    require_file(source)
    content = source.read_bytes()
    try:
        document = json.loads(content, parse_constant=_refused)
        if SURROGATE.search(content):
            json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:  # of brackets in brackets
        raise damaged(source, phrase("it is not JSON: {error}", error=error)) from error
    if not isinstance(document, dict):
        raise damaged(source, "not a JSON object")
    try:
        known = {kept["text"]: from_plain(kept) for kept in document.pop(MESSAGES, ())}
    except (AttributeError, KeyError, TypeError, RecursionError) as error:
        raise damaged(source, "its messages are incomplete") from error
    return {name: _restored(value, known) for name, value in document.items()}


def _refused(constant: str) -> None:
    raise ValueError(f"{constant} is no number of JSON")


def _restored(value: Any, known: Mapping[str, str]) -> Any:
    """The value with the messages that stand in it."""
    if not known:
        return value
    if isinstance(value, str):
        return known.get(value, value)
    if isinstance(value, dict):
        return {name: _restored(item, known) for name, item in value.items()}
    return [_restored(item, known) for item in value] if isinstance(value, list) else value


def read_document(source: Path, *schemas: str, remedy: str) -> dict[str, Any]:
    """Read a JSON document of one format, in one of its versions.

    Args:
        source: the file.
        schemas: what its `schema` may be, the version that is written first.
        remedy: what to do where it is another.

    Raises:
        DataError: there is no such file, or it is of another format.
        IntegrityError: the file is not a JSON object.
    """
    document = read_json(source)
    if document.get("schema") not in schemas:
        raise DataError(
            phrase(
                "unknown format {found}; this version reads {schemas}.",
                found=document.get("schema"),
                schemas=", ".join(schemas),
            ),
            where=str(source),
            remedy=remedy,
        )
    return document


def to_json(document: Any, *, indent: int | None = None) -> str:
    """One JSON document; NaN and infinity become null."""
    return json.dumps(
        _finite(document), indent=indent, ensure_ascii=False, allow_nan=False, default=str
    )


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    if hasattr(value, "tolist"):  # numpy and torch, scalars too
        return _finite(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
