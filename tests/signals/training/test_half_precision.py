"""fp16 needs its gradients scaled; on a CPU the same code runs with a scaler of its own."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch.plugins.precision import MixedPrecision
from safetensors.torch import load_file

from quantsig.data.errors import ConfigError
from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SplitSpec
from quantsig.signals.training import gradient
from quantsig.signals.training.fit import train
from quantsig.signals.training.settings import AlarmSettings, Plan, SpeedSettings, TrainSettings
from quantsig.signals.training.tracking.callbacks import Callbacks
from quantsig.signals.training.tracking.launch import Launch
from tests.signals.training.conftest import RESULTS, CrashError, Spoil, crashing

pytestmark = pytest.mark.xdist_group("half")
PLAN = Plan(
    train=TrainSettings(model="bars_cnn", epochs=2, batch_size=64, seed=3, save_minutes=1e-9),
    alarms=AlarmSettings(gradient_skips=0, gradient_roll_backs=0),
)


@pytest.fixture
def scalers(monkeypatch: pytest.MonkeyPatch) -> list[torch.amp.GradScaler]:
    """Train in fp16 on the CPU; the scaler of every training."""
    made: list[torch.amp.GradScaler] = []
    plain = gradient._trainer

    def trainer(*args: Any) -> Any:
        made.append(torch.amp.GradScaler("cpu"))
        built = plain(*args)
        built.strategy.precision_plugin = MixedPrecision("16-mixed", "cpu", made[-1])
        return built

    monkeypatch.setattr(gradient, "_trainer", trainer)
    return made


def test_it_trains(planted: SampleSet, tmp_path: Path, scalers: list[Any]) -> None:
    """Every step moves the weights, by what the unscaled gradient says."""
    half = train(planted, tmp_path / "half", PLAN, SplitSpec(), launch=Launch(device="cpu"))
    losses = half.metrics().filter(split="train")["loss"]
    assert losses[1] < losses[0]
    assert scalers[0].get_scale() == 2.0**16


def test_a_gradient_scaled_too_high_is_scaled_less(
    planted: SampleSet, tmp_path: Path, scalers: list[Any], spoil: Spoil
) -> None:
    """An overflow halves the scale and is left out; the guard, which allows none, is not asked."""
    spoil([0, 1, 5])
    run = train(planted, tmp_path / "run", PLAN, SplitSpec(), launch=Launch(device="cpu"))
    assert scalers[0].get_scale() == 2.0**13
    assert all(
        weight.isfinite().all() for weight in load_file(run.path / "model.safetensors").values()
    )


def test_the_scale_survives_a_resume(
    planted: SampleSet, tmp_path: Path, scalers: list[Any], spoil: Spoil
) -> None:
    """Scale and results are those of a training that was not interrupted."""
    spoil([0, 5])
    whole = train(planted, tmp_path / "whole", PLAN, SplitSpec(), launch=Launch(device="cpu"))
    out = tmp_path / "run"
    with pytest.raises(CrashError):
        train(
            planted,
            out,
            PLAN,
            SplitSpec(),
            launch=Launch(device="cpu", callbacks=Callbacks(progress=crashing(4))),
        )
    train(planted, out, PLAN, SplitSpec(), launch=Launch(device="cpu"))
    assert scalers[-1].get_scale() == scalers[0].get_scale() == 2.0**14
    for name in RESULTS:
        assert (out / name).read_bytes() == (whole.path / name).read_bytes(), name


def test_on_a_cpu_it_is_refused(planted: SampleSet, tmp_path: Path) -> None:
    """Lightning would silently train in bf16."""
    plan = replace(PLAN, speed=SpeedSettings(precision="fp16"))
    with pytest.raises(ConfigError, match="fp16 needs a GPU"):
        train(planted, tmp_path / "run", plan, SplitSpec(), launch=Launch(device="cpu"))
