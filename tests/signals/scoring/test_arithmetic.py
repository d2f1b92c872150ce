"""In how many threads torch adds up, and in which order a GPU does."""

import os
from functools import partial

import pytest
import torch

from quantsig.data.errors import ConfigError
from quantsig.signals.scoring import arithmetic
from quantsig.signals.scoring.arithmetic import (
    computed_in,
    in_one_order,
    threads_again,
    threads_of,
)

CPU, GPU = torch.device("cpu"), torch.device("cuda")


def test_threads_are_given_back() -> None:
    """After an error, too."""
    before = torch.get_num_threads()
    with pytest.raises(ZeroDivisionError), computed_in(before + 1):
        assert torch.get_num_threads() == before + 1
        raise ZeroDivisionError
    assert torch.get_num_threads() == before


def test_deterministic_work_takes_one_thread_on_a_cpu() -> None:
    """Other work takes those that torch was given, and so does the host of a GPU."""
    with computed_in(3):
        assert threads_of(CPU, deterministic=True) == 1
        assert threads_of(CPU, deterministic=False) == 3
        assert threads_of(GPU, deterministic=True) == 3


def test_no_more_threads_than_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work of 64 threads goes on in 4 where there are 4 cores."""
    monkeypatch.setattr(arithmetic, "cores", lambda: 4)
    assert [threads_again(recorded) for recorded in (None, 2, 64)] == [None, 2, 4]


def test_a_gpu_is_asked_for_one_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only within, and with the workspace that cuBLAS needs for it."""
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    with in_one_order(GPU, deterministic=True):
        assert torch.are_deterministic_algorithms_enabled()
        assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"
    assert not torch.are_deterministic_algorithms_enabled()


def test_what_has_no_order_is_named() -> None:
    """In three lines, with the part that torch names; other errors stay what they are."""
    said = "adaptive_avg_pool2d_backward_cuda does not have a deterministic implementation, but"
    asked = partial(in_one_order, GPU, deterministic=True)
    with pytest.raises(ConfigError, match="adaptive_avg_pool2d_backward_cuda"), asked():
        raise RuntimeError(said)
    with pytest.raises(RuntimeError, match="out of memory"), asked():
        raise RuntimeError("out of memory")
    assert not torch.are_deterministic_algorithms_enabled()
