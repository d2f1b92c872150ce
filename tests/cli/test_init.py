"""`quantsig init`."""

import re
import sys
import tomllib
from pathlib import Path

import pytest

from quantsig.cli.settings.comments import remarks, setting_comments
from tests.cli.conftest import Quantsig

CODE = re.compile(r'# ["\w.]+ = ')
REMARK = re.compile(r" +# .*")
SENTENCE = re.compile(r"(?:[a-z]+ ){3}")  # English words in a row


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


def test_init_writes_comments_in_the_language_of_the_console(
    quantsig: Quantsig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything but the comments is as in English, line by line, and it loads."""
    monkeypatch.setenv("QUANTSIG_LANG", "zh")
    assert quantsig("init").code == 0
    written = Path("quantsig.toml").read_text(encoding="utf-8")
    assert quantsig("config", "check").code == 0
    lines = [line for line in written.splitlines() if line[:1] != "#" or CODE.match(line)]
    codes = [one.code for one in remarks() if one.code or not one.text]
    assert [REMARK.sub("", line) for line in lines] == codes
    uncommented = written.replace('# language = "zh"', 'language = "zh"')
    assert tomllib.loads(uncommented)["language"] == "zh"
    comments = [line.partition(" # ")[2] for line in written.splitlines() if " # " in line]
    assert not [one for one in comments if SENTENCE.search(one)]


def test_english_remarks_are_the_file_itself() -> None:
    """Nothing of it is lost where its lines are taken apart."""
    said = {one.text for one in remarks()}
    assert {one.comment for one in setting_comments().values()} <= said
