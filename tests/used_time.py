"""The wall and processor time that a run of the tests took, told at its end."""

import os
import time

import pytest
from _pytest.terminal import TerminalReporter


class UsedTime:
    """Adds up the processor time of this process, of its workers and of what they started."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.of_workers_s = 0.0

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object) -> None:
        """A worker of xdist tells what it used."""
        self.of_workers_s += getattr(node, "workeroutput", {}).get("used_s", 0.0)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """As a worker, tell the process that started it."""
        told = getattr(session.config, "workeroutput", None)
        if told is not None:
            told["used_s"] = used_s()

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        """One line for people."""
        wall = time.monotonic() - self.began
        processor = used_s() + self.of_workers_s
        terminalreporter.write_line(
            f"{wall / 60:.1f} min on the clock, {processor / 60:.1f} min of processor time"
        )


def used_s() -> float:
    """Processor seconds of this process and of all it started that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
