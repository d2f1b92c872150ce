"""Files that lie in a store of objects: read where they are, by any address that fsspec knows."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from quantsig.data.errors import (
    ConfigError,
    IntegrityError,
    QuantsigError,
    ResourceError,
    UsageError,
)
from quantsig.data.language.messages import phrase, term
from quantsig.data.storage.passing_on import without_passwords

ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/+(.*)")  # a drive of Windows has one letter
DRIVE = re.compile(r"[A-Za-z]:")
PATIENCE: dict[str, dict[str, Any]] = {  # of what talks to a store
    "s3": {"config_kwargs": {"connect_timeout": 10, "retries": {"max_attempts": 2}}}
}
OF_STORES = ("botocore", "aiobotocore", "aiohttp", "s3fs", "gcsfs", "google", "adlfs", "azure")
NOT_LET_IN = ("NoCredentialsError", "PermissionError", "DefaultCredentialsError")


def address_of(path: Path) -> str | None:
    """The address that a path was made of, which loses one of its slashes; None: it is a path."""
    found = ADDRESS.fullmatch(path.as_posix())
    return None if found is None or path.exists() else f"{found[1].lower()}://{found[2]}"


def refuse_address(path: Path) -> None:
    """Refuse an address where files are written, renamed, locked or sealed, or no bars are read.

    Raises:
        UsageError: it is one.
    """
    address = address_of(path)
    if address is not None:
        raise UsageError(
            "at addresses bars alone are read; all else lies on a disk.",
            where=without_passwords(address),
            remedy="Name a place on a disk; one in a store that is mounted (rclone mount) will do.",
        )


def found_at(path: Path) -> Path:
    """What a path names: itself, or what an address has, with the methods of a path.

    Raises:
        ConfigError: nothing that is installed knows such addresses.
    """
    address = address_of(path)
    if address is None:
        return path
    place = _on_disk(address)
    if place is not None:
        return place
    try:
        from upath import UPath  # noqa: PLC0415 - an extra

        with answering(path):
            remote: Any = UPath(address, **PATIENCE.get(address.partition(":")[0], {}))
            _ = remote.fs  # what talks to such a store is looked for now
            return remote  # type: ignore[no-any-return]
    except (ImportError, ValueError) as error:
        raise ConfigError(
            phrase("such addresses are not known here: {reason}.", reason=_first_line(error)),
            where=without_passwords(address),
            remedy='For s3:// install the extra "s3" (pip install "quantsig[s3]"), for gs:// gcsfs '
            "and universal-pathlib.",
        ) from error


def is_remote(path: object) -> bool:
    """Whether `found_at` gave it for an address."""
    return not isinstance(path, Path)


def seekable(path: Path) -> Any:
    """What a library reads a file by: its path, or an open file of a store, read in ranges."""
    if not is_remote(path):
        return path
    remote: Any = path
    return remote.open("rb", cache_type="none")  # whoever seeks knows what it wants


@contextmanager
def answering(path: Path) -> Iterator[None]:
    """Tell what a store refuses in our words, and no error with the password of its address."""
    address = address_of(path)
    if address is None or _on_disk(address):
        yield
        return
    try:
        yield
    except Exception as error:
        behind = error.__cause__ if isinstance(error, IntegrityError) else error
        if behind is None or not _of_store(behind):
            if isinstance(error, QuantsigError):
                _hide_passwords(error)
            raise
        let_in = not any(kind.__name__ in NOT_LET_IN for kind in type(behind).__mro__)
        kind = "the store does not answer" if let_in else "the store does not let you in"
        raise ResourceError(
            phrase("{kind}: {reason}.", kind=term(kind), reason=_first_line(behind)),
            where=without_passwords(address),
            remedy="Set its credentials as for its own tools (AWS_ACCESS_KEY_ID, ~/.aws, "
            "AWS_ENDPOINT_URL, GOOGLE_APPLICATION_CREDENTIALS); the same command goes on.",
        ) from error


def _hide_passwords(error: QuantsigError) -> None:
    error.what, error.where = without_passwords(error.what), without_passwords(error.where)
    error.args = (error.what, error.where, error.remedy)


def _on_disk(address: str) -> Path | None:
    """The path that an address of this machine's disk stands for."""
    scheme, _, place = address.partition("://")
    if scheme not in ("file", "local"):
        return None
    return Path(place if DRIVE.match(place) else f"/{place}")


def _of_store(error: BaseException) -> bool:
    """Whether what talks to a store raised it, or Python in its place."""
    ours = type(error).__module__.partition(".")[0] in OF_STORES
    return ours or isinstance(error, (PermissionError, ConnectionError, TimeoutError))


def _first_line(error: BaseException) -> str:
    said = str(error).strip().partition("\n")[0].rstrip(".")
    return without_passwords(said) or type(error).__name__
