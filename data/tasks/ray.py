"""Tasks in a cluster of Ray, or in one of this machine that lives as long as they do."""

import os
import platform
import signal
import socket
import time
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import version
from types import ModuleType, TracebackType
from typing import Any

from quantsig.data.errors import ConfigError, ResourceError, UsageError
from quantsig.data.language.messages import phrase, term
from quantsig.data.machine import cores
from quantsig.data.tasks.task import Function, Lost, Outcome, Refused, outcome_of, packed
from quantsig.data.tasks.workers import Workers

ADDRESS = "RAY_ADDRESS"
CLIENT = "ray://"
PORT = 6379  # of a cluster whose address names none
ANSWER_WITHIN_S = 10.0
STOP_WITHIN_S = 10.0
OBJECTS_BYTES = 100 << 20  # of a cluster that is started here: tasks read files, not objects
SAME_SUMS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))
FRAME_BYTES, FRAME_TYPE, SETTINGS = 9, 3, 4  # the head of a frame of HTTP/2, and what is in it
NO_CLUSTER = "what listens there is no cluster"
OWN_PYTHON = "RAY_ENABLE_UV_RUN_RUNTIME_ENV"  # else `uv run` has workers install all anew, or wait
AHEAD = 1  # tasks beyond those at work, so that none waits for us


