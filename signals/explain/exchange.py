"""Score samples again with a part of what the model reads exchanged."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quantsig.data.samples.store import SampleSet
from quantsig.signals.explain.record import Saliency
from quantsig.signals.inputs.held import NO_BAR, HeldInputs, Mask
from quantsig.signals.scoring.scorer import Scorer
from quantsig.signals.scoring.scores import refuse_not_finite

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
STAND_INS = 8  # samples whose bars stand in for one that is looked at


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Exchange:
    """A model with the rows that it is asked about.

    Attributes:
        scorer: of the run.
        samples: that the rows are of.
        held: what the model reads of the n rows.
        donors: (n,) whose part each row gets.
        told: called after each pass over the rows.
    """

    scorer: Scorer
    samples: SampleSet
    held: HeldInputs
    donors: Integers
    told: Callable[[], None]

    def scores(self, mask: Mask | None = None) -> Floats:
        """(n,) scores of the event where the masked part (L, W) is that of the donors.

        Raises:
            DataError: a score is not finite.
        """
        none = np.zeros(self.held.ages.shape, dtype=bool)
        draw = self.held.exchanged(none if mask is None else mask, self.donors)
        feed = self.held.fed(draw, self.scorer.device)
        found = self.scorer.scores(self.samples, np.arange(len(self.held)), feed=feed)
        refuse_not_finite(found, str(self.samples.path))
        self.told()
        return found.long

    def saliency(self, sample_id: int, seed: int) -> Saliency:
        """Exchange each bar of a sample, panel by panel at the finest timeframe, for others.

        Occlusion (Zeiler and Fergus 2014) by what stands there at other times in place of nothing,
        which no chart ever shows.

        Args:
            sample_id: of the sample.
            seed: of the choice of rows that stand in.
        """
        own = self.scorer.held(self.samples, np.array([sample_id]))
        names, masks = finest_bars(self.held)
        random = np.random.default_rng(seed)
        others = random.permutation(len(self.held))[:STAND_INS]
        chosen = self.held.spread(masks.reshape(-1, *masks.shape[2:]))

        def draw(places: Integers, out: NDArray[np.generic]) -> None:
            bar, other = np.divmod(places, len(others))
            np.copyto(out, own.values[np.zeros(len(places), np.int64)])
            np.copyto(out, self.held.values[others[other]], where=chosen[bar])

        places = np.arange(len(chosen) * len(others))
        feed = self.held.fed(draw, self.scorer.device)
        without = self.scorer.scores(self.samples, places, feed=feed).long
        score = float(self.scorer.scores(self.samples, np.array([sample_id])).long[0])
        mean = without.reshape(*masks.shape[:2], -1).mean(axis=2)
        row = self.samples.index.row(sample_id, named=True)
        self.told()
        return Saliency(
            sample_id=sample_id,
            symbol=row["symbol"],
            decision_time=row["decision_time"].isoformat(),
            score=score,
            rows=tuple(names),
            raised=tuple(map(tuple, (score - mean).round(6).tolist())),
        )


def finest_bars(held: HeldInputs) -> tuple[Sequence[str], Mask]:
    """The panels at the finest timeframe, and each of their bars.

    Returns:
        (P,) names, and (P, bars, L, W) where in the inputs each bar is, the newest last.
    """
    layers = {name: name.partition("@") for name in held.names}
    finest = min(int(frame) for _, _, frame in layers.values() if frame)
    groups = [name.partition(".")[0] if frame else "" for name, _, frame in layers.values()]
    fine = [frame == str(finest) for _, _, frame in layers.values()]
    names = list(dict.fromkeys(name for name, own in zip(groups, fine, strict=True) if own))
    bars = np.unique(held.ages[fine][held.ages[fine] != NO_BAR])[::-1]
    of_panel = np.array([[group == name for group in groups] for name in names]) & fine
    masks = (held.ages == bars[:, None, None]) & of_panel[:, None, :, None]
    return names, masks
