"""What can go wrong, and the exit code each kind of trouble ends with.

QuantsigError
├── UsageError      2  a wrong argument, an output that exists already
├── DataError       3  bars, samples or a run that cannot be used as they are
│   └── ConfigError 3  a setting that is unknown or makes no sense
├── CheckFailed     4  a check said no: leak found, no safe threshold, training diverged
├── ResourceError   5  disk or memory ran out, or a device is not there
└── IntegrityError  6  a stored file is not what was written

A bug is any other exception (exit code 1).
"""

import difflib
import errno
from collections.abc import Iterable, Sequence
from pathlib import Path

from quantsig.data.language.messages import chained, phrase, term

OUT_OF_SPACE = tuple(
    getattr(errno, name) for name in ("ENOSPC", "EDQUOT", "EFBIG") if hasattr(errno, name)
)
MOST_LETTERS = 1000  # of a line of an error that may quote a file
MOST_LISTED = 40  # names of a table, beside the nearest
MOST_NEAR = 3  # of these, out of a longer one
MUCH_LESS = 0.15  # likeness, of difflib's ratio, that is no second guess
MOST_OF_REMEDY = 5000  # which may list every setting


class QuantsigError(Exception):
    """An error in three lines for people: what happened, where, and what to do.

    A parameter or a setting that they name stands between backquotes, as `force`: whoever shows
    them spells it as its user types it.

    Args:
        what: what was found, one sentence.
        where: the file, row, symbol or setting it was found in.
        remedy: what the reader can do about it.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str, remedy: str) -> None:
        self.what, self.where = _shortened(what, MOST_LETTERS), _shortened(where, MOST_LETTERS)
        self.remedy = _shortened(remedy, MOST_OF_REMEDY)
        super().__init__(self.what, self.where, self.remedy)

    def __str__(self) -> str:
        return f"{self.what}\n{self.where}\n{self.remedy}"


def _shortened(line: str, most: int) -> str:
    """A line that may quote a file, without the middle where that would fill the screen."""
    if len(line) <= most:
        return line
    half = most // 2
    return f"{line[:half]} [{len(line) - 2 * half:,} letters left out] {line[-half:]}"


class UsageError(QuantsigError):
    """A wrong argument, or an output that exists already."""

    exit_code = 2


class DataError(QuantsigError):
    """Bars, samples or a run that cannot be used as they are."""

    exit_code = 3


class ConfigError(DataError):
    """A setting that is unknown or makes no sense."""


class CheckFailed(QuantsigError):  # noqa: N818 - a check that says no is an answer
    """A check said no: leak found, no safe threshold, training diverged."""

    exit_code = 4


class ResourceError(QuantsigError):
    """Disk or memory ran out, or a device is not there."""

    exit_code = 5


class IntegrityError(QuantsigError):
    """A stored file is not what was written."""

    exit_code = 6


def refused(where: str, value: object, remedy: str) -> ConfigError:
    """The error for a setting that cannot have its value.

    Args:
        where: the setting by its dotted name, such as `train.epochs`.
        value: what it was set to.
        remedy: what to give instead.
    """
    name = where.rpartition(".")[2]
    said = str(value) if isinstance(value, tuple) else value  # a tuple would be one of sentences
    what = phrase("{name} cannot be {value}.", name=name, value=said)
    return ConfigError(what, where=where, remedy=remedy)


def unknown_name(kind: str, name: str, known: Iterable[str], *, where: str) -> ConfigError:
    """The error for a name that no table holds.

    It asks for the nearest; where that leaves too many to read at a glance, it lists no others.
    """
    names = list(known)
    few = len(names) <= MOST_LISTED
    nearest = _nearest(name, names)[: 1 if few else MOST_NEAR]
    params = {"near": one_of(nearest), "names": ", ".join(names)}
    remedy = phrase(_HINTS[bool(nearest), few or not nearest], **params)
    what = phrase('unknown {kind} "{name}".', kind=term(kind), name=name)
    return ConfigError(what, where=where, remedy=remedy)


_HINTS = {  # by whether any is near, and whether all are listed
    (True, True): "Did you mean {near}? Known: {names}.",
    (True, False): "Did you mean {near}?",
    (False, True): "Known: {names}.",
}


def _nearest(name: str, names: Sequence[str]) -> list[str]:
    """Names that are like one, the likest first, without those that are much less so."""
    found = difflib.get_close_matches(name, names, n=MOST_NEAR)
    like = [difflib.SequenceMatcher(None, one, name).ratio() for one in found]
    return [one for one, ratio in zip(found, like, strict=True) if ratio >= like[0] - MUCH_LESS]


def one_of(names: Sequence[str]) -> str:
    """Names to choose from, as a clause: a, b or c."""
    return chained("{one} or {other}", [*filter(None, [", ".join(names[:-1])]), *names[-1:]])


def disk_full(target: Path) -> ResourceError:
    """The error for a disk without room; the old file is intact."""
    return ResourceError(
        "the disk is full; the file that was there before is intact.",
        where=str(target),
        remedy="Free some space and run the same command again.",
    )


def unwritable(target: Path, error: OSError) -> ResourceError:
    """The error for a place where nothing can be made: no right, or a file for a folder."""
    if error.errno in OUT_OF_SPACE:
        return disk_full(target)
    return ResourceError(
        phrase("nothing can be written there: {reason}.", reason=error.strerror),
        where=str(target),
        remedy="Name another place, or have the right to write there.",
    )
