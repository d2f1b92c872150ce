"""The seal of a run or a walk: what each of its files was when it was written.

`seal.json` keeps the SHA-256 of every file, pages included, and names the line of the ledger that
entered it; the line keeps that of the seal. So each file is held by the seal, the seal by the
ledger, and a line of the ledger by the next. A file is held against its seal before it is used.

What is written goes to a folder beside, then the line is added, then the seal is replaced, and
then the files are put in their place; until then the seal knows them as they were `before`, too.
Wherever that is cut short, a file is one that was written, and what was tried is counted.
"""

import hashlib
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from quantsig.data.errors import IntegrityError
from quantsig.data.language.messages import phrase, term
from quantsig.data.portable_names import refuse_outside
from quantsig.data.storage import atomic, checksums, documents
from quantsig.data.storage.cached_files import CachedFiles
from quantsig.data.storage.leftovers import NOTE, beside
from quantsig.data.storage.records import Record, read_record, write_record
from quantsig.signals.layout import ANONYMOUS_REPORT, FOLDS, FORWARD, REPORT, SEAL, STATE
from quantsig.signals.ledger import Entry, append_ledger, append_once, is_known, open_ledger

SCHEMA = "quantsig.seal/1"
SEALED = "sealed"  # event of what was written and is no trial, or was counted before
STAGE = "sealing"  # in a run, hidden: what is being written
PAGES = {REPORT, ANONYMOUS_REPORT}  # held, but made again and removed at will
OF_OWNERS = {".html", ".pdf", ".png"}  # what people may put beside them
DEEPEST = 4  # folders from a file up to its run
SEALS, HASHES = CachedFiles(), CachedFiles()

