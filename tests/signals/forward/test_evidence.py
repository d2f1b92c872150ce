"""What windows show of a promise."""

import numpy as np
import pytest

from quantsig.signals.forward.evidence import (
    BROKEN,
    KEPT,
    PROVEN,
    TOO_EARLY,
    UNPROMISED,
    EvidenceSoFar,
    judge_windows,
)
from quantsig.signals.forward.lines import ForwardTerms
from quantsig.signals.forward.windows import ForwardWindow
from tests.signals.forward.journals import TERMS_FIELDS, begun, decision, outcome


def windows(hits: list[int], unknown: int = 0) -> list[ForwardWindow]:
    """A window a day of one signal each; the last ones unknown."""
    days = np.datetime_as_string(np.datetime64("2026-01-05") + np.arange(len(hits) + unknown))
    return [
        ForwardWindow(
            decided=day,
            closed=day,
            signals=1,
            hits=hit,
            unknown=int(place >= len(hits)),
            returns=(0.01 if hit else -0.01,),
        )
        for place, (day, hit) in enumerate(zip(days, [*hits, *[0] * unknown], strict=True))
    ]


def terms(**changes: object) -> ForwardTerms:
    """Terms with some fields of the caller's."""
    return ForwardTerms(**(TERMS_FIELDS | changes))


@pytest.mark.parametrize(
    ("hits", "state"),
    [
        ([1, 0] * 5, TOO_EARLY),
        ([1, 1, 0, 1, 0] * 6, KEPT),
        ([0] * 12, BROKEN),
        ([1] * 40, PROVEN),
    ],
)
def test_states(hits: list[int], state: str) -> None:
    """Too early below twenty windows, unless it is clear before."""
    assert judge_windows(terms(), windows(hits)).state == state


def test_a_broken_promise_names_its_day_and_stays_broken() -> None:
    """What comes after changes neither."""
    found = judge_windows(terms(), windows([0] * 12 + [1] * 200))
    first = judge_windows(terms(), windows([0] * 12))
    assert first.broken_on is not None
    assert (found.state, found.broken_on) == (BROKEN, first.broken_on)


def test_what_nobody_knows_helps_neither_side() -> None:
    """Unknown signals are no proof, and break nothing."""
    assert judge_windows(terms(), windows([], unknown=200)).state == KEPT


def test_a_choice_without_a_promise_is_watched_all_the_same() -> None:
    """By its sequence alone."""
    found = judge_windows(terms(precision=None), windows([1, 0] * 50))
    assert (found.state, found.against, found.broken_on) == (UNPROMISED, None, None)
    assert 0.3 < found.precision_low < 0.5 < found.precision_high < 0.7


def test_returns_are_cut_at_the_stated_cap() -> None:
    """The mean return lies in its sequence."""
    found = judge_windows(terms(), windows([1, 0] * 50))
    assert found.mean_return == pytest.approx(0.0)
    assert found.return_low is not None
    assert found.return_high is not None
    assert -0.2 <= found.return_low < 0.0 < found.return_high <= 0.2


def test_another_strategy_begins_anew() -> None:
    """The same one goes on where its terms are said again."""
    evidence = EvidenceSoFar()
    for line in (begun(), decision("A", 0), outcome("A", 0), begun()):
        evidence.hear(line)
    found = evidence.judged()
    assert found is not None
    assert found.windows == 1
    evidence.hear(begun(trial_id="d"))
    anew = evidence.judged()
    assert anew is not None
    assert anew.windows == 0
