"""Machine code that was kept is used again, and renewed when what it was made from changed."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest

from quantsig.data.kernels import stamp

CALLER = """
from quantsig.data.kernels import njit
import kernel_parts as parts
from kernel_parts import FACTOR, Kind, add

@njit(cache=True, nogil=True)
def inner(x):
    return add(x) * FACTOR + parts.OFFSET + Kind.LONG

@njit(cache=True, nogil=True)
def outer(x):
    return inner(x)
"""
PARTS = """
from enum import IntEnum
from quantsig.data.kernels import njit

class Kind(IntEnum):
    LONG = {long}

FACTOR, OFFSET = {factor}, {offset}

@njit(cache=True, nogil=True{options})
def add(x):
    return x + {added}
"""
WRITTEN = {"added": 1, "factor": 2, "offset": 100, "long": 1000, "options": ""}


@pytest.fixture(autouse=True)
def importable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Modules of the test's own folder, forgotten when it ends."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    (tmp_path / "kernel_caller.py").write_text(CALLER)
    yield
    forget()


def forget() -> None:
    for name in ("kernel_caller", "kernel_parts"):
        sys.modules.pop(name, None)
    importlib.invalidate_caches()


def outer(folder: Path, **changes: Any) -> Any:
    """The compiled function of a new process, as far as this one can be one."""
    (folder / "kernel_parts.py").write_text(PARTS.format(**WRITTEN | changes))
    forget()
    return importlib.import_module("kernel_caller").outer


def hits(function: Any) -> int:
    return sum(function.stats.cache_hits.values())


def test_what_was_compiled_is_used_again(tmp_path: Path) -> None:
    """Nothing changed, so the next process compiles nothing."""
    assert outer(tmp_path)(3) == 1108
    again = outer(tmp_path)
    assert (again(3), hits(again)) == (1108, 1)


@pytest.mark.parametrize(
    ("change", "result"),
    [
        ({"added": 2}, 1110),
        ({"factor": 3}, 1112),
        ({"offset": 200}, 1208),
        ({"long": 2000}, 2108),
        ({"added": 2, "options": ", inline='always'"}, 1110),
    ],
)
def test_a_change_in_another_file_compiles_anew(
    tmp_path: Path, change: dict[str, Any], result: int
) -> None:
    """Of a function that is called by one that is called, or of a constant of any kind."""
    assert outer(tmp_path)(3) == 1108
    changed = outer(tmp_path, **change)
    assert (changed(3), hits(changed)) == (result, 0)


def test_a_class_that_has_another_name_now_is_not_asked_for(tmp_path: Path) -> None:
    """What was compiled for arguments of the old one is not even read."""
    source = (
        "from typing import NamedTuple\n"
        "from quantsig.data.kernels import njit\n"
        "class {name}(NamedTuple):\n"
        "    value: int\n"
        "MADE = {name}(7)\n"
        "@njit(cache=True)\n"
        "def value(one):\n"
        "    return one.value\n"
    )
    for name in ("Old", "New"):
        (tmp_path / "kernel_parts.py").write_text(source.format(name=name))
        forget()
        module = importlib.import_module("kernel_parts")
        assert module.value(module.MADE) == 7


def test_a_function_that_calls_itself_has_a_stamp(tmp_path: Path) -> None:
    """It is read once."""
    (tmp_path / "kernel_parts.py").write_text(
        "from quantsig.data.kernels import njit\n"
        "@njit(cache=True)\n"
        "def down(x):\n"
        "    return 0 if x < 1 else down(x - 1)\n"
    )
    module = importlib.import_module("kernel_parts")
    assert stamp(module.down.py_func) == stamp(module.down.py_func)


def test_arrays_that_are_read_count(tmp_path: Path) -> None:
    """They are frozen into the machine code, too."""
    (tmp_path / "kernel_parts.py").write_text(
        "from quantsig.data.kernels import njit\n"
        "STEPS = None\n"
        "@njit(cache=True)\n"
        "def first():\n"
        "    return STEPS[0]\n"
    )
    function = importlib.import_module("kernel_parts").first.py_func
    stamps = []
    for number in (1, 2, 1):
        function.__globals__["STEPS"] = np.array([number])
        stamps.append(stamp(function))
    assert stamps[0] == stamps[2] != stamps[1]
