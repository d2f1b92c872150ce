"""`quantsig init`."""

import sys
from pathlib import Path

from tests.cli.conftest import Quantsig


def test_init_writes_settings_that_load(quantsig: Quantsig) -> None:
    """The file it writes is read by the next verb: with no run yet, that is what is said."""
    assert quantsig("init").code == 0
    answer = quantsig("runs", "list")
    assert (answer.code, answer.out) == (0, "no runs in runs\n")


def test_init_keeps_a_file_that_is_there(quantsig: Quantsig) -> None:
    """Someone's settings are not overwritten without --force."""
    Path("quantsig.toml").write_text("device = 'cpu'\n")
    answer = quantsig("init")
    assert (answer.code, len(answer.complaint)) == (2, 3)
    assert Path("quantsig.toml").read_text() == "device = 'cpu'\n"
    assert quantsig("init", "--force").code == 0
    assert "[train]" in Path("quantsig.toml").read_text()
    assert sys.platform == "win32" or Path("quantsig.toml").stat().st_mode & 0o077 == 0
