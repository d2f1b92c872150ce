"""A small planted set that the tests of the training room share, and a crash."""

from collections.abc import Callable

import pytest

from quantsig.data.samples.store import SampleSet
from tests.planted import build, planted_frame

RESULTS = ("model.safetensors", "metrics.parquet", "predictions.parquet", "calibration.json")


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
