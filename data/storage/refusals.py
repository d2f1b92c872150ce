"""What a disk or a system said no to, in our words; from whatever library it comes."""

import errno
import re
from collections.abc import Mapping
from pathlib import Path

from quantsig.data.errors import (
    OUT_OF_SPACE,
    QuantsigError,
    ResourceError,
    UsageError,
    disk_full,
)
from quantsig.data.language.messages import phrase, term

SAID = re.compile(r"(?:os error|errno) (\d+)", re.IGNORECASE)  # texts of Rust and of Arrow
WITHOUT_NAME = "a file that is not named"
RIGHTS = "Check the permissions, or choose another folder."
OPEN = "Close other programs, or raise the limit of open files: ulimit -n"
DISK = "Check the disk and its connection; then run the same command again."
REMEDIES: Mapping[str, tuple[str, ...]] = {
    RIGHTS: ("EACCES", "EPERM", "EROFS"),
    OPEN: ("EMFILE", "ENFILE"),
    DISK: ("EIO", "ESTALE", "ETIMEDOUT", "ENODEV", "ENXIO", "EREMOTEIO"),
}
KINDS = {RIGHTS: "not allowed", OPEN: "too many files are open", DISK: "the disk failed"}
KNOWN = {
    getattr(errno, name): remedy
    for remedy, names in REMEDIES.items()
    for name in names
    if hasattr(errno, name)
}


def refusal(error: BaseException) -> QuantsigError | None:
    """What the system refused; None where an error is of another kind.

    Args:
        error: of Python, which carries its number, or of a library that says it in its text.
    """
    number = error.errno if isinstance(error, OSError) else None
    if number is None:
        said = SAID.search(str(error))
        number = int(said[1]) if said else 0
    where = str(getattr(error, "filename", None) or WITHOUT_NAME)
    reason = getattr(error, "strerror", None) or str(error).partition("\n")[0]
    if number in OUT_OF_SPACE:
        return disk_full(Path(where))
    if number == errno.ENAMETOOLONG:
        return UsageError(
            "the name is too long for this disk.", where=where, remedy="Choose a shorter one."
        )
    if number in KNOWN:
        remedy = KNOWN[number]
        return ResourceError(
            phrase("{kind}: {reason}.", kind=term(KINDS[remedy]), reason=reason),
            where=where,
            remedy=remedy,
        )
    return None
