"""Cross-sections: who is shown, that nobody sees ahead, and that absence is absence."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from quantsig.data.charts.draw import BarMatrix
from quantsig.data.errors import ConfigError
from quantsig.data.samples.store import SampleSet
from quantsig.data.sequences.spec import SequenceSpec
from quantsig.signals.inputs import INPUTS, feed_for
from quantsig.signals.inputs.cross_section import Board, board_of, resolved
from quantsig.signals.models import MODELS, build_model
from quantsig.signals.scoring.forward import Computing, score
from quantsig.signals.shape import shape_of_samples
from tests.signals.inputs.cross_sections import (
    HALTED,
    LISTED_LATE,
    OTHER_HOURS,
    SPEC,
    uneven_samples,
)

Ids = NDArray[np.int64]
CPU = torch.device("cpu")
NETWORKS = [name for name, model in MODELS.items() if model.reads == "cross_section"]


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> SampleSet:
    return uneven_samples(tmp_path_factory.mktemp("cross") / "samples")


@pytest.fixture(scope="module")
def spec(samples: SampleSet) -> SequenceSpec:
    return resolved(samples, SPEC, np.arange(len(samples)))


def drawn(board: Board, ids: Ids) -> dict[str, NDArray[Any]]:
    out = {part.name: np.full((len(ids), *part.shape), 1, part.dtype) for part in board.parts}
    board.draw(ids, out)
    return out


def slots(spec: SequenceSpec, *names: str) -> list[int]:
    assert spec.universe is not None
    return [spec.universe.index(name) for name in names]


def test_a_unit_is_a_time_and_every_sample_stands_at_its_symbol(
    samples: SampleSet, spec: SequenceSpec
) -> None:
    """What stands there is its own sequence, bit for bit."""
    board = board_of(samples, spec)
    ids = np.random.default_rng(0).permutation(len(samples))[:200]
    units = board.units(ids)
    found = drawn(board, units.ids)
    own = found["sequences"][units.unit, units.slot]
    assert own.tobytes() == samples.sequences(ids, spec).tobytes()
    assert found["present"][units.unit, units.slot].all()
    times = samples.index["decision_time"].to_physical().to_numpy()
    assert (times[units.ids][units.unit] == times[ids]).all()
    assert len(units.ids) == len(np.unique(times[ids]))


def test_absence_is_where_there_is_no_newer_bar(samples: SampleSet, spec: SequenceSpec) -> None:
    """Before a listing and in a halt; a market that closes later shows its newest close."""
    board = board_of(samples, spec)
    ids = np.flatnonzero((samples.index["symbol"] == "P00").to_numpy())
    found = drawn(board, ids)
    late, halted, other = slots(spec, LISTED_LATE, HALTED, OTHER_HOURS)
    present = found["present"]
    first = samples.index.filter(symbol=LISTED_LATE)["decision_time"].min()
    times = samples.index["decision_time"].gather(ids)
    assert (present[:, late] == (times >= first).to_numpy()).all()
    assert (~present[:, halted]).sum() == 10
    assert present[1:, other].all()
    assert not present[:, -1].any()  # the place of strangers
    assert (found["sequences"][~present] == 0).all()


@pytest.mark.parametrize("change", ["multiplied", "exchanged"])
def test_later_bars_of_any_symbol_change_nothing(
    samples: SampleSet, spec: SequenceSpec, change: str
) -> None:
    """Inputs and scores of all decisions up to a time, bit for bit; those after it change."""
    when = np.quantile(samples.matrix.times_us, 0.6, method="nearest")
    later = np.flatnonzero(samples.matrix.times_us > when)
    values = samples.matrix.values.copy()
    if change == "multiplied":
        factors = np.random.default_rng(4).uniform(0.5, 2.0, len(later))
        values[later] *= factors[:, None]
    else:
        values[later] = values[later[::-1]]
    other = samples.seen_as(
        BarMatrix(values=values, times_us=samples.matrix.times_us), samples.decision_rows
    )
    board = board_of(samples, spec)
    before = np.flatnonzero(board.when_us <= when)
    mine, changed = (board_of(one, spec) for one in (samples, other))
    for name in ("sequences", "present"):
        assert drawn(mine, before)[name].tobytes() == drawn(changed, before)[name].tobytes()
    scores = [scored(one, spec, "dtml") for one in (samples, other)]
    assert scores[0][before].tobytes() == scores[1][before].tobytes()
    after = np.flatnonzero(board.when_us > when)
    assert (scores[0][after] != scores[1][after]).any()


def scored(samples: SampleSet, spec: SequenceSpec, name: str) -> NDArray[np.float64]:
    torch.manual_seed(5)
    model = build_model(name, shape_of_samples(samples, 2, spec))
    feed = feed_for(samples, CPU, "cross_section", spec)
    ids = np.arange(len(samples))
    return score(model, samples, ids, computing=Computing(device=CPU), feed=feed)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_score_depends_on_its_time_alone(
    samples: SampleSet, spec: SequenceSpec, name: str
) -> None:
    """Not on which other samples are scored, nor on what stands at an absent symbol's place."""
    torch.manual_seed(5)
    model = build_model(name, shape_of_samples(samples, 2, spec))
    feed = feed_for(samples, CPU, "cross_section", spec)
    computing = Computing(device=CPU)
    every = score(model, samples, np.arange(len(samples)), computing=computing, feed=feed)
    few = np.array([700, 3, 90, 91])
    alone = score(model, samples, few, computing=computing, feed=feed)
    assert alone.tobytes() == every[few].tobytes()

    def rubbish(ids: Ids, out: dict[str, NDArray[Any]]) -> None:
        feed.draw(ids, out)
        out["sequences"][~out["present"]] = 1e3

    spoilt = replace(feed, draw=rubbish)
    again = score(model, samples, few, computing=computing, feed=spoilt)
    assert again.tobytes() == alone.tobytes()


