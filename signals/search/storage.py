"""Where a search keeps its study: in a file of its folder, or in a database that has an address."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from quantsig.data.errors import ConfigError, ResourceError
from quantsig.data.language.messages import phrase
from quantsig.data.storage.passing_on import without_passwords

if TYPE_CHECKING:
    from optuna.storages import BaseStorage

ANSWER_WITHIN_S = 10
WAITS = {"sqlite": "timeout", "postgresql": "connect_timeout", "mysql": "connect_timeout"}


def optuna_module() -> ModuleType:
    """Optuna, silenced.

    Raises:
        ConfigError: it is not installed.
    """
    try:
        import optuna  # noqa: PLC0415 - an extra, and seconds to import
    except ImportError as error:
        raise ConfigError(
            "a search needs Optuna, which is not installed.",
            where=str(error),
            remedy='Install the extra "search": pip install "quantsig[search]"',
        ) from error
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    module: ModuleType = optuna
    return module


def open_storage(journal: Path, address: str) -> "BaseStorage":
    """The file of a search, or the database that has an address.

    Only one process may have the file open: what another left half written is taken away.

    Args:
        journal: the file, a JSON object a line.
        address: as SQLAlchemy reads it, such as sqlite:///studies.db; empty: the file.

    Raises:
        ConfigError: the address is none, or what talks to such a database is not installed.
        ResourceError: the database does not answer.
    """
    optuna = optuna_module()
    if not address:
        _mend(journal)
        backend = optuna.storages.journal.JournalFileBackend(str(journal))
        kept: BaseStorage = optuna.storages.JournalStorage(backend)
        return kept
    wait = WAITS.get(address.partition(":")[0].partition("+")[0])
    engine = {"connect_args": {wait: ANSWER_WITHIN_S}} if wait else {}
    with answering(address), _opening(address):
        asked: BaseStorage = optuna.storages.RDBStorage(address, engine_kwargs=engine)
        return asked


@contextmanager
def _opening(address: str) -> Iterator[None]:
    """Tell what is wrong with an address, or with what is needed for such a database."""
    where = without_passwords(address)
    try:
        yield
    except ImportError as error:
        raise ConfigError(
            "what talks to such a database is not installed.",
            where=where,
            remedy="Install it, for PostgreSQL: pip install psycopg2-binary",
        ) from error
    except RuntimeError as error:  # Optuna's, of tables that another version made
        raise ConfigError(
            phrase("the database does not suit this Optuna: {reason}.", reason=_first_line(error)),
            where=where,
            remedy="Bring it up to date, or name another database.",
        ) from error
    except Exception as error:
        no_address = type(error).__name__ in ("ArgumentError", "NoSuchModuleError")
        if not no_address and not isinstance(error, ValueError):
            raise
        raise ConfigError(
            "this is no address of a database.",
            where=where,
            remedy="Write it as sqlite:///studies.db or postgresql://user@machine/database",
        ) from error


@contextmanager
def answering(address: str) -> Iterator[None]:
    """Tell what a database refuses in our words, without the password of its address."""
    try:
        yield
    except Exception as error:
        known = type(error).__module__.partition(".")[0] in ("sqlalchemy", "optuna")
        if not address or not known:
            raise
        raise ResourceError(
            phrase("the database does not take it: {reason}.", reason=_first_line(error)),
            where=without_passwords(address),
            remedy="See that it runs and lets you in (PGPASSWORD, ~/.pgpass); then the same "
            "command goes on.",
        ) from error


def _first_line(error: BaseException) -> str:
    return without_passwords(str(error)).partition("\n")[0].rstrip(".")


def _mend(journal: Path) -> None:
    """Take away what a process that was killed while it wrote left: its lock, half a line."""
    Path(f"{journal}.lock").unlink(missing_ok=True)
    if journal.is_file():
        whole = journal.read_bytes().rfind(b"\n") + 1
        os.truncate(journal, whole)
