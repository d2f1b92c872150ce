"""A step sees its batch as a whole, however many samples are computed at a time."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file
from torch import nn

from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SplitSpec
from quantsig.signals.layout import WEIGHTS
from quantsig.signals.models import MODELS, Model, bars_cnn, small
from quantsig.signals.optimisation.optimisers import OptimiserSettings
from quantsig.signals.runs import Run
from quantsig.signals.training.fit import train
from quantsig.signals.training.settings import Plan, SpeedSettings, TrainSettings
from quantsig.signals.training.tracking.callbacks import Callbacks
from quantsig.signals.training.tracking.launch import Launch
from tests.signals.training.conftest import CrashError, crashing

pytestmark = pytest.mark.xdist_group("step")
STEADY = OptimiserSettings(name="sgd", learning_rate=0.01)  # Adam makes steps of rounding


class Plain(nn.Module):
    """Nothing that looks at the other samples of a batch: no batch statistics, no dropout."""

    def __init__(self, pixels: int, outputs: int) -> None:
        super().__init__()
        self.linear = nn.Linear(pixels, outputs)

    def forward(self, planes: torch.Tensor) -> torch.Tensor:
        """Planes (B, C, H, W) to logits (B, outputs)."""
        logits: torch.Tensor = self.linear(planes.flatten(1).float())
        return logits


class Narrow(nn.Module):
    """A model whose memory ends at so many samples, while it trains."""

    def __init__(self, model: nn.Module, most: int, tried: list[int]) -> None:
        super().__init__()
        self.model, self.most, self.tried = model, most, tried

    def forward(self, planes: torch.Tensor) -> torch.Tensor:
        """The batch statistics move before the memory ends."""
        logits: torch.Tensor = self.model(planes)
        if self.training:
            self.tried.append(len(planes))
            if len(planes) > self.most:
                raise torch.OutOfMemoryError
        return logits


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make `plain` a model."""
    monkeypatch.setitem(
        MODELS,
        "plain",
        Model(build=lambda shape: Plain(shape.planes * shape.height * shape.width, shape.outputs)),
    )


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many samples were computed at a time, while `narrow` is a model."""
    seen: list[int] = []
    monkeypatch.setitem(
        MODELS, "narrow", Model(build=lambda shape: Narrow(small.build(shape), 20, seen))
    )
    return seen


def weights(run: Run) -> dict[str, NDArray[Any]]:
    found: dict[str, NDArray[Any]] = load_file(run.path / WEIGHTS)
    return found


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("loss", ["cross_entropy", "weighted_cross_entropy", "focal"])
def test_micro_batches_learn_what_the_whole_batch_does(
    planted: SampleSet, tmp_path: Path, loss: str
) -> None:
    """Weights after an epoch agree to rounding, though 25 is no divisor of 64."""
    settings = TrainSettings(model="plain", loss=loss, epochs=1, batch_size=64, seed=2)
    whole, parts = (
        train(
            planted,
            tmp_path / str(size),
            Plan(train=settings, optimiser=STEADY, speed=SpeedSettings(micro_batch=size)),
            SplitSpec(),
        )
        for size in (0, 25)
    )
    for name, weight in weights(whole).items():
        np.testing.assert_allclose(weights(parts)[name], weight, rtol=0, atol=1e-6, err_msg=name)


def narrow_plan(micro_batch: int = 0, **settings: Any) -> Plan:
    train = TrainSettings(model="narrow", epochs=1, batch_size=64, seed=2, **settings)
    return Plan(train=train, speed=SpeedSettings(micro_batch=micro_batch))


def test_a_first_step_without_memory_halves_what_is_computed_at_a_time(
    planted: SampleSet, tmp_path: Path, tried: list[int]
) -> None:
    """64 and 32 do not fit, 16 does: the run is that of micro-batches of 16 from the start.

    The forward passes that failed leave no trace in the batch statistics. The user is told.
    """
    halved = train(planted, tmp_path / "halved", narrow_plan(), SplitSpec())
    assert tried[:4] == [64, 32, 16, 16]
    assert max(tried[2:]) == 16
    asked = train(planted, tmp_path / "asked", narrow_plan(16), SplitSpec())
    assert (halved.path / WEIGHTS).read_bytes() == (asked.path / WEIGHTS).read_bytes()
    assert any("16 samples at a time" in warning for warning in halved.record.warnings)
    assert asked.record.warnings == ()


def test_a_halved_micro_batch_survives_a_resume(
    planted: SampleSet, tmp_path: Path, tried: list[int]
) -> None:
    """It is not tried out again; the result is the same."""
    whole = train(planted, tmp_path / "whole", narrow_plan(), SplitSpec())
    often, out = narrow_plan(save_minutes=1e-9), tmp_path / "run"
    with pytest.raises(CrashError):
        train(
            planted,
            out,
            often,
            SplitSpec(),
            launch=Launch(callbacks=Callbacks(progress=crashing(3))),
        )
    tried.clear()
    train(planted, out, often, SplitSpec())
    assert max(tried) == 16
    assert (out / WEIGHTS).read_bytes() == (whole.path / WEIGHTS).read_bytes()


def test_memory_that_ends_at_one_sample_is_an_error(
    planted: SampleSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is nothing left to halve."""
    starved = Model(build=lambda shape: Narrow(bars_cnn.build(shape), 0, []), reads="sequence")
    monkeypatch.setitem(MODELS, "narrow", starved)
    with pytest.raises(torch.OutOfMemoryError):
        train(planted, tmp_path / "run", narrow_plan(), SplitSpec())


@pytest.mark.usefixtures("plain")
def test_a_loss_of_the_whole_batch_in_parts_is_told(planted: SampleSet, tmp_path: Path) -> None:
    """Dice of a part is another loss than Dice of the batch."""
    settings = TrainSettings(model="plain", loss="dice", epochs=1, batch_size=64, seed=2)
    plan = Plan(train=settings, speed=SpeedSettings(micro_batch=16))
    run = train(planted, tmp_path / "run", plan, SplitSpec())
    assert any("dice" in warning for warning in run.record.warnings)
