"""Simulated forward tests, held against the product line by line."""

from datetime import timedelta

import numpy as np
import pytest
from scipy.stats import binom

from quantsig.signals.benchmarks.forward.promises import PROMISED, fixed_sample_windows, watch
from quantsig.signals.benchmarks.forward.worlds import WORLDS, ForwardWorld, simulate, thin
from quantsig.signals.forward.evidence import BROKEN, EvidenceSoFar
from quantsig.signals.forward.lines import Line, stamp
from tests.signals.forward.journals import START, begun, decision, outcome

MINUTE = timedelta(minutes=1)


def journal(signals: np.ndarray, hits: np.ndarray, overlap: int) -> list[Line]:
    """The lines of one simulation; a moment is an hour, and labels last `overlap` of them."""
    lines = [begun(usual_signals=1.0)]
    waiting: list[tuple[int, Line]] = []
    for hour, (count, events) in enumerate(zip(signals.tolist(), hits.tolist(), strict=True)):
        for due, line in list(waiting):
            if due <= hour:
                lines.append(line)
                waiting.remove((due, line))
        for number in range(count):
            lines.append(decision(f"S{number}", hour))
            end = stamp(START + timedelta(hours=hour + overlap))
            came = outcome(f"S{number}", hour, hit=number < events, label_end=end)
            waiting.append((hour + overlap, came | {"exit_time": end}))
    return lines + [line for _, line in waiting]


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_the_windows_are_those_of_a_journal(world: ForwardWorld) -> None:
    """Signals and hits of each, by the product's own thinning."""
    drawn = simulate(world, PROMISED, 2, 60, np.random.default_rng(37))
    windows = thin(drawn, 60)
    for row in range(2):
        evidence = EvidenceSoFar()
        for line in journal(drawn.signals[row], drawn.hits[row], world.overlap):
            evidence.hear(line)
        found = [(one.signals, one.hits) for one in evidence.closed]
        count = int((windows.signals[row] > 0).sum())
        expected = list(zip(windows.signals[row], windows.hits[row], strict=True))[:count]
        assert found == expected


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_the_precision_is_that_of_the_world(world: ForwardWorld) -> None:
    """Whatever signals share, six of ten are hits; four standard errors of the moments."""
    drawn = simulate(world, PROMISED, 40, 500, np.random.default_rng(5))
    share = drawn.hits.sum() / drawn.signals.sum()
    error = np.sqrt(0.24 * world.overlap / (40 * 500 * (1 - world.silent)))
    assert abs(share - PROMISED) < 4 * error * np.sqrt(1 + world.more)


def test_a_lost_promise_is_found_and_a_kept_one_is_not() -> None:
    """A few simulations of the simplest world."""
    found = watch(WORLDS[0], 60, 200)
    assert found.false_alarms <= 0.1 + 3 * np.sqrt(0.09 / 60)
    assert found.covered >= 0.9 - 3 * np.sqrt(0.09 / 60)
    assert found.found_in <= 120


def test_the_test_that_looks_once() -> None:
    """One window fewer finds the loss in less than half of all cases."""
    count = fixed_sample_windows(0.1)

    def power(trials: int) -> float:
        allowed = [k for k in range(trials) if binom.cdf(k, trials, 0.6) <= 0.1]
        return float(binom.cdf(max(allowed), trials, 0.5)) if allowed else 0.0

    assert power(count) >= 0.5
    assert max(power(trials) for trials in range(1, count)) < 0.5


def test_a_journal_of_lost_windows_is_called_broken() -> None:
    """By lines alone, with the day."""
    evidence = EvidenceSoFar()
    for line in journal(np.ones(40, int), np.zeros(40, int), 1):
        evidence.hear(line)
    found = evidence.judged()
    assert found is not None
    assert found.state == BROKEN
    assert found.broken_on == "2026-01-05"
