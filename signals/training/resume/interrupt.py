"""Stopping a training between two steps, so that what it did is saved first."""

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

Handler = Callable[[int, FrameType | None], Any] | int | None
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopRequest:
    """Whether SIGINT or SIGTERM came; while `patient` they wait for the next safe moment."""

    def __init__(self) -> None:
        self.number = 0
        self.patient = False
        self.before: dict[int, Handler] = {}

    def came(self, number: int, frame: FrameType | None) -> None:
        """Remember the signal, or act at once where there is nothing to save."""
        self.number = number
        if not self.patient:
            self.obey()

    def obey(self) -> None:
        """Hand the signal to whoever handled it before; their handler raises what it raises."""
        number, handler = self.number, self.before.get(self.number)
        if not number:
            return
        self.number = 0
        if callable(handler):
            handler(number, None)
        else:  # the default action, or none
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
            signal.raise_signal(number)


@contextmanager
def stop_request(within_s: float | None = None) -> Iterator[StopRequest]:
    """Listen to SIGINT and SIGTERM; outside of the main thread nothing can be listened to.

    Args:
        within_s: end the process so many seconds after the signal even where a step takes
            longer; the state saved last then stands. None: never.
    """
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    request.before = {number: signal.signal(number, request.came) for number in SIGNALS}
    try:
        with _ending(within_s):
            yield request
    finally:
        for number, handler in request.before.items():
            signal.signal(number, handler)
    request.obey()  # what came after the last safe moment


@contextmanager
def _ending(within_s: float | None) -> Iterator[None]:
    """A thread that sees signals at once, where the main thread sees them between two steps."""
    if within_s is None:
        yield
        return
    reader, writer = socket.socketpair()  # Windows wakes nothing else
    writer.setblocking(False)
    left = threading.Event()
    before = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)

    def watch() -> None:
        while number := reader.recv(1):
            if number[0] in SIGNALS and not left.wait(within_s):
                os._exit(128 + number[0])

    thread = threading.Thread(target=watch, name="stop", daemon=True)
    thread.start()
    try:
        yield
    finally:
        left.set()
        signal.set_wakeup_fd(before)
        writer.close()  # ends the thread
        thread.join()
        reader.close()
