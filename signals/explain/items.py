"""Which items of news a model read before some decisions, and how much each of them counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import numpy as np
import torch

from quantsig.data.news.known import NONE
from quantsig.data.samples.store import SampleSet
from quantsig.signals.inputs import feed_for
from quantsig.signals.inputs.news import items_of
from quantsig.signals.models.ensemble import Ensemble
from quantsig.signals.runs import Run
from quantsig.signals.scoring.scorer import open_scorer

CPU = torch.device("cpu")


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadItem:
    """An item that a model read.

    Attributes:
        known: since when.
        symbol: None where it is of the whole market.
        text: None where there is a vector alone.
        bars_before: bars of the window from its own to the decision.
        weight: among the items of its bar; of several members the mean.
    """

    known: datetime
    symbol: str | None
    text: str | None
    bars_before: int
    weight: float


def items_read(
    run: Run, samples: SampleSet, sample_ids: Sequence[int]
) -> dict[int, tuple[ReadItem, ...]]:
    """The items of the windows of samples, the newest first, by the sample.

    Args:
        run: whose model reads news.
        samples: that it can score.
        sample_ids: of these.
    """
    if not sample_ids:
        return {}
    spec, ids = run.model.input, np.array(sample_ids, np.int64)
    numbers = items_of(samples, ids, spec)  # (B, N, I)
    weights = _weights(run, samples, ids)
    items = samples.news.items
    found = {}
    for sample_id, own, weight in zip(sample_ids, numbers, weights, strict=True):
        places = np.argwhere(own != NONE)  # in order of bars
        read = [
            ReadItem(
                **items.row(int(own[bar, place]), named=True),
                bars_before=len(own) - 1 - int(bar),
                weight=float(weight[bar, place]),
            )
            for bar, place in places
        ]
        found[sample_id] = tuple(sorted(read, key=lambda item: item.known, reverse=True))
    return found


def _weights(run: Run, samples: SampleSet, ids: np.ndarray) -> np.ndarray:
    """(B, N, I) of a run's model."""
    model = open_scorer(run, "cpu").model.eval()
    feed = feed_for(samples, CPU, "news", run.model.input)
    buffer = feed.buffer(len(ids), pinned=False)
    feed.draw(ids, {name: part.numpy() for name, part in buffer.items()})
    members = model.members if isinstance(model, Ensemble) else [model]
    with torch.inference_mode():
        inputs = feed.finish(buffer)
        each = [cast(Any, member).weights(inputs) for member in members]
    found: np.ndarray = torch.stack(each).mean(dim=0).numpy()
    return found
