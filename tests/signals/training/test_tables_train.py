"""Every loss, schedule and optimiser of the tables trains an epoch and leaves a run."""

from dataclasses import replace
from pathlib import Path

import pytest

from quantsig.data.bars import check_bars
from quantsig.data.demo.planted import CELL_BARS
from quantsig.data.label_spec import LabelSpec
from quantsig.data.samples.build import build_samples
from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SplitSpec
from quantsig.signals.losses import LOSSES
from quantsig.signals.optimisation.optimisers import OPTIMISERS, OptimiserSettings
from quantsig.signals.optimisation.schedules import SCHEDULES, ScheduleSettings
from quantsig.signals.training.fit import train
from quantsig.signals.training.settings import Plan, TrainSettings
from tests.planted import CHART, build, planted_frame

pytestmark = pytest.mark.xdist_group("tables")
ONCE = TrainSettings(model="bars_cnn", epochs=1, batch_size=64, seed=2)
TWICE = replace(ONCE, epochs=2)
RETURNS = LabelSpec(name="forward_return", horizon_bars=CELL_BARS)


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, SampleSet]:
    """The same bars with classes and with returns."""
    folder, frame = tmp_path_factory.mktemp("tables"), planted_frame(cells=300)
    returns = build_samples(
        check_bars(frame), folder / "returns", chart=CHART, label=RETURNS, stride_bars=CELL_BARS
    )
    return {"classes": build(frame, folder / "classes"), "returns": returns}


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_trains(sets: dict[str, SampleSet], tmp_path: Path, name: str) -> None:
    """Its value and those of its parts are finite columns; probabilities lie in 0..1."""
    kind = LOSSES[name]
    plan = Plan(train=replace(ONCE, loss=name))
    run = train(sets[kind.targets], tmp_path / "run", plan, SplitSpec())
    losses = [column for column in run.metrics().columns if column.startswith("loss")]
    parts = ["loss_soft_f1", "loss_weighted_cross_entropy"] if "composite" in name else []
    assert losses == ["loss", *parts]
    assert all(run.metrics()[column].is_finite().all() for column in losses)
    assert run.predictions()["probability"].is_between(0.0, 1.0).all()
    assert run.record.prediction_column == (1 if name == "pinball" else 0)


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_trains(sets: dict[str, SampleSet], tmp_path: Path, name: str) -> None:
    """Two epochs, each with its rate."""
    plan = Plan(train=TWICE, schedule=ScheduleSettings(name=name, warmup_epochs=1, step_epochs=1))
    run = train(sets["classes"], tmp_path / "run", plan, SplitSpec())
    rates = run.metrics().filter(split="validation")["learning_rate"]
    falls = name in ("warmup_cosine", "cosine", "step")
    assert (rates[1] < rates[0]) == falls


@pytest.mark.parametrize("name", OPTIMISERS)
def test_every_optimiser_trains(sets: dict[str, SampleSet], tmp_path: Path, name: str) -> None:
    """After six steps the training loss is below ln 2 = 0.693, that of even odds."""
    settings = OptimiserSettings(name=name)
    plan = Plan(train=TWICE, optimiser=settings, schedule=ScheduleSettings(name="constant"))
    metrics = train(sets["classes"], tmp_path / "run", plan, SplitSpec()).metrics()
    assert metrics.filter(split="train")["loss"][1] < 0.67
