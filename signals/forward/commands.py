"""A command of the user's for each new signal: mail, chat or the adapter of a broker."""

import shlex
import subprocess
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from quantsig.data.errors import UsageError
from quantsig.data.storage.documents import to_json
from quantsig.signals.forward.lines import COMMAND, Line, stamp

LONGEST_S = 60.0  # that one may take
TIMED_OUT, NOT_FOUND, NOT_RUN = 124, 127, 126  # as shells have them


def parsed_command(text: str) -> list[str]:
    """The words of a command; no shell ever sees it.

    Raises:
        UsageError: it is none.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise _no_command(text) from error
    if not words:
        raise _no_command(text)
    return words


def run_commands(words: list[str], signals: Iterable[Line], recorded: datetime) -> list[Line]:
    """Run a command for each signal, with its line as JSON on standard input.

    What it prints goes nowhere; its exit code is a line of the journal, with the program's name
    and no more, for arguments may be secret. A signal is never told twice: where the process is
    killed in between, not at all.

    Args:
        words: of the command.
        signals: lines of decisions.
        recorded: when they were.

    Returns:
        A line a signal.
    """
    return [
        {
            "kind": COMMAND,
            "recorded": stamp(recorded),
            "symbol": line["symbol"],
            "decision_time": line["decision_time"],
            "program": Path(words[0]).name,
            "code": _code(words, line),
        }
        for line in signals
    ]


def _code(words: list[str], line: Line) -> int:
    try:
        done = subprocess.run(
            words,
            input=to_json(line).encode() + b"\n",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
            timeout=LONGEST_S,
        )
    except subprocess.TimeoutExpired:
        return TIMED_OUT
    except FileNotFoundError:
        return NOT_FOUND
    except OSError:
        return NOT_RUN
    return done.returncode


def _no_command(text: str) -> UsageError:
    return UsageError(
        "this is no command: it is empty, or a quote in it is not closed.",
        where=f"`command` {text}",
        remedy="Give a program and its arguments, such as `command` 'notify me'.",
    )
