"""What its owner says of a run: tags and a note, in a small file that the seal covers."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from quantsig.data.errors import UsageError
from quantsig.data.language.messages import phrase
from quantsig.data.storage.records import read_record, write_record
from quantsig.signals.layout import REMARKS
from quantsig.signals.runs import Run, exclusive
from quantsig.signals.seal import sealed, sealing

SCHEMA = "quantsig.remarks/1"
TAG = re.compile(r"[\w.+:@/-]{1,40}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Remarks:
    """All of remarks.json."""

    tags: tuple[str, ...] = ()  # words, in the order they were given
    note: str | None = None


def read_remarks(home: Path) -> Remarks:
    """The remarks on a run; none where nothing was said.

    Raises:
        IntegrityError: they are not what was written.
    """
    source = sealed(home / REMARKS)
    if not source.is_file():
        return Remarks()
    remedy = "Use the version of quantsig that wrote it."
    return read_record(source, Remarks, SCHEMA, remedy=remedy)


def tag(run: Run, words: Iterable[str], *, remove: bool = False) -> Remarks:
    """Give a run tags, or take them from it.

    Raises:
        UsageError: a word cannot be a tag.
    """
    asked = list(dict.fromkeys(words))
    for word in asked:
        if not TAG.fullmatch(word):
            raise UsageError(
                phrase("{word!r} cannot be a tag.", word=word),
                where=str(run.path),
                remedy="A tag is one word of at most 40 letters, digits and . + : @ / _ -; "
                "sentences go into a note: quantsig runs note RUN TEXT",
            )
    before = read_remarks(run.path)
    kept = [word for word in before.tags if not (remove and word in asked)]
    added = [] if remove else [word for word in asked if word not in kept]
    return _write(run, replace(before, tags=(*kept, *added)))


def annotate(run: Run, text: str) -> Remarks:
    """Put a note on a run, in place of the one before; an empty one takes it off."""
    return _write(run, replace(read_remarks(run.path), note=text.strip() or None))


@exclusive
def _write(run: Run, remarks: Remarks) -> Remarks:
    if remarks != read_remarks(run.path):
        with sealing(run.path) as stage:
            write_record(stage / REMARKS, remarks, SCHEMA)
    return remarks
