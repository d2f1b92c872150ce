"""What every test shares: one thread each, a browser, and the folder of real bars."""

import atexit
import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.used_time import UsedTime

# Before the first import of a numeric library. What numba compiled outlives the next build of the
# package, and the workers share the cores already.
KERNELS = Path(__file__).parents[1] / "build" / "kernels"
os.environ.setdefault("NUMBA_CACHE_DIR", str(KERNELS))
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS"):
    os.environ.setdefault(variable, "1")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # a thread that spins takes another's core
os.environ["LC_ALL"] = "C.UTF-8"  # what is expected is English, whatever the machine speaks

gc.disable()  # while files are collected: what is imported stays


def pytest_collection_finish() -> None:
    """What was imported is not looked through for garbage again and again."""
    gc.freeze()
    atexit.register(gc.unfreeze)  # what is bound to C++ would be told as leaked
    gc.enable()


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker of the tests that `make soak` runs, and tell the time all took."""
    config.addinivalue_line("markers", "soak: takes minutes; `make soak` runs it")
    config.pluginmanager.register(UsedTime())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List the texts that stayed English on pages of other languages; nothing fails by them."""
    found = {
        text
        for report in terminalreporter.stats.get("passed", ())
        for name, texts in report.user_properties
        if name == "untranslated"
        for text in texts
    }
    if found:
        terminalreporter.section("texts without a translation")
        for text in sorted(found):
            terminalreporter.line(text)


HERE = Path(__file__).parent
# The long ones, and the kernels before the verbs that need them; all else comes after.
FIRST = (
    "backtest",
    "signals",
    "test_chain.py",
    "cli",
    "platforms",
    "hostile",
    "faults",
    "reports",
    "test_structure.py",
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file's tests share one worker and so its fixtures; no long file is left to the end."""
    for item in items:
        if not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(item.location[0]))
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    folder = item.path.relative_to(HERE).parts[0]
    return FIRST.index(folder) if folder in FIRST else len(FIRST)


@pytest.fixture(scope="session", autouse=True)
def unsynced() -> Iterator[None]:
    """Nothing waits for the disk; what a loss of power leaves is tried in `tests/faults`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Path of Chromium; without one the test skips, or fails where REQUIRE_BROWSER is set."""
    path = shutil.which("chromium")
    if path is None:
        reason = "there is no chromium on this machine"
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail(reason)
        pytest.skip(reason)
    return path


@pytest.fixture(scope="session")
def market_bars() -> Path:
    """Folder of real bars, named by MARKET_BARS; without it the test skips."""
    folder = os.environ.get("MARKET_BARS")
    if not folder:
        pytest.skip("MARKET_BARS names no folder of real bars")
    return Path(folder)
