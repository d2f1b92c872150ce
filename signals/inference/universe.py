"""Whether a run's universe is there, where its model reads all symbols of a time together."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from quantsig.data.errors import DataError
from quantsig.data.language.messages import phrase
from quantsig.data.samples.in_memory import SamplesInMemory
from quantsig.data.samples.store import SampleSet
from quantsig.signals.ensembles.members import open_members, read_together
from quantsig.signals.runs import Run

NAMED = 5  # symbols that one sentence lists
LEAST_SHARE = 0.9  # of the universe that a time must have to be like those learnt from


@dataclass(frozen=True, kw_only=True, slots=True)
class Missing:
    """The members of a universe that are absent at the newest time."""

    when: datetime
    names: tuple[str, ...]
    universe: int

    @property
    def many(self) -> bool:
        """Whether too few are there."""
        return self.universe - len(self.names) < LEAST_SHARE * self.universe


def universe_of(run: Run) -> tuple[str, ...]:
    """The symbols that each score of a run depends on beside its own; empty: none."""
    members = [one for one in open_members(run) if read_together(one)]
    return tuple(dict.fromkeys(name for one in members for name in one.model.input.universe or ()))


def members_remarks(run: Run, passing: SamplesInMemory, *, different: bool) -> Iterator[str]:
    """Who of a run's universe is absent at the newest time.

    Args:
        run: that is to score.
        passing: decisions of the bars.
        different: score them even where many are absent.

    Raises:
        DataError: more than a tenth are, and they are not to be scored all the same.
    """
    gone = missing_members(run, passing)
    if gone is None or not gone.names:
        return
    said = phrase(
        "{missing} of the {all} symbols of the universe are absent at {when}: {names}",
        missing=len(gone.names),
        all=gone.universe,
        when=f"{gone.when:%Y-%m-%d %H:%M}",
        names=", ".join((*gone.names[:NAMED], *(["..."] if len(gone.names) > NAMED else []))),
    )
    if gone.many and not different:
        raise DataError(
            phrase("{said}.", said=said),
            where=", ".join(passing.checked.sources[:NAMED]),
            remedy="Give bars of the whole universe, or pass `allow_different` to score what there "
            "is: each score depends on the others.",
        )
    yield phrase("{said}.", said=said)


def missing_members(run: Run, passing: SamplesInMemory) -> Missing | None:
    """Who of a run's universe is absent at the newest decision; None: it reads no cross-sections.

    Args:
        run: whose universe is asked for.
        passing: decisions of any bars, as `passing_of` the run gives them.
    """
    members = [one for one in open_members(run) if read_together(one)]
    if not members:
        return None
    spec = max((one.model.input for one in members), key=lambda spec: len(spec.universe or ()))
    from quantsig.signals.inputs.cross_section import Board, board_of  # noqa: PLC0415

    newest: tuple[Board, SampleSet] | None = None
    for samples in passing.newest_of_each().pieces():
        board = board_of(samples, spec)
        if newest is None or board.when_us.max() >= newest[0].when_us.max():
            newest = board, samples
    assert newest is not None  # `check_passing` refuses bars without a decision
    board, samples = newest
    last = np.lexsort((board.slot == board.symbols, -board.when_us))[:1]  # a member's, if any
    universe = spec.universe or ()
    absent = board.rows(last)[0, : board.symbols] < 0
    when = samples.index["decision_time"][int(last[0])]
    names = tuple(name for name, gone in zip(universe, absent, strict=True) if gone)
    return Missing(when=when, names=names, universe=len(universe))
