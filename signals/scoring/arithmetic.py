"""In how many threads torch adds up, which decides how its sums are rounded."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from quantsig.data.errors import ConfigError
from quantsig.data.language.messages import phrase
from quantsig.data.machine import cores

ALWAYS_THE_SAME = 1  # thread, where results may not depend on how many there are
NOT_DETERMINISTIC = "does not have a deterministic implementation"  # as torch says it


def threads_of(device: torch.device, *, deterministic: bool) -> int:
    """The threads that work begins in: those that torch was given, or one.

    On a GPU the threads of its host add nothing up.
    """
    if deterministic and device.type == "cpu":
        return ALWAYS_THE_SAME
    return torch.get_num_threads()


def threads_again(recorded: int | None) -> int | None:
    """The threads that work goes on in which began in `recorded`; None: as torch was given.

    As many, but no more than there are cores: each would wait for all others.
    """
    return None if recorded is None else min(recorded, cores())


@contextmanager
def computed_in(threads: int | None) -> Iterator[None]:
    """Let torch compute in so many threads, then as before; None changes nothing."""
    before = torch.get_num_threads()
    if threads is not None and threads != before:
        torch.set_num_threads(threads)
    try:
        yield
    finally:
        if torch.get_num_threads() != before:
            torch.set_num_threads(before)


@contextmanager
def in_one_order(device: torch.device, *, deterministic: bool) -> Iterator[None]:
    """Let a GPU add up in an order that is the same each time; a CPU does so by itself.

    Raises:
        ConfigError: the model needs what torch computes in no such order on a GPU.
    """
    if not deterministic or device.type == "cpu":
        yield
        return
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # read at the first product
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True)
    try:
        yield
    except RuntimeError as error:
        if NOT_DETERMINISTIC not in str(error):
            raise
        raise ConfigError(
            phrase(
                "a GPU computes a part of this model in no fixed order: {operation}.",
                operation=str(error).split()[0],
            ),
            where="speed.deterministic = true",
            remedy="Train on the `device` cpu, take another model, or leave the setting out.",
        ) from error
    finally:
        torch.use_deterministic_algorithms(before)