class RayWorkers:
    """What a cluster does of tasks of one function.

    Args:
        function: of a task's work.
        on: how many at once, and what each takes.
        most: tasks that there are.
    """

    def __init__(self, function: Function, on: Workers, most: int) -> None:
        self.ray = _module()
        self.function, self.on = function, on
        self.numbers: dict[Any, int] = {}  # of tasks at work, by what stands for their outcome
        handlers = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}
        address = os.environ.get(ADDRESS, "")
        if address:
            _refuse_silent(address)
        wanted = None if address else max(cores(), (on.count or 1) * on.threads)
        _begin(self.ray, address, wanted)
        for number, handler in handlers.items():  # Ray ends the process in its own way
            with suppress(ValueError):  # not of the main thread
                signal.signal(number, handler)
        room = int(self.ray.cluster_resources().get("CPU", 1) // on.threads)
        self.most = min(most, on.count or max(1, room) + AHEAD)
        taken = {"num_cpus": on.threads, "num_gpus": on.gpus_per_task, "max_retries": 0}
        self.remote = self.ray.remote(**taken)(_outcome_there)

    def __enter__(self) -> "RayWorkers":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        refs = list(self.numbers)
        for reference in refs:  # as a signal would, so that a training saves its state
            with suppress(Exception):
                self.ray.cancel(reference)
        if refs:
            self.ray.wait(refs, num_returns=len(refs), timeout=STOP_WITHIN_S)
            for reference in refs:
                with suppress(Exception):
                    self.ray.cancel(reference, force=True)
        self.ray.shutdown()

    @property
    def has_room(self) -> bool:
        """Whether one more task may be given to the cluster."""
        return len(self.numbers) < self.most

    def give(self, number: int, work: Any) -> None:
        """Have the cluster do a task."""
        self.numbers[self.remote.remote(_versions(), packed(self.function, work))] = number

    def next_outcome(self) -> tuple[int, Outcome]:
        """Wait for the first task that is done, or whose worker died."""
        ready, _ = self.ray.wait(list(self.numbers), num_returns=1)
        number = self.numbers.pop(ready[0])
        try:
            outcome: Outcome = self.ray.get(ready[0])
        except self.ray.exceptions.RayTaskError as error:  # ours is caught where it happens
            return number, Refused(
                kind=ConfigError,
                what=phrase(
                    "a worker cannot load quantsig: {reason}.", reason=_last_line(str(error))
                ),
                where=ADDRESS,
                remedy="Install the same quantsig on every machine of the cluster.",
            )
        except self.ray.exceptions.RayError as error:
            return number, Lost(reason=f"{type(error).__name__}")
        return number, outcome


def _module() -> ModuleType:
    os.environ.setdefault(OWN_PYTHON, "0")
    try:
        import ray  # noqa: PLC0415 - an extra, and seconds to import
    except ImportError as error:
        raise ConfigError(
            "a cluster needs Ray, which is not installed.",
            where=str(error),
            remedy='Install the extra "ray": pip install "quantsig[ray]"',
        ) from error
    module: ModuleType = ray
    return module


def _refuse_silent(address: str) -> None:
    """Raise where nobody listens at the address of a cluster, before Ray tries it for minutes."""
    place = address.removeprefix(CLIENT).partition("?")[0]
    host, _, port = place.rpartition(":") if ":" in place else (place, "", "")
    if place in ("auto", "local"):
        return
    until, reason = time.monotonic() + ANSWER_WITHIN_S, ""
    while (left := until - time.monotonic()) > 0:
        try:
            with socket.create_connection(
                (host.strip("[]"), int(port or PORT)), timeout=left
            ) as opened:
                if _speaks(opened):
                    return
                reason = NO_CLUSTER
        except (OSError, ValueError) as error:
            reason = str(error)
            time.sleep(min(0.5, max(0.0, until - time.monotonic())))
    raise _no_cluster(address, reason)


def _speaks(opened: socket.socket) -> bool:
    """Whether who listens answers as gRPC does, which is HTTP/2; of TLS that cannot be seen."""
    if os.environ.get("RAY_USE_TLS") == "1":
        return True
    opened.sendall(GREETING)
    answer = opened.recv(FRAME_BYTES)
    return len(answer) == FRAME_BYTES and answer[FRAME_TYPE] == SETTINGS


def _no_cluster(address: str, reason: str) -> ResourceError:
    return ResourceError(
        phrase("no cluster answers: {reason}.", reason=reason),
        where=f"{ADDRESS}={address}",
        remedy="Start it (ray start), mend the address, have its token used (RAY_AUTH_MODE=token), "
        "or unset the address.",
    )


def _not_begun(address: str, reason: str) -> ResourceError:
    if address:
        return _no_cluster(address, reason)
    return ResourceError(
        phrase("Ray could not be started here: {reason}.", reason=reason),
        where="ray",
        remedy="Run the same command again when the machine is less busy, or with `on` local.",
    )


def _begin(ray: ModuleType, address: str, wanted: int | None) -> None:
    """Join the cluster of an address, or start one of so many cores here."""
    same = {name: os.environ.get(name, "") for name in SAME_SUMS if name in os.environ}
    same.setdefault("OMP_NUM_THREADS", str(cores()))  # else Ray sets it to a task's share
    own = (
        {}
        if address
        else {"num_cpus": wanted, "include_dashboard": False, "object_store_memory": OBJECTS_BYTES}
    )
    try:
        ray.init(
            address=address or "local",
            log_to_driver=False,
            logging_level="ERROR",
            runtime_env={"env_vars": same},
            **own,
        )
    except ConnectionError as error:
        raise _no_cluster(address, _last_line(str(error))) from error
    except Exception as error:  # Ray has none of its own for it
        if "ersion" not in str(error):
            raise _not_begun(address, _last_line(str(error))) from error
        raise UsageError(
            phrase(
                "the cluster runs another Ray or Python: {reason}.", reason=_last_line(str(error))
            ),
            where=f"{ADDRESS}={address}",
            remedy="Start the cluster with the Python and the packages that run here.",
        ) from error


def _versions() -> dict[str, str]:
    return {"quantsig": version("quantsig"), "Python": platform.python_version()}


def _outcome_there(expected: dict[str, str], task: bytes) -> Outcome:
    """Do a task in a worker of the cluster, if that is of the same versions."""
    found = _versions()
    for name, wanted in expected.items():
        if found[name] != wanted:
            return Refused(
                kind=UsageError,
                what=phrase(
                    "a machine of the cluster has {name} {found}; here it is {wanted}.",
                    name=name,
                    found=found[name],
                    wanted=wanted,
                ),
                where=socket.gethostname(),
                remedy=term("Install the same quantsig on every machine of the cluster."),
            )
    outcome = outcome_of(task)
    if isinstance(outcome, Refused):  # what is there here may be missing there
        return replace(outcome, where=f"{outcome.where}, {socket.gethostname()}")
    return outcome


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1].rstrip(".") if lines else ""
