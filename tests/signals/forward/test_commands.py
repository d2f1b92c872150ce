"""A command of the user's for each new signal."""

import json
import shlex
import sys
from pathlib import Path

import pytest

from quantsig.data.errors import UsageError
from quantsig.signals.forward.commands import NOT_FOUND, parsed_command, run_commands
from tests.signals.forward.journals import START, decision


def test_each_signal_is_told_once_without_a_shell(tmp_path: Path) -> None:
    """Its line as JSON on standard input; nothing in an argument is expanded."""
    told = tmp_path / "told"
    program = "import sys; open(sys.argv[1], 'a').write(sys.argv[2] + sys.stdin.read())"
    text = shlex.join([sys.executable, "-c", program, str(told), "$HOME;`id`"])
    lines = run_commands(parsed_command(text), [decision("A", 0), decision("B", 0)], START)
    assert [(line["symbol"], line["code"]) for line in lines] == [("A", 0), ("B", 0)]
    written = told.read_text().splitlines()
    assert [json.loads(one.removeprefix("$HOME;`id`"))["symbol"] for one in written] == ["A", "B"]
    assert "HOME" not in json.dumps(lines)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([sys.executable, "-c", "raise SystemExit(3)"], 3),
        (["no-such-program-anywhere"], NOT_FOUND),
    ],
)
def test_its_exit_code_is_recorded(words: list[str], code: int) -> None:
    """One that fails, and one that is not there."""
    assert [line["code"] for line in run_commands(words, [decision("A", 0)], START)] == [code]


@pytest.mark.parametrize("text", ["", "  ", "notify 'unclosed"])
def test_what_is_no_command_is_refused(text: str) -> None:
    """Before anything is decided."""
    with pytest.raises(UsageError, match="no command"):
        parsed_command(text)
