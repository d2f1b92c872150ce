"""What a file was when it was written, and what to say when it is so no more."""

import hashlib
from pathlib import Path

from quantsig.data.errors import DataError, IntegrityError, QuantsigError
from quantsig.data.language.messages import Message, phrase, term
from quantsig.data.storage.refusals import refusal


def size_of(source: Path) -> int:
    """Bytes of a stored file; raises an IntegrityError where it is missing."""
    if not source.is_file():
        raise damaged(source, "the file is missing")
    return source.stat().st_size


def sha256_of(source: Path) -> str:
    """SHA-256 of a file's bytes as 64 hex digits."""
    with source.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_sha256(source: Path, expected: str) -> None:
    """Raise an IntegrityError when a file is missing or its bytes are not those recorded."""
    if not source.is_file():
        raise damaged(source, "the file is missing")
    if sha256_of(source) != expected:
        raise damaged(source, "its SHA-256 is not the one recorded when it was written")


def damaged(source: Path, reason: str) -> IntegrityError:
    """The error for a stored file that is not what was written."""
    return IntegrityError(
        phrase("{name} is damaged: {reason}.", name=source.name, reason=_first_line(reason)),
        where=str(source),
        remedy="Restore it from a copy, or build it again.",
    )


def _first_line(reason: str) -> str:
    return (
        reason if isinstance(reason, Message) else term((reason.splitlines() or ["unreadable"])[0])
    )


def unreadable(source: Path, error: BaseException) -> QuantsigError:
    """The error for a stored file that a library could not read: damage, or the disk itself."""
    refused = refusal(error)
    if refused is None:
        said = (str(error).splitlines() or ["unreadable"])[0]
        return damaged(source, phrase("it cannot be read: {said}", said=said))
    return type(refused)(refused.what, where=str(source), remedy=refused.remedy)


def require_file(source: Path) -> None:
    """Raise a DataError where there is no such file."""
    if not source.is_file():
        raise DataError(
            phrase("there is no {name}.", name=source.name),
            where=str(source),
            remedy="Check the path, or run the step that writes it.",
        )
