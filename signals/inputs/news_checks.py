"""Whether the vectors of news that a training reads know anything of the rows that judge it."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time

import numpy as np
from numpy.typing import NDArray

from quantsig.data.errors import CheckFailed
from quantsig.data.language.messages import Message, phrase
from quantsig.data.samples.store import SampleSet
from quantsig.signals.messages import SignalsSentence

Ids = Mapping[str, NDArray[np.int64]]


def refuse_later_texts(samples: SampleSet, ids: Ids) -> None:
    """Raise where vectors were learnt from texts that a row which judges may be about.

    Args:
        samples: with their news.
        ids: of the rows of each split.
    """
    news = samples.manifest.news
    if news is None or news.fitted_before is None:
        return
    before, first = datetime.fromisoformat(news.fitted_before), _first(samples, ids)
    if first is not None and before > first:
        raise CheckFailed(
            phrase(
                "the vectors of these news were learnt from texts before {before}, and rows from "
                "{first} on are to judge the training.",
                before=f"{before:%Y-%m-%d %H:%M}",
                first=f"{first:%Y-%m-%d %H:%M}",
            ),
            where=str(samples.path),
            remedy="Build the samples with the splits that are trained on, or give a matrix of "
            "embeddings.",
        )


def knowing_model(samples: SampleSet, ids: Ids) -> list[Message]:
    """What to tell where a language model was trained on texts of the time that judges."""
    news, first = samples.manifest.news, _first(samples, ids)
    if news is None or news.knows_until is None or first is None:
        return []
    until = datetime.combine(date.fromisoformat(news.knows_until), time(), UTC)
    if until < first:
        return []
    return [
        SignalsSentence.MODEL_KNOWS_LATER(
            model=news.model or news.source, until=news.knows_until, first=f"{first:%Y-%m-%d}"
        )
    ]


def _first(samples: SampleSet, ids: Ids) -> datetime | None:
    """When the first row is decided that is not learnt from."""
    times = samples.index["decision_time"]
    firsts = [
        times.gather(rows).min() for name, rows in ids.items() if name != "train" and len(rows)
    ]
    found = [one for one in firsts if isinstance(one, datetime)]
    return min(found) if found else None