Hashes = Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Seal:
    """All of seal.json; paths are relative to its folder, with slashes.

    Attributes:
        line: `chain` of the ledger's line that entered it.
        files: SHA-256 by path.
        before: what a file was that is being replaced; None where it was not there.
    """

    line: str
    files: Hashes
    before: Mapping[str, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for path in (*self.files, *self.before):
            refuse_outside(path)

    @property
    def root(self) -> str:
        """SHA-256 of all that it says of files."""
        said = documents.to_json([sorted(self.files.items()), sorted(self.before.items())])
        return hashlib.sha256(said.encode()).hexdigest()


def sealed(source: Path) -> Path:
    """A file itself, held against the seal of its run; as it is where there is no seal.

    Raises:
        IntegrityError: it is not what was written, or the seal is not the one that was entered.
    """
    home = home_of(source)
    if home is None:
        return source
    path = source.absolute().relative_to(home.absolute()).as_posix()
    if not _is_whole(home, open_seal(home), path):
        seal = open_seal(home)  # another process may have written meanwhile
        if not _is_whole(home, seal, path):
            raise _broken(home, seal, path)
    return source


def read_sealed(source: Path, kind: type[Record], schema: str, *, remedy: str) -> Record | None:
    """A document of a run that was held against its seal, as its dataclass; None without one.

    Raises:
        DataError: another version wrote it.
        IntegrityError: it is damaged, or not what was written.
    """
    if not sealed(source).is_file():
        return None
    return read_record(source, kind, schema, remedy=remedy)


def home_of(source: Path) -> Path | None:
    """The sealed run or walk that a file is in."""
    parents = list(source.parents)[:DEEPEST]
    return next((folder for folder in parents if (folder / SEAL).is_file()), None)


def sealed_files(home: Path, folder: str) -> set[Path]:
    """Files of a folder in a run: those that are there, and those that should be."""
    there = {path for path in (home / folder).glob("*") if path.is_file()}
    if not (home / SEAL).is_file():
        return there
    known = open_seal(home).files
    return there | {home / path for path in known if Path(path).parent == Path(folder)}


def open_seal(home: Path) -> Seal:
    """The seal of a run, held against the ledger.

    Raises:
        IntegrityError: it is damaged, or the ledger knows nothing of it.
    """
    seal = SEALS.read(home / SEAL, _read)
    line = open_ledger(runs_folder_of(home)).chained.get(seal.line)
    if line is None:
        raise IntegrityError(
            "the ledger has no line of this result: it was removed, or the result comes from "
            "another folder.",
            where=str(home / SEAL),
            remedy=phrase(
                "Put the ledger back, or take the result in as it is: {repair}", repair=repair(home)
            ),
        )
    if line.get("root") != seal.root:
        raise IntegrityError(
            phrase("{seal} is not the one that the ledger entered.", seal=SEAL),
            where=str(home / SEAL),
            remedy=phrase(
                "Restore it from a copy, or look what is whole: {repair}", repair=repair(home)
            ),
        )
    return seal


def refuse_lost_seal(home: Path, run_id: str) -> None:
    """Raise an IntegrityError where a run was sealed and its seal is gone."""
    if (home / SEAL).is_file():
        return
    lines = open_ledger(runs_folder_of(home)).chained.values()
    if any("root" in line and line.get("run_id") == run_id for line in lines):
        raise IntegrityError(
            phrase("{seal} is missing; this result had one.", seal=SEAL),
            where=str(home),
            remedy=phrase(
                "Restore it from a copy, or seal the files as they are: {repair}",
                repair=repair(home),
            ),
        )


def is_result(path: Path) -> bool:
    """Whether a file, by its path in a run, is held by the seal, or is the seal."""
    return path.name == SEAL or not _outside(path)


def runs_folder_of(home: Path) -> Path:
    """The folder that holds a run and the ledger."""
    return home.resolve().parent


def repair(home: Path) -> str:
    """The command that makes again what can be."""
    return f"quantsig verify {home} `repair`"


def write_page(target: Path, text: str, home: Path) -> None:
    """Replace a page of a run or a walk; one that stands in its folder is held by the seal.

    Raises:
        IntegrityError: the seal or the ledger are not what was written.
    """
    if not target.absolute().is_relative_to(home.absolute()):
        atomic.write_text(target, text)
        return
    with sealing(home) as stage:
        place = stage / target.absolute().relative_to(home.absolute())
        place.parent.mkdir(parents=True, exist_ok=True)
        atomic.write_text(place, text)


@contextmanager
def sealing(home: Path, entry: Entry | None = None, *, whole: str = "") -> Iterator[Path]:
    """Give a folder to write files of a run to, as they stand in it; then enter and place them.

    A run without a seal gets none.

    Args:
        home: the run.
        entry: what the ledger is told.
        whole: a folder in the run that is replaced with all that is in it.

    Raises:
        IntegrityError: the seal or the ledger are not what was written.
    """
    from quantsig.data.storage.locks import waiting_lock  # noqa: PLC0415 - reading locks nothing

    with waiting_lock(home / SEAL), beside(home / STAGE) as stage:
        shutil.rmtree(stage, ignore_errors=True)  # of a process that was killed
        stage.mkdir(parents=True)
        try:
            yield stage
            new = _hashes(stage, pages=True)
            if (home / SEAL).is_file():
                known = _current_hashes(home)
                of_whole = {path for path in known if whole and path.startswith(f"{whole}/")}
                _enter(home, known, new, of_whole - new.keys(), entry)
            elif entry is not None:
                append_once(runs_folder_of(home), entry)
            _place(stage, home, new, whole)
        finally:
            shutil.rmtree(stage, ignore_errors=True)


def seal_folder(home: Path, runs_folder: Path, name: str, entry: Entry) -> None:
    """Enter a new run or walk and write its seal, before it is put in its place.

    Args:
        home: the folder as it is filled.
        runs_folder: that it will stand in.
        name: of the run.
        entry: what the ledger is told.
    """
    new = Seal(line="", files=_hashes(home))
    line = _line(runs_folder, name, entry, new)
    write_record(home / SEAL, replace(new, line=line), SCHEMA)


def seal_again(home: Path, name: str) -> None:
    """Seal a run as it is now, whatever it was."""
    entry = Entry(event=SEALED, more={"folder": name, "as_it_is": True})
    seal_folder(home, runs_folder_of(home), name, entry)


def take_in(home: Path, part: str, entry: Entry | None = None) -> None:
    """Enter a file or a folder that was written in its place, such as folds."""
    _take(home, lambda: _hashes(home, part), entry)


def enter(home: Path, entry: Entry) -> None:
    """Tell the ledger of a run what is to be done with it, and have the seal name the line.

    So a line that nothing follows, such as an opening, is missed where it is removed.
    """
    _take(home, dict, entry)


def _take(home: Path, new: Callable[[], Hashes], entry: Entry | None) -> None:
    from quantsig.data.storage.locks import waiting_lock  # noqa: PLC0415 - reading locks nothing

    with waiting_lock(home / SEAL):
        if (home / SEAL).is_file():
            _enter(home, _current_hashes(home), new(), set(), entry)
        elif entry is not None:
            append_once(runs_folder_of(home), entry)


def drop(home: Path, paths: set[str]) -> None:
    """Remove files of a sealed run, and say so in the ledger."""
    from quantsig.data.storage.locks import waiting_lock  # noqa: PLC0415 - reading locks nothing

    with waiting_lock(home / SEAL):
        _enter(home, _current_hashes(home), {}, paths)
        for path in paths:
            (home / path).unlink(missing_ok=True)


def faults(home: Path) -> list[IntegrityError]:
    """Every file of a sealed run that is not what was written, or that nobody entered.

    Raises:
        IntegrityError: the seal is not whole itself.
    """
    seal = open_seal(home)
    there = _hashes(home)
    known = there.keys() | seal.files.keys()
    return [_broken(home, seal, path) for path in sorted(known) if not _is_whole(home, seal, path)]


def broken_files(home: Path) -> set[str]:
    """Paths in a sealed run of the files that `faults` names."""
    return {Path(error.where).relative_to(home).as_posix() for error in faults(home)}


def made_again(name: str, *, same: bool) -> str:
    """A sentence on what was written again; `same` where its bytes are those of before."""
    return f"{name}: made again{', as it was' if same else '; its bytes are others now'}."


def _read(source: Path) -> Seal:
    return read_record(source, Seal, SCHEMA, remedy="Use the version of quantsig that wrote it.")


def _is_whole(home: Path, seal: Seal, path: str) -> bool:
    source = home / path
    if not source.is_file():
        return path not in seal.files or seal.before.get(path, "") is None or is_page(Path(path))
    if path not in seal.files and path not in seal.before:
        return _outside(Path(path)) or path.startswith(f"{FOLDS}/")  # these until all are trained
    found = HASHES.read(source, checksums.sha256_of)
    return found in (seal.files.get(path), seal.before.get(path))


def _broken(home: Path, seal: Seal, path: str) -> IntegrityError:
    known = path in seal.files or path in seal.before
    there = (home / path).is_file()
    changed = "its SHA-256 is not the one recorded when it was written"
    why = "the file is missing" if not there else changed if known else "it was put in by hand"
    return IntegrityError(
        phrase("{path} is damaged: {why}.", path=path, why=term(why)),
        where=str(home / path),
        remedy=phrase(
            "Restore it from a copy, or make again what can be: {repair}", repair=repair(home)
        ),
    )


def is_page(path: Path) -> bool:
    """Whether a file of a run, by its path in it, is a page of quantsig's."""
    return path.name in PAGES


def _outside(path: Path) -> bool:
    """Whether a file of a run is no result: pages, states of trainings, what is hidden.

    The journal of a forward test is held by its own chain, whose head the ledger enters.
    """
    return (
        path.name in {SEAL, NOTE}
        or is_page(path)
        or path.parts[0] == FORWARD
        or (len(path.parts) == 1 and path.suffix in OF_OWNERS)
        or any(part == STATE or part.startswith(".") for part in path.parts)
        or path.name.startswith("events.out.")  # of TensorBoard, which writes on its own
    )


def _hashes(home: Path, part: str = "", *, pages: bool = False) -> dict[str, str]:
    """SHA-256 of a file, or of all results in a folder, by their paths from `home`."""
    found = {}
    for source in sorted([home / part, *(home / part).rglob("*")]):
        path = source.relative_to(home)
        if source.is_file() and (not _outside(path) or (pages and is_page(path))):
            found[path.as_posix()] = checksums.sha256_of(source)
    return found


def _current_hashes(home: Path) -> dict[str, str]:
    """What the files of a run are, the last write being done or not."""
    seal = open_seal(home)
    files = dict(seal.files)
    for path, before in seal.before.items():
        source = home / path
        found = checksums.sha256_of(source) if source.is_file() else None
        if found == before:
            files.pop(path, None)
            if before is not None:
                files[path] = before
    return files


def _enter(
    home: Path, known: Hashes, new: Hashes, gone: set[str], entry: Entry | None = None
) -> None:
    """Add the line, then replace the seal."""
    files = {path: sha for path, sha in known.items() if path not in gone} | dict(new)
    before = {path: known.get(path) for path in new.keys() | gone}
    changed = {path: sha for path, sha in before.items() if sha != files.get(path)}
    counted = entry is None or is_known(runs_folder_of(home), entry)
    if counted and not changed and files == open_seal(home).files:
        return  # the same bytes again
    seal = Seal(line="", files=files, before=changed)
    line = _line(runs_folder_of(home), home.resolve().name, entry, seal)
    write_record(home / SEAL, replace(seal, line=line), SCHEMA)


def _line(runs_folder: Path, name: str, entry: Entry | None, seal: Seal) -> str:
    """Add the line of a seal; of what was counted before it says that it was written alone."""
    if entry is None or is_known(runs_folder, entry):
        return append_ledger(runs_folder, SEALED, folder=name, root=seal.root)
    said = {**entry.named, **entry.more}
    return append_ledger(runs_folder, entry.event, **said, root=seal.root)


def _place(stage: Path, home: Path, new: Mapping[str, str], whole: str) -> None:
    if whole:
        atomic.exchange(stage / whole, home / whole)
        atomic.sync_folder(home)
    for path in sorted(new, key=lambda name: name.endswith(".json")):  # they tell of the others
        target = home / path
        if whole and path.startswith(f"{whole}/"):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        atomic.move(stage / path, target)
        atomic.sync_folder(target.parent)
