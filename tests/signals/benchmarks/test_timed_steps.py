"""Blocks of our loop, of a bare one and of fed steps take turns."""

from dataclasses import replace

import pytest
import torch

from quantsig.data.benchmarks.scale import QUICK
from quantsig.data.samples.store import SampleSet
from quantsig.signals.benchmarks import card, scoring, stepping
from quantsig.signals.benchmarks.timed_steps import (
    BARE,
    FED,
    OURS,
    TimedSteps,
    batches_of,
    resident_batch,
    setup_of,
)
from quantsig.signals.dry_run.steps import take_steps
from quantsig.signals.optimisation.schedules import ScheduleSettings
from quantsig.signals.scoring.loader import AHEAD_BATCHES
from tests.planted import build, planted_frame

pytestmark = pytest.mark.xdist_group("bench")
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> SampleSet:
    """A small planted set."""
    return build(planted_frame(cells=300), tmp_path_factory.mktemp("turns") / "samples")


def test_each_kind_has_a_time_for_each_round(samples: SampleSet) -> None:
    """Steps of the bare loop are taken between those of ours, and each block is timed."""
    setup = setup_of(samples, "small", 8, CPU)
    taken: list[int] = []
    turns = TimedSteps(
        resident=resident_batch(setup),
        steps=2,
        rounds=3,
        device=CPU,
        bare=lambda: taken.append(1),
        fed=batches_of(setup),
    )
    module = take_steps(setup, turns)
    assert {kind: len(times) for kind, times in turns.seconds.items()} == {
        OURS: 3,
        BARE: 3,
        FED: 3,
    }
    assert len(taken) == 2 + 3 * 2
    assert module.steps_done == len(turns) == 2 + 3 * (2 + AHEAD_BATCHES + 2 + 2) + 1


def test_the_bare_loop_takes_the_same_steps(samples: SampleSet) -> None:
    """From the same weights, over the same batch, to the same weights: a fair comparison."""
    setup = setup_of(samples, "resnet18", 8, CPU)
    plan = replace(setup.plan, schedule=ScheduleSettings(name="constant"))
    setup = replace(setup, plan=plan)
    turns = TimedSteps(resident=resident_batch(setup), steps=1, rounds=1, device=CPU)
    module = take_steps(setup, turns)
    bare = stepping.BareLoop(setup, turns.resident)
    for _ in range(module.steps_done):
        bare.step()
    theirs = bare.model.state_dict()
    for name, weights in module.model.state_dict().items():
        torch.testing.assert_close(weights, theirs[name], rtol=1e-4, atol=1e-5, msg=name)


def test_large_networks_are_measured_on_a_cpu_too(
    samples: SampleSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where its figures mean nothing, but each is there."""
    monkeypatch.setattr(card, "NETWORKS", ("resnet18",))
    measured = card.measure(samples, replace(QUICK, gpu_batch_size=2), CPU)
    assert measured.details["gpu_resnet18_batch"] == "2x19x32x48"
    assert measured.details["gpu_resnet18_rows_at_a_time"] == 2
    for name in ("samples_per_s", "tflops", "matrix_share"):
        assert float(measured.details[f"gpu_resnet18_{name}"]) > 0


def test_without_bf16_the_reason_is_given(
    samples: SampleSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A figure that is missing says why."""
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict)
    measured = scoring.measure(samples, QUICK)
    assert measured.figures == {"bf16_speedup": None}
    assert measured.missing["bf16_speedup"] == "this CPU has no instructions for bfloat16"
