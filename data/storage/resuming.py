"""Work that takes long and goes on where it was cut short, in a folder beside its target.

What the work is made from is noted there by name. The same work finds what was done; other work
asks before that is thrown away.
"""

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quantsig.data.errors import OUT_OF_SPACE, UsageError, disk_full, unwritable
from quantsig.data.language.messages import chained, phrase, term
from quantsig.data.portable_names import leads_out
from quantsig.data.storage import atomic, documents
from quantsig.data.storage.leftovers import NOTE, sweep, sweep_tree

MOST_NAMED = 4  # changes that an error names
MOST_LETTERS = 40  # of a value that it shows


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """Something that work is made from, and was made from otherwise before."""

    name: str
    before: Any  # None: it was not there
    now: Any

    @property
    def told(self) -> str:
        """Its name, and the two values where they say something to people."""
        before, now = _shown(self.before), _shown(self.now)
        if before is None or now is None:
            return self.name
        return phrase("{name} was {before}, is {now}", name=self.name, before=before, now=now)


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """What a folder is filled with.

    Attributes:
        kind: in a word: training, walk, import.
        made_from: settings and sources by name, values of JSON.
        adjustable: names that may change on the way; what was done before stays of use.
    """

    kind: str
    made_from: Mapping[str, Any]
    adjustable: frozenset[str] = frozenset()

    def changes(self, earlier: "Work") -> list[Change]:
        """What is made from something else than in earlier work."""
        names = sorted({*self.made_from, *earlier.made_from, *{"work"}})
        before = {**earlier.made_from, "work": earlier.kind}
        now = {**self.made_from, "work": self.kind}
        return [
            Change(name=name, before=before.get(name), now=now.get(name))
            for name in names
            if before.get(name) != now.get(name)
        ]

    def goes_on_from(self, earlier: "Work") -> bool:
        """Whether nothing was changed but what may be."""
        return all(change.name in self.adjustable for change in self.changes(earlier))

    def note(self) -> str:
        """One line of JSON that `noted_work` reads."""
        return documents.to_json({"work": self.kind, "made_from": self.made_from})


def plain_work(kind: str, made_from: Mapping[str, Any], adjustable: Iterable[str] = ()) -> Work:
    """Work whose values are as JSON gives them back, so that they can be compared with it."""
    plain = json.loads(documents.to_json(dict(made_from)))
    return Work(kind=kind, made_from=plain, adjustable=frozenset(adjustable))


def flat(settings: Mapping[str, Any], section: str = "") -> dict[str, Any]:
    """Settings of sections within sections by their dotted names."""
    names: dict[str, Any] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping):
            names |= flat(value, f"{section}{name}.")
        else:
            names[f"{section}{name}"] = value
    return names


def unfinished_folder(target: Path) -> Path:
    """Where `resuming_folder` keeps what will be `target`."""
    return target.with_name(f".{target.name}.part")


def unfinished_work(parent: Path) -> dict[Path, Work]:
    """The targets in a folder whose work was cut short, by name, with what they are made from."""
    found = {}
    for note in sorted(parent.glob(f".*.part/{NOTE}")):
        work = noted_work(note.parent)
        if work is not None:
            name = note.parent.name.removeprefix(".").removesuffix(".part")
            found[note.parent.with_name(name)] = work
    return found


def noted_work(folder: Path) -> Work | None:
    """What is noted in the folder of unfinished work; None where there is nothing.

    What an earlier version noted is known as work of another kind.
    """
    note = folder / NOTE
    if not note.is_file():
        return None
    try:
        said = json.loads(note.read_bytes())
        return Work(kind=str(said["work"]), made_from=dict(said["made_from"]))
    except (ValueError, TypeError, KeyError, RecursionError):
        return Work(kind="work of an earlier version", made_from={})


@contextmanager
def resuming_folder(
    target: Path, work: Work, *, force: bool = False, replace: bool = False
) -> Iterator[Path]:
    """Give a folder beside `target` to fill; what was filled before it was cut short is in it.

    On leaving without an error the folder is renamed to `target`.

    Args:
        target: the folder to make.
        work: what it is made from.
        force: replace a `target` that exists, and begin anew where other work was cut short.
        replace: replace a `target` that exists.

    Raises:
        UsageError: `target` exists, other work lies unfinished there, or another process is at
            work on it.
        ResourceError: the disk is full.
    """
    from quantsig.data.storage.locks import locked  # noqa: PLC0415 - listing work locks nothing

    over = force or replace
    atomic.refuse_existing(target, force=over)
    beside = unfinished_folder(target)
    with locked(target):
        atomic.refuse_existing(target, force=over)  # another process may have made it meanwhile
        sweep(target.parent)
        try:
            _claim(beside, work, force=force)
            yield beside
            atomic.sync_folder(beside)
            atomic.exchange(beside, target)
            (target / NOTE).unlink(missing_ok=True)  # not before: by it the work is known again
        except OSError as error:
            if error.errno in OUT_OF_SPACE:
                raise disk_full(target) from error
            raise


def _claim(beside: Path, work: Work, *, force: bool) -> None:
    """Make the folder this work's own, with what is in it where that is of use."""
    if beside.is_symlink():
        raise leads_out(beside)
    try:
        beside.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(beside, error) from error
    earlier = noted_work(beside)
    kept = earlier is not None and work.goes_on_from(earlier)
    if earlier is not None and not kept and not force:
        raise _other_work(beside, work, earlier)
    if not kept:
        _empty(beside)
    if earlier is None or work.changes(earlier):
        atomic.write_text(beside / NOTE, work.note(), private=True)
    sweep_tree(beside)


def _other_work(beside: Path, work: Work, earlier: Work) -> UsageError:
    changes = [one for one in work.changes(earlier) if one.name not in work.adjustable]
    named = chained("{one}; {other}", [one.told for one in changes[:MOST_NAMED]])
    if len(changes) > MOST_NAMED:
        more = len(changes) - MOST_NAMED
        named = phrase("{named} and {more} more", named=named, more=more)
    return UsageError(
        phrase(
            "an unfinished {kind} lies there that is made from something else: {changes}.",
            kind=term(earlier.kind),
            changes=named,
        ),
        where=str(beside),
        remedy="Go on with what it is made from, name another place with `out`, or pass `force` "
        "to begin anew and lose it.",
    )


def _shown(value: Any) -> str | None:
    """A value as an error shows it; None for what says nothing to people, such as a digest."""
    if value is None:
        return term("none")
    text = documents.to_json(value)
    return text if len(text) <= MOST_LETTERS else None


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
