"""The command as a whole: help, version, and what it says and returns when a verb fails."""

import errno
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn

import pytest
import typer
from typer.main import get_command

from quantsig.cli.app import app
from quantsig.cli.commands import doctor
from quantsig.data.errors import (
    CheckFailed,
    ConfigError,
    DataError,
    IntegrityError,
    QuantsigError,
    ResourceError,
    UsageError,
)
from tests.cli.conftest import Quantsig


def every_verb(command: Any = None, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    command = command or get_command(app)
    if not hasattr(command, "commands"):
        yield words
        return
    for name, inner in command.commands.items():
        yield from every_verb(inner, (*words, name))


def failing(error: BaseException) -> Callable[[], NoReturn]:
    def fail() -> NoReturn:
        raise error

    return fail


@pytest.fixture
def breaks(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], None]:
    """Make `quantsig doctor` end with an error."""

    def arrange(error: BaseException) -> None:
        monkeypatch.setattr(doctor, "memory_bytes", failing(error))

    return arrange


Breaks = Callable[[BaseException], None]


@pytest.mark.parametrize("words", [*every_verb()], ids=" ".join)
def test_help_of_every_verb_shows_an_example(quantsig: Quantsig, words: tuple[str, ...]) -> None:
    """A verb's help has an example that starts with the verb itself."""
    answer = quantsig(*words, "--help")
    assert answer.code == 0
    assert "Example:\n    quantsig " + " ".join(words) in answer.out
    assert not re.search(r"list\[| range>", answer.out)
    lines = " ".join(answer.out.split())
    assert not re.search(r"(\[default: [^]]*\]) \1", lines)


def test_no_words_print_the_help(quantsig: Quantsig) -> None:
    """`quantsig` alone is a question, not a mistake."""
    answer = quantsig()
    assert (answer.code, answer.err) == (0, "")
    assert "samples" in answer.out


def test_version_is_the_installed_one(quantsig: Quantsig) -> None:
    """--version prints one line."""
    assert quantsig("--version").out == f"quantsig {version('quantsig')}\n"


def test_an_unknown_verb_is_a_usage_error_with_the_nearest(quantsig: Quantsig) -> None:
    """A misspelt verb ends with 2, in three lines, one of which names the right one."""
    answer = quantsig("trian")
    assert answer.code == 2
    assert len(answer.err.splitlines()) == 3
    assert "train" in answer.err


@pytest.mark.parametrize(
    "words",
    [
        ("train", "--epoch", "3"),
        ("train", "--epochs", "many"),
        ("samples",),
        ("runs", "list", "a", "b"),
    ],
    ids=" ".join,
)
def test_a_wrong_line_is_a_usage_error(quantsig: Quantsig, words: tuple[str, ...]) -> None:
    """What the parser refuses ends with 2 and in three lines, the last of which names the help."""
    answer = quantsig(*words)
    assert answer.code == 2
    assert len(answer.err.splitlines()) == 3
    assert answer.err.splitlines()[2].endswith("--help")


@pytest.mark.parametrize("threshold", ["1.5", "-0.1", "nan"])
def test_a_threshold_outside_0_to_1_is_a_usage_error(quantsig: Quantsig, threshold: str) -> None:
    """A threshold is a probability."""
    answer = quantsig("signals", "run", f"--threshold={threshold}")
    assert answer.code == 2
    assert "0..1" in answer.err.splitlines()[0]


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (UsageError, 2),
        (DataError, 3),
        (ConfigError, 3),
        (CheckFailed, 4),
        (ResourceError, 5),
        (IntegrityError, 6),
    ],
)
def test_an_error_of_ours_is_three_lines_and_its_code(
    quantsig: Quantsig, breaks: Breaks, kind: type[QuantsigError], code: int
) -> None:
    """What, where and what to do, one line each, however long the text."""
    breaks(kind("this\nhappened", where="here", remedy="do that"))
    answer = quantsig("doctor")
    assert (answer.code, answer.out) == (code, "")
    assert answer.err == "error: this happened\n  at here\n  do that\n"


@pytest.mark.parametrize("flag", ["-v", "--verbose"])
def test_verbose_shows_the_traceback(quantsig: Quantsig, breaks: Breaks, flag: str) -> None:
    """The traceback comes before the three lines, only when asked for."""
    breaks(DataError("this", where="here", remedy="that"))
    answer = quantsig("doctor", flag)
    assert "Traceback" in answer.err
    assert answer.err.endswith("error: this\n  at here\n  that\n")


def test_any_other_exception_is_a_bug(quantsig: Quantsig, breaks: Breaks) -> None:
    """A bug ends with 1 and three lines that say where it is."""
    breaks(ZeroDivisionError("division by zero"))
    answer = quantsig("doctor")
    assert answer.code == 1
    assert len(answer.err.splitlines()) == 3
    assert "ZeroDivisionError: division by zero" in answer.err


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "samples"),
        PermissionError(errno.EACCES, "Permission denied", "samples"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried 1 TB"),
    ],
    ids=["memory", "disk", "permission", "tensor"],
)
def test_a_machine_that_gives_no_more_is_a_resource_error(
    quantsig: Quantsig, breaks: Breaks, error: Exception
) -> None:
    """Memory, disk and permissions end with 5, in three lines."""
    breaks(error)
    answer = quantsig("doctor")
    assert answer.code == 5
    assert len(answer.err.splitlines()) == 3


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_with_its_code(
    quantsig: Quantsig, monkeypatch: pytest.MonkeyPatch, number: signal.Signals, code: int
) -> None:
    """Ctrl-C and a kill end cleanly, with one line and the shell's code."""
    before = signal.getsignal(number)
    monkeypatch.setattr(doctor, "memory_bytes", lambda: signal.raise_signal(number))
    answer = quantsig("doctor")
    assert (answer.code, len(answer.err.splitlines())) == (code, 1)
    assert signal.getsignal(number) is before


def test_an_exit_of_a_verb_is_honoured(quantsig: Quantsig, breaks: Breaks) -> None:
    """typer.Exit carries its code."""
    breaks(typer.Exit(4))
    assert quantsig("doctor").code == 4


def test_a_reader_that_leaves_is_no_trouble(tmp_path: Path) -> None:
    """A closed pipe makes no noise."""
    command = [sys.executable, "-m", "quantsig.cli.app", "--help"]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        command, stdout=writing, stderr=subprocess.PIPE, check=False, cwd=tmp_path, text=True
    )
    os.close(writing)
    assert done.stderr == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_completes_verbs(shell: str, tmp_path: Path) -> None:
    """What a shell asks after `quantsig tra` is answered with train."""
    words = {"COMP_WORDS": "quantsig tra", "COMP_CWORD": "1"}
    words |= {"_TYPER_COMPLETE_ARGS": "quantsig tra", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    done = subprocess.run(
        [sys.executable, "-c", "import sys; from quantsig.cli.app import main; sys.exit(main())"],
        env={**os.environ, **words, "_QUANTSIG_COMPLETE": f"complete_{shell}"},
        capture_output=True,
        check=True,
        cwd=tmp_path,
        text=True,
    )
    assert "train" in done.stdout
