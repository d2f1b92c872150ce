"""Feeds of named parts, and what is drawn once for several samples."""

from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from quantsig.data.samples.store import SampleSet
from quantsig.signals.inputs.feed import Feed, Units, as_they_are
from quantsig.signals.inputs.parts import Part
from quantsig.signals.scoring.forward import Computing, score
from quantsig.signals.scoring.loader import Batch, load

Ids = NDArray[np.int64]
SHARED = 3  # neighbouring samples that are drawn together
SAMPLES = cast(SampleSet, None)  # nothing asks for it where there is a feed
CPU = torch.device("cpu")


def shared_feed(drawn: list[int], *, at_once: int = 4) -> Feed:
    """Units of three samples; their numbers tell which, and a mask has no second sample."""

    def units(ids: Ids) -> Units:
        found, unit = np.unique(ids // SHARED, return_inverse=True)
        return Units(ids=found * SHARED, unit=unit, slot=ids % SHARED)

    def draw(ids: Ids, out: dict[str, NDArray[Any]]) -> None:
        drawn.extend(ids.tolist())
        out["numbers"][:] = (ids[:, None] + np.arange(SHARED))[:, :, None]
        out["present"][:] = np.arange(SHARED) != 1

    parts = (
        Part(name="numbers", shape=(SHARED, 1), dtype="float32"),
        Part(name="present", shape=(SHARED,), dtype="bool"),
    )
    return Feed(parts=parts, draw=draw, finish=as_they_are, units=units, scored_at_once=at_once)


def test_a_unit_is_drawn_once_for_all_its_samples() -> None:
    """And every sample finds its own place in it, in whatever order they are asked for."""
    drawn: list[int] = []
    ids = np.array([7, 0, 8, 2, 6])
    (batch,) = load(SAMPLES, [ids], len(ids), feed=shared_feed(drawn), threads=3)
    assert sorted(drawn) == [0, 6]
    assert batch.inputs["numbers"].shape == (2, SHARED, 1)
    assert batch.inputs["present"].dtype is torch.bool
    assert batch.rows(batch.inputs["numbers"])[:, 0].tolist() == ids.tolist()


def test_parts_of_a_batch_hold_whole_units() -> None:
    """Cut into micro-batches, a batch loses no sample and tears none from its unit."""
    ids = np.array([7, 0, 8, 12, 6])
    batch: Batch = next(iter(load(SAMPLES, [ids], len(ids), feed=shared_feed([]))))
    parts = [batch.part(start, start + 1) for start in range(batch.unit_count)]
    assert [part.sample_ids.tolist() for part in parts] == [[0], [7, 8, 6], [12]]
    for part in parts:
        assert part.rows(part.inputs["numbers"])[:, 0].tolist() == part.sample_ids.tolist()


def test_scores_of_shared_units_come_in_the_order_asked() -> None:
    """Each unit is scored once, in batches that are always as large."""
    seen: list[int] = []

    class Model(nn.Module):
        def forward(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
            seen.append(len(inputs["numbers"]))
            return inputs["numbers"] * 2.0

    ids = np.random.default_rng(0).permutation(40)
    drawn: list[int] = []
    found = score(Model(), SAMPLES, ids, computing=Computing(device=CPU), feed=shared_feed(drawn))
    assert found[:, 0].tolist() == (2.0 * ids).tolist()
    assert len(drawn) == len(set(drawn)) == 14
    assert seen == [4, 4, 4, 4]
