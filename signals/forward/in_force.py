"""The choice that a forward test decides by: the one frozen last, calibrated again or not."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data.errors import IntegrityError
from quantsig.data.language.messages import phrase
from quantsig.signals.calibration.calibrators import Calibrator
from quantsig.signals.choice import Choice
from quantsig.signals.inference.signals import frozen_choice
from quantsig.signals.layout import journal_file
from quantsig.signals.runs import Run
from quantsig.signals.scoring.scores import log_odds

Floats = NDArray[np.float64]
Maps = tuple[Calibrator, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ForwardChoice:
    """A frozen threshold, and what the run's probabilities go through before it.

    Attributes:
        choice: the threshold.
        maps: calibrators; none where the run's own probabilities are held against it.
    """

    choice: Choice
    maps: Maps = ()

    def probability(self, own: Floats) -> Floats:
        """Of the run's own probabilities."""
        return mapped(own, self.maps)

    def rows(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows of the run with the probabilities that the threshold is for."""
        if not self.maps:
            return rows
        found = self.probability(rows["probability"].to_numpy())
        return rows.with_columns(pl.Series("probability", found, pl.Float64))


def mapped(probability: Floats, maps: Maps) -> Floats:
    """Probabilities after calibrators, each given the log-odds of what the one before said."""
    for one in maps:
        probability = one.probability(log_odds(probability))
    return probability


def forward_choices(run: Run) -> list[ForwardChoice]:
    """Every choice that a forward test of a run went by or may go by, oldest first."""
    own = [ForwardChoice(choice=choice) for choice in run.choices()]
    again = [
        ForwardChoice(choice=made.choice, maps=made.calibrators(run.path))
        for made in run.recalibrations()
    ]
    found = [*own, *again]
    return sorted(found, key=lambda one: (one.choice.turn or 0, one.choice.created))


def choice_in_force(run: Run) -> ForwardChoice:
    """The one frozen last.

    Raises:
        DataError: no threshold was chosen yet.
    """
    frozen_choice(run)
    return forward_choices(run)[-1]


def choice_named(run: Run, choice_id: str) -> ForwardChoice:
    """The one that the terms of a journal name.

    Raises:
        IntegrityError: the run has it no more.
    """
    for one in forward_choices(run):
        if one.choice.trial_id == choice_id:
            return one
    raise IntegrityError(
        phrase("the journal was decided by a choice that is no more, {choice}.", choice=choice_id),
        where=str(journal_file(run.path)),
        remedy="Restore the run from a copy.",
    )
