"""Which of its two arguments a verb was given: a run, bars, or both."""

from dataclasses import dataclass
from pathlib import Path

from quantsig.data.errors import UsageError
from quantsig.data.language.messages import phrase
from quantsig.data.storage.addresses import address_of

TABLES = {".csv", ".txt", ".parquet", ".feather", ".gz", ".zip"}


@dataclass(frozen=True, kw_only=True, slots=True)
class GivenPaths:
    """The paths by what they are."""

    run: Path | None  # None: the latest
    bars: Path | None


def run_or_bars(
    first: Path | None, second: Path | None, verb: str = "quantsig signals"
) -> GivenPaths:
    """Tell a run from bars; a run is a folder with a record, bars are a file or a folder of files.

    Raises:
        UsageError: the one argument is neither, or may be both; or the two are the wrong way
            round.
    """
    if first is None:
        return GivenPaths(run=None, bars=second)
    if second is not None:
        if first.is_file() and _is_run(second):
            raise UsageError(
                phrase("{file} is a file and {run} is a run.", file=first.name, run=second.name),
                where=str(first),
                remedy=phrase(
                    "Name the run first: {verb} {run} {bars}", verb=verb, run=second, bars=first
                ),
            )
        return GivenPaths(run=first, bars=second)
    if first.is_file() or address_of(first):
        return GivenPaths(run=None, bars=first)
    if _is_run(first) or not first.is_dir() or not _holds_bars(first):
        return GivenPaths(run=first, bars=None)  # which says what it is not
    if _is_unfinished_run(first):
        raise UsageError(
            phrase(
                "{name} may be a run that is not finished, or a folder of bars.", name=first.name
            ),
            where=str(first),
            remedy=phrase(
                "Finish its training, or name a run, too: {verb} RUN {folder}",
                verb=verb,
                folder=first,
            ),
        )
    return GivenPaths(run=None, bars=first)


def _is_run(path: Path) -> bool:
    from quantsig.signals.layout import RECORD

    return (path / RECORD).is_file()


def _is_unfinished_run(path: Path) -> bool:
    from quantsig.signals.runs import unfinished

    return unfinished(path)


def _holds_bars(folder: Path) -> bool:
    return any(path.suffix.lower() in TABLES for path in folder.iterdir() if path.is_file())
