"""Every way a verb can fail, told in three lines on stderr and as an exit code."""

import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import typer

from quantsig.cli.option_names import as_typed
from quantsig.cli.options.parser_lines import parser_message
from quantsig.cli.output import printable
from quantsig.data.errors import QuantsigError, ResourceError, UsageError
from quantsig.data.language.messages import Message, phrase
from quantsig.data.language.saying import tell
from quantsig.data.storage.refusals import refusal

WrongLine = typer.BadParameter.__mro__[1]  # the parser's own usage error; typer does not export it
BUG = 1
BEGINS = ("error: ", "  at ", "  ")  # of the three lines: what, where, what to do
AGAIN_S = 0.05  # until a signal that was lost is raised once more


class Stopped(BaseException):
    """The user or the system asked to stop.

    Not a KeyboardInterrupt, which the training loop would swallow and end with exit code 1.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code = 128 + number


@contextmanager
def stoppable() -> Iterator[None]:
    """Turn SIGINT and SIGTERM into Stopped, so that half-written files are cleaned up.

    Where one comes while a compiler calls back into Python, as numba's does, the exception is
    lost there, and the work would go on: it is raised again a moment later. Where another error
    comes of that, it ends in Stopped all the same.
    """
    asked: list[int] = []
    repeats: list[threading.Timer] = []

    def stop(number: int, frame: FrameType | None) -> None:
        asked.append(number)
        raise Stopped(number)

    def lost(one: "sys.UnraisableHookArgs") -> None:
        if isinstance(one.exc_value, Stopped):
            repeats.append(threading.Timer(AGAIN_S, signal.raise_signal, one.exc_value.args))
            repeats[-1].start()
        else:
            hook(one)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    hook, sys.unraisablehook = sys.unraisablehook, lost
    try:
        yield
    except Exception as error:
        if asked:
            raise Stopped(asked[-1]) from error
        raise
    finally:
        sys.unraisablehook = hook
        for repeat in repeats:
            repeat.cancel()
        for number, handler in before.items():
            signal.signal(number, handler)


def explain(error: BaseException, *, verbose: bool) -> int:
    """Tell on stderr what went wrong and return the exit code.

    Args:
        error: what ended the verb.
        verbose: print the traceback first.
    """
    error = _stop_behind(error) or error
    if isinstance(error, BrokenPipeError):
        _forget_stdout()
        return 0
    if verbose and not isinstance(error, (Stopped, WrongLine)):
        traceback.print_exception(error)
    if isinstance(error, Stopped):
        print(tell("stopped; what was finished before is intact."), file=sys.stderr)
        return error.exit_code
    known = recognise(error)
    lines, code = (known.args, known.exit_code) if known else (_bug(error), BUG)
    what, where, remedy = lines
    place = tell(where) if isinstance(where, Message) else where  # a name is no word
    for begin, line in zip(BEGINS, (tell(what), place, tell(remedy)), strict=True):
        print(as_typed(printable(tell(begin) + " ".join(line.split()))), file=sys.stderr)
    return code


def recognise(error: BaseException) -> QuantsigError | None:
    """The error in our own words; None when it is a bug."""
    if isinstance(error, QuantsigError):
        return error
    if isinstance(error, WrongLine):
        return _wrong_line(error)
    if _out_of_memory(error):
        return ResourceError(
            "the memory ran out.",
            where=_first_line(error),
            remedy="Use a smaller batch (--batch-size), smaller charts or fewer bars.",
        )
    return refusal(error)


def _stop_behind(error: BaseException | None) -> Stopped | None:
    """The request to stop that an error is, or came of."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, Stopped):
            return error
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return None


def _wrong_line(error: BaseException) -> UsageError:
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "quantsig"
    message = getattr(error, "format_message", error.__str__)()
    see = phrase("See: {command} --help", command=command)
    return UsageError(_known_line(error, message), where=command, remedy=see)


def _known_line(error: BaseException, message: str) -> str:
    """What the parser said, as a message."""
    name = getattr(error, "option_name", None)
    if type(error).__name__ != "NoSuchOption" or not isinstance(name, str):
        return parser_message(message, getattr(error, "message", ""))
    near = ", ".join(getattr(error, "possibilities", None) or ())
    code = "No such option: {name} (near: {near})" if near else "No such option: {name}"
    return Message(message, code=code, params={"name": name, "near": near})


def _out_of_memory(error: BaseException) -> bool:
    # torch has a class of its own for the GPU and a bare RuntimeError for the CPU
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"
        or (isinstance(error, RuntimeError) and "can't allocate memory" in str(error))
    )


def _bug(error: BaseException) -> tuple[str, str, str]:
    return (
        f"quantsig has a bug: {type(error).__name__}: {_first_line(error)}",
        _place(error),
        "Run it again with --verbose and report what it prints.",
    )


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "quantsig" in Path(frame.filename).parts] or frames
    return f"{ours[-1].filename}, line {ours[-1].lineno}"


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), "") or type(error).__name__


def _forget_stdout() -> None:
    # the reader of a pipe is gone; without this the interpreter complains while it ends
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
