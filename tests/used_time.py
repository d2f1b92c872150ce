"""The wall and processor time that a run of the tests took, told at its end."""

import os
import time

from _pytest.terminal import TerminalReporter


class UsedTime:
    """Tells the time since it was made, and that of this process and of all it started."""

    def __init__(self) -> None:
        self.began = time.monotonic()

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        """One line for people; the workers have ended and count among the children."""
        wall, used = time.monotonic() - self.began, os.times()
        processor = used.user + used.system + used.children_user + used.children_system
        terminalreporter.write_line(
            f"{wall / 60:.1f} min on the clock, {processor / 60:.1f} min of processor time"
        )
