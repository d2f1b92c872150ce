"""The trash of a runs folder: runs that were removed, until they are put back.

The ledger is left as it is: what was tried was tried, and its trials count for ever.
"""

from pathlib import Path

from quantsig.data.errors import DataError, UsageError
from quantsig.data.language.messages import phrase
from quantsig.data.storage.leftovers import alone, recover
from quantsig.signals.layout import LEDGER, RECORD, TRASH, WALK


def move_to_trash(home: Path) -> Path:
    """Move a run or a walk, whole or damaged, into the trash beside it.

    Returns:
        Where it is now.

    Raises:
        DataError: it is neither.
        UsageError: another process is at work in it.
    """
    recover(home)
    found = (home / RECORD).is_file() or (home / WALK).is_file()
    if not found or (home / LEDGER).exists() or home.is_symlink():
        raise DataError(
            "this is neither a run nor a walk." if home.exists() else "there is no such run.",
            where=str(home),
            remedy="Name a folder that quantsig wrote; see: quantsig runs list",
        )
    home = home.resolve()
    with alone(home):
        target = _free(home.parent / TRASH / home.name)
        target.parent.mkdir(exist_ok=True)
        home.rename(target)
    return target


def put_back(runs_folder: Path, name: str) -> Path:
    """Move a run out of the trash to where it was.

    Args:
        runs_folder: that it was in.
        name: that it has in the trash.

    Raises:
        DataError: the trash has none of that name.
        UsageError: another run has its place.
    """
    source = runs_folder / TRASH / name
    target = runs_folder / name
    if name not in in_trash(runs_folder):
        there = ", ".join(in_trash(runs_folder))
        raise DataError(
            phrase("the trash holds no {name!r}.", name=name),
            where=str(source),
            remedy=phrase("In it: {there}.", there=there) if there else "In it: nothing.",
        )
    if target.exists():
        raise UsageError(
            "another run has that place.",
            where=str(target),
            remedy="Move that one away first, as with: quantsig runs rm RUN",
        )
    source.rename(target)
    return target


def in_trash(runs_folder: Path) -> list[str]:
    """The names of what lies in the trash."""
    return sorted(path.name for path in (runs_folder / TRASH).glob("*") if path.is_dir())


def _free(target: Path) -> Path:
    """The place itself, or the first numbered one that nothing has."""
    number, place = 2, target
    while place.exists():
        place = target.with_name(f"{target.name}-{number}")
        number += 1
    return place
