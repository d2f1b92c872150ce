"""Compiled functions whose stored machine code is renewed when anything in it changes.

Numba keeps what it compiled beside the source and compiles again when that file changes, but not
when a function that it calls, or a constant that it reads, changes in another file. Here those
count, too.
"""

import hashlib
from collections.abc import Callable, Iterator
from enum import EnumType
from functools import cache
from inspect import getfile
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numba.core.caching import (
    CompileResultCacheImpl,
    FunctionCache,
    InTreeCacheLocator,
    UserProvidedCacheLocator,
    UserWideCacheLocator,
)
from numba.core.dispatcher import Dispatcher

Kernel = TypeVar("Kernel", bound=Callable[..., Any])
CONSTANTS = (int, float, complex, str, bytes, tuple, np.generic)


def njit(*, cache: bool = False, **options: Any) -> Callable[[Kernel], Kernel]:
    """`numba.njit`, with a cache that knows what the function calls and reads.

    Args:
        cache: keep the machine code for the next process.
        options: of `numba.njit`.
    """

    def compiled(function: Kernel) -> Kernel:
        dispatcher: Any = numba.njit(**options)(function)
        if cache:
            dispatcher._cache = _KernelCache(function)
        return cast(Kernel, dispatcher)

    return compiled


def stamp(function: FunctionType) -> str:
    """A digest of the source of a function, of all that it calls and of the constants it reads."""
    digest = hashlib.sha256()
    for text in _texts(function, set()):
        digest.update(text.encode())
    return digest.hexdigest()


def _texts(function: FunctionType, seen: set[FunctionType]) -> Iterator[str]:
    seen.add(function)
    source = Path(getfile(function))
    state = source.stat()
    yield f"{function.__qualname__} {_digest(source, state.st_mtime_ns, state.st_size)}"
    for name, value in _read(function):
        if isinstance(value, Dispatcher):
            if value.py_func not in seen:
                yield from _texts(value.py_func, seen)
        elif isinstance(value, EnumType):
            yield f"{name} {value.__members__}"
        elif isinstance(value, np.ndarray):
            yield f"{name} {value.dtype} {value.tolist()}"
        elif isinstance(value, CONSTANTS):
            yield f"{name} {value!r}"


def _read(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """What the names in a function stand for outside of it, in the order of the names."""
    names = sorted(_names(function.__code__))
    for name in names:
        value = function.__globals__.get(name)
        if isinstance(value, ModuleType):
            yield from ((f"{name}.{one}", getattr(value, one, None)) for one in names)
        else:
            yield name, value
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    yield from ((name, cell.cell_contents) for name, cell in cells)


def _names(code: CodeType) -> set[str]:
    inner = (part for part in code.co_consts if isinstance(part, CodeType))
    return set(code.co_names).union(*map(_names, inner))


@cache
def _digest(source: Path, _changed_ns: int, _size: int) -> str:
    """Of a file as it is now; read once as long as its time and size stay."""
    return hashlib.sha256(source.read_bytes()).hexdigest()


class _Stamped:
    """A place in which machine code is kept for as long as the stamp of its function holds."""

    _function: Any

    @classmethod
    def from_function(cls, py_func: FunctionType, py_file: str) -> Any:
        """The place for a function; None where it cannot be written."""
        found = super().from_function(py_func, py_file)  # type: ignore[misc]
        if found is not None:
            found._function = py_func
        return found

    def get_source_stamp(self) -> str:
        """What the machine code was made from."""
        return stamp(self._function)


class _UserProvided(_Stamped, UserProvidedCacheLocator):
    pass


class _InTree(_Stamped, InTreeCacheLocator):
    pass


class _UserWide(_Stamped, UserWideCacheLocator):
    pass


class _KernelCacheImpl(CompileResultCacheImpl):
    _locator_classes = [_UserProvided, _InTree, _UserWide]  # noqa: RUF012 - as its base has it


class _KernelCache(FunctionCache):
    """Numba reads an index of its own version, and then whether it is stale: too late.

    Signatures of old code in it name classes that may be gone. So the stamp is part of the version.
    """

    _impl_class = _KernelCacheImpl

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)  # type: ignore[no-untyped-call]
        index = self._cache_file
        index._version = f"{index._version} {index._source_stamp}"
