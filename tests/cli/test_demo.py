"""`quantsig demo`: which folder it may write, before any work."""

from pathlib import Path

import pytest

from quantsig.cli.commands.demo import claim_folder
from quantsig.data.errors import UsageError

OUT = Path("quantsig-demo")


def finish() -> None:
    claim_folder(OUT, force=False)
    (OUT / "run").mkdir()
    (OUT / "run" / "report.html").touch()


def test_a_new_or_empty_folder_is_claimed() -> None:
    """The usual case."""
    OUT.mkdir()
    claim_folder(OUT, force=False)
    assert (OUT / "demo.json").is_file()


def test_an_interrupted_demo_is_done_again() -> None:
    """A folder without a report needs no --force."""
    claim_folder(OUT, force=False)
    claim_folder(OUT, force=False)


def test_a_finished_demo_is_replaced_only_with_force() -> None:
    """Its report may be what someone wants to keep."""
    finish()
    with pytest.raises(UsageError, match="--force"):
        claim_folder(OUT, force=False)
    claim_folder(OUT, force=True)


@pytest.mark.parametrize("force", [False, True])
def test_a_folder_of_something_else_is_never_claimed(force: bool) -> None:
    """--force replaces demos, not other people's samples."""
    (OUT / "samples").mkdir(parents=True)
    with pytest.raises(UsageError, match="no demo wrote"):
        claim_folder(OUT, force=force)


def test_a_file_is_never_claimed() -> None:
    """A file of that name is in the way."""
    OUT.touch()
    with pytest.raises(UsageError):
        claim_folder(OUT, force=True)
