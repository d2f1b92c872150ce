"""What a process has imported and compiled, so that one that forks can do it before it does."""

import importlib
import os
import pickle
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SPARE = {"jemalloc_bg_thd", "polars-ooc-clea"}  # threads of libraries that a child does without


@dataclass(frozen=True, kw_only=True, slots=True)
class Loaded:
    """Imported and compiled.

    Attributes:
        modules: names.
        kernels: of each compiled function its module, its name, and the types of its arguments,
            pickled.
    """

    modules: Sequence[str]
    kernels: Sequence[tuple[str, str, str]]

    @classmethod
    def now(cls) -> "Loaded":
        """Of this process."""
        compiled = [
            (module, name, pickle.dumps(types).hex())
            for module, name, kernel in _kernels()
            for types in kernel.signatures
        ]
        return cls(modules=list(sys.modules), kernels=compiled)


def loaded_since(before: Loaded) -> Loaded:
    """What this process loaded more."""
    now = Loaded.now()
    return Loaded(
        modules=[name for name in now.modules if name not in set(before.modules)],
        kernels=[one for one in now.kernels if one not in set(before.kernels)],
    )


def load(loaded: Loaded) -> None:
    """Load it here, too; what has a thread of its own may not be among it."""
    for name in loaded.modules:
        try:
            importlib.import_module(name)
        except ImportError:  # a name that a library gives to a module that is none
            continue
    for module, name, types in loaded.kernels:
        kernel = getattr(sys.modules.get(module), name, None)
        wanted = pickle.loads(bytes.fromhex(types))
        if kernel is not None and wanted not in kernel.signatures:
            kernel.compile(wanted)
    assert _threads() <= SPARE, _threads()


def _threads() -> set[str]:
    """Names of the threads of this process but its first."""
    tasks = [path for path in Path("/proc/self/task").iterdir() if path.name != str(os.getpid())]
    return {(path / "comm").read_text().strip() for path in tasks}


def _kernels() -> Iterator[tuple[str, str, Any]]:
    """Each compiled function once, where it stands by its name."""
    dispatcher = getattr(sys.modules.get("numba.core.dispatcher"), "Dispatcher", None)
    if dispatcher is None:
        return
    for module, content in list(sys.modules.items()):
        for name, value in list(getattr(content, "__dict__", {}).items()):
            if isinstance(value, dispatcher) and value.py_func.__module__ == module:
                yield module, name, value
