"""The controls tell a broken feed from a training that needs more steps."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from quantsig.data.label_spec import LabelSpec
from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SplitSpec
from quantsig.signals.optimisation.optimisers import OptimiserSettings
from quantsig.signals.training import controls
from quantsig.signals.training.controls import Control, run_controls
from quantsig.signals.training.settings import Plan, TrainSettings
from tests.planted import build, planted_frame

pytestmark = pytest.mark.xdist_group("controls")
SEEDS = [*range(2), *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(2, 30))]
ANSWER = "the answer as a plane"


@pytest.fixture(scope="module")
def three_way(tmp_path_factory: pytest.TempPathFactory) -> SampleSet:
    """A healthy set of three classes."""
    folder = tmp_path_factory.mktemp("controls")
    return build(planted_frame(cells=700), folder / "samples", LabelSpec(name="three_way"))


def plan_of(seed: int, rate: float = 2e-4, **changes: Any) -> Plan:
    train = TrainSettings(**{"model": "bars_cnn", "batch_size": 64, "seed": seed, **changes})
    return Plan(train=train, optimiser=OptimiserSettings(learning_rate=rate))


def controls_of(samples: SampleSet, plan: Plan) -> dict[str, Control]:
    found: Iterator[Control] = run_controls(samples, plan, SplitSpec(), device="cpu")
    return {control.name: control for control in found}


@pytest.fixture(autouse=True)
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that many seeds are quick: a smaller budget only makes false alarms likelier."""
    monkeypatch.setattr(controls, "STEPS", 96)


@pytest.mark.parametrize("seed", SEEDS)
def test_healthy_sets_raise_no_alarm(three_way: SampleSet, seed: int) -> None:
    """Three classes, at a low rate and a high one: nothing fails, whatever the seed."""
    rate = (2e-3, 2e-4)[seed % 2]
    found = controls_of(three_way, plan_of(seed, rate))
    assert [one.name for one in found.values() if one.passed is False] == []


def test_too_few_steps_are_no_broken_feed(
    three_way: SampleSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is on its way needs more steps, and says so."""
    monkeypatch.setattr(controls, "STEPS", 24)
    found = controls_of(three_way, plan_of(1))[ANSWER]
    assert found.value is not None
    assert found.value < controls.FOUND
    assert (found.passed, found.remark) == (None, "learns, and needs over 24 steps")


@pytest.mark.parametrize("seed", SEEDS)
def test_shuffled_against_their_samples_labels_fail(
    three_way: SampleSet, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Power: the inputs of other samples, in each of the seeds."""
    plain = controls._planted
    order = np.random.default_rng(seed).permutation(len(three_way))

    def shuffled(happened: Any) -> Any:
        return plain(happened[order])

    monkeypatch.setattr(controls, "_planted", shuffled)
    found = next(run_controls(three_way, plan_of(seed), SplitSpec(), device="cpu"))
    assert (found.name, found.passed) == (ANSWER, False)
    assert "do not belong together" in found.remark


def test_blank_planes_fail(three_way: SampleSet, monkeypatch: pytest.MonkeyPatch) -> None:
    """Power: nothing reaches the model."""

    def blank(happened: Any) -> Any:
        return lambda feed: replace(feed, finish=lambda inputs: inputs * 0)

    monkeypatch.setattr(controls, "_planted", blank)
    found = next(run_controls(three_way, plan_of(1), SplitSpec(), device="cpu"))
    assert found.passed is False


def test_a_model_that_does_not_learn_fails(
    three_way: SampleSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The feed is whole and the rate so low that nothing moves."""
    monkeypatch.setattr(controls, "STEPS", 20)
    found = controls_of(three_way, plan_of(1, rate=1e-12))[ANSWER]
    assert (found.passed, found.remark) == (False, "nothing learnt in 20 steps")