@pytest.mark.parametrize("name", NETWORKS)
def test_others_count(samples: SampleSet, spec: SequenceSpec, name: str) -> None:
    """A symbol's score changes where another's bars of the same time do."""
    torch.manual_seed(2)
    shape = shape_of_samples(samples, 2, spec)
    model = build_model(name, shape).eval()
    inputs = {
        "sequences": torch.randn(1, shape.symbols + 1, shape.scaled_channels, shape.scaled_bars),
        "present": torch.ones(1, shape.symbols + 1, dtype=torch.bool),
    }
    inputs["present"][:, -1] = False
    with torch.no_grad():
        plain = model(inputs)
        inputs["sequences"][0, 1] += 1.0
        moved = model(inputs)
    assert (plain[0, 0] != moved[0, 0]).any()


def test_a_symbol_of_no_universe_is_judged_and_shown_to_no_one(samples: SampleSet) -> None:
    """It stands at the last place of a unit of its own."""
    some = replace(SPEC, universe=("P00", "P02", "P01"))
    board = board_of(samples, some)
    ids = np.flatnonzero((samples.index["symbol"] == "P06").to_numpy())[:5]
    units = board.units(ids)
    found = drawn(board, units.ids)
    assert (units.slot == 3).all()
    assert found["present"][:, 3].all()
    own = found["sequences"][units.unit, units.slot]
    assert own.tobytes() == samples.sequences(ids, some).tobytes()
    known = np.flatnonzero((samples.index["symbol"] == "P02").to_numpy())[:5]
    shown = drawn(board, board.units(known).ids)
    assert not shown["present"][:, 3].any()
    np.testing.assert_array_equal(
        shown["sequences"][:, 1], samples.sequences(known, some)
    )  # in the order of the universe


def test_other_decisions_change_no_context(
    samples: SampleSet, spec: SequenceSpec, tmp_path: Path
) -> None:
    """With a stride of three, a decision shows the same bars of all symbols."""
    sparse = uneven_samples(tmp_path / "sparse", stride=3)
    keys = ["symbol", "decision_time"]
    pairs = sparse.index.select("sample_id", *keys).join(
        samples.index.select(pl_id(), *keys), on=keys
    )
    few, all_ids = (pairs[name].to_numpy() for name in ("sample_id", "whole_id"))
    boards = [board_of(one, spec) for one in (sparse, samples)]
    mine, whole = drawn(boards[0], few), drawn(boards[1], all_ids)
    for name in mine:
        assert mine[name].tobytes() == whole[name].tobytes()


def pl_id() -> Any:
    import polars as pl  # noqa: PLC0415

    return pl.col("sample_id").alias("whole_id")


def test_what_is_held_is_what_is_read(samples: SampleSet, spec: SequenceSpec) -> None:
    """Every row has a name and an age, and scores are those of the samples."""
    ids = np.array([700, 3, 90, 91])
    held = INPUTS["cross_section"].hold(samples, ids, spec)
    none = np.zeros(held.ages.shape, dtype=bool)
    feed = held.fed(held.exchanged(none, np.zeros(len(ids), np.int64)), CPU)
    assert len(held.names) == len(held.smallest) == len(held.ages) == held.values.shape[1]
    torch.manual_seed(5)
    model = build_model("dtml", shape_of_samples(samples, 2, spec))
    found = score(model, samples, np.arange(4), computing=Computing(device=CPU), feed=feed)
    assert found.tobytes() == scored(samples, spec, "dtml")[ids].tobytes()


def test_figures_have_names(samples: SampleSet, spec: SequenceSpec) -> None:
    """A number each of every sample, the members among them."""
    kind = INPUTS["cross_section"]
    found = kind.figures(samples, np.arange(7), spec)
    assert found.shape == (7, len(kind.figure_names(samples, spec)))
    assert ((found[:, -1] > 0) & (found[:, -1] <= 1)).all()


def test_the_universe_is_what_is_learnt_from(samples: SampleSet) -> None:
    """A symbol without a training row is none of it; one symbol is no cross-section."""
    early = np.flatnonzero(
        (samples.index["decision_time"] < samples.index["decision_time"].quantile(0.2)).to_numpy()
    )
    found = resolved(samples, SPEC, early).universe
    assert found is not None
    assert LISTED_LATE not in found
    assert "P00" in found
    with pytest.raises(ConfigError, match="one symbol shows no other"):
        resolved(samples, replace(SPEC, universe=("P00",)), early)
    with pytest.raises(ConfigError, match="no symbol X"):
        resolved(samples, replace(SPEC, universe=("P00", "X")), early)
