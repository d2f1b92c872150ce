"""A small planted set that the tests of the training room share, and a crash."""

import math
from collections.abc import Callable, Collection
from typing import Any

import pytest

from quantsig.data.samples.store import SampleSet
from quantsig.signals.training.steps.module import TrainingModule
from tests.planted import build, planted_frame

RESULTS = ("model.safetensors", "metrics.parquet", "predictions.parquet", "calibration.json")

Spoil = Callable[[Collection[int]], None]


class CrashError(Exception):
    """The power went."""


def crashing(step: int) -> Callable[[int, int], None]:
    """Progress that fails after so many steps."""

    def progress(done: int, total: int) -> None:
        if done == step:
            raise CrashError

    return progress


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> SampleSet:
    """Some 690 samples, 7 optimiser steps of 64 an epoch."""
    return build(planted_frame(cells=700), tmp_path_factory.mktemp("planted") / "samples")


@pytest.fixture
def spoil(monkeypatch: pytest.MonkeyPatch) -> Spoil:
    """Make a number of a gradient no number at some steps, counted from 0."""
    compute = TrainingModule._gradient

    def at(steps: Collection[int]) -> None:
        def spoiled(self: TrainingModule, *args: Any) -> None:
            compute(self, *args)
            if self.steps_done in steps:
                weight = next(self.model.parameters())
                assert weight.grad is not None
                weight.grad[0] = math.nan

        monkeypatch.setattr(TrainingModule, "_gradient", spoiled)

    return at
