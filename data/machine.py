"""What this machine has and tells: cores, memory. What a system does not tell is None."""

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ctypes import CDLL

    from threadpoolctl import ThreadpoolController

UNKNOWN_MEMORY = "this system does not tell how much memory a process held"
AT_ONCE = "_RJEM_MALLOC_CONF", "dirty_decay_ms:0,muzzy_decay_ms:0"  # of jemalloc, in polars
KILOBYTE = 1 if sys.platform == "darwin" else 1024  # what ru_maxrss counts in


def cores() -> int:
    """Processor cores that this process may use; all of the machine's where nothing limits it.

    Linux and the newer Pythons know of limits, macOS and Windows have none to ask for.
    """
    if hasattr(os, "process_cpu_count"):  # Python 3.13 and newer
        return os.process_cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def one_library_thread() -> Iterator[None]:
    """Let the linear algebra of numpy and scipy compute in one thread: the same sums everywhere.

    Libraries that are imported inside are not reached.
    """
    with _thread_pools(len(sys.modules)).limit(limits=1, user_api="blas"):
        yield


@lru_cache(maxsize=1)
def _thread_pools(modules: int) -> "ThreadpoolController":
    """Those of all loaded libraries, which are looked for again once more modules are imported."""
    from threadpoolctl import ThreadpoolController  # noqa: PLC0415

    return ThreadpoolController()


def peak_memory_bytes() -> int | None:
    """The most memory this process ever held; of its own, where the system tells (Linux).

    None on Windows, which has no `resource`.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        lines = status.read_text(encoding="utf-8").splitlines()
        held = next((line for line in lines if line.startswith("VmHWM")), None)
        if held is not None:
            return int(held.split()[1]) * 1024
    try:
        resource = import_module("resource")
    except ImportError:
        return None
    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * KILOBYTE


def return_memory_at_once() -> None:
    """Have polars return memory to the system when it is freed; it asks once, when it is loaded.

    As it comes it keeps some, and gives more back in a way that the system may take up or not, so
    a process that goes on for days holds ever more. The last of several settings holds.
    """
    if not returns_memory_at_once():
        known = os.environ.get(AT_ONCE[0])
        os.environ[AT_ONCE[0]] = f"{known},{AT_ONCE[1]}" if known else AT_ONCE[1]


def returns_memory_at_once() -> bool:
    """Whether polars was told so, by this process or by the one that began it."""
    return os.environ.get(AT_ONCE[0], "").endswith(AT_ONCE[1])


def give_memory_back() -> None:
    """Free what is in use no more, and have the C library return it to the system (glibc).

    Models and drawings hold each other in circles, which the collector comes to ever later the
    more there is; and the library keeps freed memory between pieces that are in use. So a process
    that goes on for days would hold ever more, though it uses no more.
    """
    gc.collect()
    trim = getattr(_c_library(), "malloc_trim", None)
    if trim is not None:
        trim(0)


@lru_cache(maxsize=1)
def _c_library() -> "CDLL | None":
    if sys.platform != "linux":
        return None
    from ctypes import CDLL  # noqa: PLC0415

    return CDLL(None)


def load_average() -> float | None:
    """Processes that wanted a core in the last minute, on average; None where nobody counts."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


def memory_bytes() -> int | None:
    """Memory of the machine; None where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
