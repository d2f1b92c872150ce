"""What ends a verb that was asked to stop."""

import ctypes
import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import polars as pl
import pytest
from safetensors import SafetensorError

from quantsig.cli.trouble import Stopped, explain, stoppable

NUMBERS = [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
COMPILING = """
import signal, sys
from numba import njit
from numba.core.codegen import CPUCodeLibrary
from quantsig.cli import app

def hook(module, compiled):  # LLVM calls it from C
    signal.raise_signal(int(sys.argv[1]))

def compile_something(self, *words, **options):
    for _ in range(50):
        njit(lambda x: x + 1)(1)
    raise RuntimeError("no compiled object yet")  # as numba says of what the hook should have kept

CPUCodeLibrary._object_compiled_hook = hook
app.get_command = lambda _: type("Verb", (), {"main": compile_something})()
sys.exit(app.main())
"""


@pytest.mark.parametrize(("number", "code"), NUMBERS)
@pytest.mark.parametrize("attribute", ["__cause__", "__context__"])
def test_an_error_that_came_of_a_stop_is_a_stop(
    number: int, code: int, attribute: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """However many errors a library wraps it in."""
    inner, outer = RuntimeError("in a callback"), RuntimeError("failed to compile")
    setattr(inner, attribute, Stopped(number))
    setattr(outer, attribute, inner)
    assert explain(outer, verbose=False) == code
    assert capsys.readouterr().err == "stopped; what was finished before is intact.\n"


REFUSALS = {
    "ENOSPC": 5,
    "EDQUOT": 5,
    "EIO": 5,
    "EMFILE": 5,
    "ENFILE": 5,
    "EACCES": 5,
    "EPERM": 5,
    "EROFS": 5,
    "ENAMETOOLONG": 2,
}
SAYINGS: dict[str, Callable[[int], Exception]] = {
    "python": lambda number: OSError(number, os.strerror(number), "runs/one/run.json"),
    "polars": lambda number: pl.exceptions.ComputeError(f"it failed (os error {number})"),
    "pyarrow": lambda number: OSError(f"Error writing bytes. Detail: [errno {number}] failed"),
    "safetensors": lambda number: SafetensorError(
        f"Error while serializing: I/O error: it failed (os error {number})"
    ),
}


@pytest.mark.parametrize("library", SAYINGS)
@pytest.mark.parametrize("name", REFUSALS)
def test_what_the_disk_refuses_is_no_bug(
    name: str, library: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Three lines and the code of the trouble, from whatever library it comes."""
    error = SAYINGS[library](getattr(errno, name))
    assert explain(error, verbose=False) == REFUSALS[name]
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert "bug" not in lines[0]


@pytest.mark.parametrize("attribute", ["__cause__", "__context__"])
def test_other_errors_stay_bugs(attribute: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Also those that came of another one."""
    with pytest.raises(RuntimeError) as caught:
        raise RuntimeError("failed")
    setattr(caught.value, attribute, ValueError("inner"))
    assert explain(caught.value, verbose=False) == 1
    assert "quantsig has a bug" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_that_an_error_took_the_place_of_is_a_stop(number: signal.Signals) -> None:
    """Whoever swallowed it and failed then did so because of it."""
    with pytest.raises(Stopped) as caught, stoppable():
        try:
            signal.raise_signal(number)
        except Stopped:
            error = RuntimeError("not linked to it")
        raise error
    assert caught.value.args == (number,)


def test_a_stop_that_a_callback_lost_comes_again() -> None:
    """A library in C that calls back into Python cannot pass an exception on."""
    hook = sys.unraisablehook
    with pytest.raises(Stopped), stoppable():
        ctypes.CFUNCTYPE(None)(lambda: signal.raise_signal(signal.SIGTERM))()
        while True:
            time.sleep(0.01)
    assert sys.unraisablehook is hook


@pytest.mark.parametrize(("number", "code"), NUMBERS)
def test_a_signal_while_numba_compiles(number: int, code: int) -> None:
    """The process ends with the shell's code and one line."""
    done = subprocess.run(
        [sys.executable, "-c", COMPILING, str(int(number))],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert (done.returncode, len(done.stderr.splitlines())) == (code, 1), done.stderr
