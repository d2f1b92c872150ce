"""What scores for any run that has weights, its own or those of the runs that it averages."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quantsig.data.charts.spec import ChartSpec
from quantsig.data.progress import Progress, silent
from quantsig.data.samples.store import SampleSet
from quantsig.signals.calibration.calibrators import Calibrator
from quantsig.signals.ensembles.mean import mean_of
from quantsig.signals.ensembles.members import open_members, shown_by
from quantsig.signals.runs import Run
from quantsig.signals.scoring.scorer import Scorer, open_scorer
from quantsig.signals.scoring.scores import Scores


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoredMember:
    """One member, ready to score what its own chart shows."""

    scorer: Scorer
    calibrator: Calibrator
    chart: ChartSpec | None


@dataclass(frozen=True, kw_only=True, slots=True)
class MeanScorer:
    """Scores samples by several runs together."""

    members: tuple[ScoredMember, ...]
    classes: tuple[str, ...]

    def scores(
        self,
        samples: SampleSet,
        sample_ids: NDArray[np.int64],
        progress: Progress = silent,
        *,
        threads: int | None = None,
    ) -> Scores:
        """Scores of samples by their ids (n,); so many threads draw, None for one per core."""
        each, count = [], len(self.members)
        for place, one in enumerate(self.members):

            def told(done: int, total: int, place: int = place) -> None:
                progress((place * total + done) // count, total)

            shown = shown_by(samples, one.chart)
            each.append(one.scorer.scores(shown, sample_ids, told, threads=threads))
        likely = [
            one.calibrator.probability(scores.long)
            for one, scores in zip(self.members, each, strict=True)
        ]
        return mean_of(each, likely, self.classes)


def open_any_scorer(run: Run, device: str = "auto") -> Scorer | MeanScorer:
    """What scores with the weights of a run, or with those of an ensemble's members.

    Raises:
        DataError: the run's scores are those of a model elsewhere.
        IntegrityError: weights are not what was written.
        ResourceError: the device is not there.
    """
    if run.record.ensemble is None:
        return open_scorer(run, device)
    members = tuple(
        ScoredMember(
            scorer=open_scorer(member, device),
            calibrator=member.calibrator(),
            chart=member.record.chart,
        )
        for member in open_members(run)
    )
    return MeanScorer(members=members, classes=run.record.classes)
