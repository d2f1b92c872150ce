"""The contract every kind of input keeps, with every set of features."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from quantsig.data.charts.draw import BarMatrix
from quantsig.data.samples.store import SampleSet
from quantsig.data.sequences.features import FEATURES
from quantsig.data.sequences.spec import AS_CHARTED, SequenceSpec
from quantsig.signals.inputs import INPUTS, Reads, feed_for
from quantsig.signals.shape import shape_of_samples
from tests.planted import CHART, build, planted_frame

SPECS = {
    "the scaled bars of the chart": AS_CHARTED,
    **{name: SequenceSpec(features=(name,), window_bars=3, timeframes=(1,)) for name in FEATURES},
    "all of them": SequenceSpec(features=tuple(FEATURES), window_bars=2, timeframes=(2, 1)),
    "denoised": SequenceSpec(features=("scaled", "returns"), window_bars=9, denoise="haar"),
}
KINDS: list[tuple[Reads, SequenceSpec]] = [
    (reads, spec)
    for reads, kind in INPUTS.items()
    if reads != "news" and not kind.together  # these have tests of their own
    for spec in (SPECS.values() if kind.needs_bars else (AS_CHARTED,))
]
EVERY = pytest.mark.parametrize(
    ("reads", "spec"), KINDS, ids=["planes", *(f"sequence, {name}" for name in SPECS)]
)
Inputs = NDArray[np.generic]
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> SampleSet:
    chart = replace(CHART, bars=8, slow_bars=26)  # 66 bars of history
    built = build(planted_frame(60), tmp_path_factory.mktemp("inputs") / "samples", chart=chart)
    assert len(built) > 20
    return built


def inputs_of(
    samples: SampleSet, ids: NDArray[np.int64], reads: Reads, spec: SequenceSpec
) -> Inputs:
    """What a model reads of some samples."""
    feed = feed_for(samples, CPU, reads, spec)
    out = np.full((len(ids), *feed.shape), 77, feed.dtype)
    feed.draw(ids, out)
    found: Inputs = feed.finish(torch.from_numpy(out)).numpy()
    return found


@EVERY
def test_inputs_are_as_large_as_the_model_is_told(
    samples: SampleSet, reads: Reads, spec: SequenceSpec
) -> None:
    """In shape and type, and finite."""
    found = inputs_of(samples, np.arange(4), reads, spec)
    shape = shape_of_samples(samples, 2, spec)
    (part,) = INPUTS[reads].parts(shape)
    assert found.shape == (4, *part.shape)
    assert found.dtype == part.dtype
    assert np.isfinite(found.astype(np.float64)).all()
    assert found.std() > 0


@EVERY
def test_a_row_is_the_same_again_and_in_any_company(
    samples: SampleSet, reads: Reads, spec: SequenceSpec
) -> None:
    """Bit for bit, alone, twice, and beside more rows than are worked on at once."""
    ids = np.random.default_rng(1).permutation(np.tile(np.arange(len(samples)), 3))[:130]
    many = inputs_of(samples, ids, reads, spec)
    for place in (0, 63, 64, 129):
        alone = inputs_of(samples, ids[place : place + 1], reads, spec)[0]
        assert alone.tobytes() == many[place].tobytes()


@EVERY
@pytest.mark.parametrize("change", ["multiplied", "exchanged"])
def test_later_bars_change_no_input(
    samples: SampleSet, reads: Reads, spec: SequenceSpec, change: str
) -> None:
    """Whatever their prices, volumes and adjustments become, decisions up to them stay."""
    ids = np.arange(len(samples))
    half = len(samples) // 2
    last = samples.decision_rows[half]
    values = samples.matrix.values.copy()
    if change == "multiplied":
        factors = np.random.default_rng(4).uniform(0.5, 2.0, len(values) - last - 1)
        values[last + 1 :] *= factors[:, None]
    else:
        values[last + 1 :] = values[last + 1 :][::-1]
    matrix = BarMatrix(values=values, times_us=samples.matrix.times_us)
    other = samples.seen_as(matrix, samples.decision_rows)
    before, after = (inputs_of(one, ids, reads, spec) for one in (samples, other))
    assert before[: half + 1].tobytes() == after[: half + 1].tobytes()
    if spec.features != ("calendar",):
        assert before[half + 1 :].tobytes() != after[half + 1 :].tobytes()


@EVERY
def test_what_is_held_is_what_is_read(samples: SampleSet, reads: Reads, spec: SequenceSpec) -> None:
    """Explaining starts from the inputs themselves, and every row of them has a name and an age."""
    ids = np.array([5, 2, 9])
    held = INPUTS[reads].hold(samples, ids, spec)
    none = np.zeros(held.ages.shape, dtype=bool)
    feed = held.fed(held.exchanged(none, np.zeros(3, np.int64)), CPU)
    out = np.empty((3, *feed.shape), feed.dtype)
    feed.draw(np.arange(3), out)
    np.testing.assert_array_equal(out, inputs_of(samples, ids, reads, spec))
    assert len(held.names) == len(held.smallest) == len(held.ages) == held.values.shape[1]


@EVERY
def test_figures_have_names(samples: SampleSet, reads: Reads, spec: SequenceSpec) -> None:
    """A number each of every sample, for drift to compare."""
    found = INPUTS[reads].figures(samples, np.arange(7), spec)
    assert found.shape == (7, len(INPUTS[reads].figure_names(samples, spec)))
