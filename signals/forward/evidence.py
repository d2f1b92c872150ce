"""Whether a run keeps what it promised, watched while it lives.

A window counts by its number of signals: as one where it has as many as a usual one of the
calibration rows, less where it has fewer, and never as more. Of signals whose bars ended before
their label did nobody knows what came of them: they count as hits in the test that may call a
promise broken, and as misses in the one that may call it proven.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantsig.signals.forward.lines import TERMS, ForwardTerms, Line, terms_of
from quantsig.signals.forward.windows import ForwardWindow, WindowsInOrder
from quantsig.signals.significance.confidence_sequence import mean_sequence, share_sequence
from quantsig.signals.significance.e_process import log_capital

Floats = NDArray[np.float64]

FEWEST_WINDOWS = 20  # before it is said that a promise is kept
TOO_EARLY, KEPT, BROKEN, PROVEN = "too early", "kept so far", "broken", "proven"
UNPROMISED = "not promised"


@dataclass(frozen=True, kw_only=True, slots=True)
class ForwardEvidence:
    """What a forward test shows so far.

    Attributes:
        state: one of TOO_EARLY, KEPT, BROKEN, PROVEN; UNPROMISED without a promise.
        promised: the precision; None where nothing was promised.
        confidence: of the promise and of both sequences.
        windows: that have come out.
        signals, hits, unknown: of all windows.
        precision: hits over signals whose outcome is known.
        precision_low, precision_high: confidence sequence of the precision, now.
        against, in_favour: capital of the bets against the promise, and for it, now.
        broken_on, proven_on: the day when either first reached 1 / (1 - confidence).
        mean_return: of a signal after costs, mean of the windows' means; None without any.
        return_low, return_high: its confidence sequence, of returns cut at `return_cap`.
        return_cap: where they are cut.
    """

    state: str
    promised: float | None
    confidence: float
    windows: int
    signals: int
    hits: int
    unknown: int
    precision: float | None
    precision_low: float
    precision_high: float
    against: float | None
    in_favour: float | None
    broken_on: str | None
    proven_on: str | None
    mean_return: float | None
    return_low: float | None
    return_high: float | None
    return_cap: float

    def as_dict(self) -> dict[str, Any]:
        """Figures by name."""
        return asdict(self)


class EvidenceSoFar:
    """Hears the lines of a journal; the evidence begins anew with each strategy."""

    def __init__(self) -> None:
        self.terms: ForwardTerms | None = None
        self.closed: list[ForwardWindow] = []
        self._windows = WindowsInOrder()

    def hear(self, line: Line) -> None:
        """Take a line in."""
        if line["kind"] == TERMS:
            before, self.terms = self.terms, terms_of(line)
            if before is None or not self.terms.goes_on(before):
                self.closed.clear()
        window = self._windows.hear(line)
        if window:
            self.closed.append(window)

    def judged(self) -> ForwardEvidence | None:
        """What they show; None before the first terms."""
        return judge_windows(self.terms, self.closed) if self.terms else None


def judge_windows(terms: ForwardTerms, closed: list[ForwardWindow]) -> ForwardEvidence:
    """What windows show of a promise and of the mean return, in their order."""
    alpha = 1.0 - terms.confidence
    curves = promise_curves(terms, closed)
    signals, hits = sum(one.signals for one in closed), sum(one.hits for one in closed)
    unknown = sum(one.unknown for one in closed)
    known = signals - unknown
    broken = _first(curves.against, alpha, closed)
    proven = _first(curves.in_favour, alpha, closed)
    returns = [float(np.mean(one.returns)) for one in closed if one.returns]
    cap = terms.return_cap
    ends = mean_sequence((np.clip(returns, -cap, cap) / cap + 1.0) / 2.0, alpha)
    return ForwardEvidence(
        state=_state(terms, len(closed), broken, proven),
        promised=terms.precision,
        confidence=terms.confidence,
        windows=len(closed),
        signals=signals,
        hits=hits,
        unknown=unknown,
        precision=hits / known if known else None,
        precision_low=float(curves.low[-1]) if closed else 0.0,
        precision_high=float(curves.high[-1]) if closed else 1.0,
        against=_last(curves.against),
        in_favour=_last(curves.in_favour),
        broken_on=broken,
        proven_on=proven,
        mean_return=float(np.mean(returns)) if returns else None,
        return_low=float((2.0 * ends.low[-1] - 1.0) * cap) if returns else None,
        return_high=float((2.0 * ends.high[-1] - 1.0) * cap) if returns else None,
        return_cap=cap,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class PromiseCurves:
    """After each window, (n,): ends of the sequence, and logarithms of both capitals."""

    low: Floats
    high: Floats
    against: Floats  # empty where nothing was promised
    in_favour: Floats


def promise_curves(terms: ForwardTerms, closed: list[ForwardWindow]) -> PromiseCurves:
    """How the evidence of windows grew."""
    signals = np.array([one.signals for one in closed], dtype=np.float64)
    hits = np.array([one.hits for one in closed], dtype=np.float64)
    unknown = np.array([one.unknown for one in closed], dtype=np.float64)
    weights = np.minimum(signals / terms.usual_signals, 1.0)
    best, worst = (hits + unknown) / np.maximum(signals, 1.0), hits / np.maximum(signals, 1.0)
    alpha, rows = 1.0 - terms.confidence, np.cumsum(weights)
    none = np.empty(0)
    promised = terms.precision
    return PromiseCurves(
        low=share_sequence(np.cumsum(weights * worst), rows, alpha).low,
        high=share_sequence(np.cumsum(weights * best), rows, alpha).high,
        against=none if promised is None else log_capital(best, weights, promised),
        in_favour=none if promised is None else log_capital(1.0 - worst, weights, 1.0 - promised),
    )


def _first(capital: Floats, alpha: float, closed: list[ForwardWindow]) -> str | None:
    """The day when a capital first refused its statement."""
    reached = np.flatnonzero(capital >= -np.log(alpha))
    return closed[int(reached[0])].closed[:10] if len(reached) else None


def _last(capital: Floats) -> float | None:
    return float(np.exp(capital[-1])) if len(capital) else None


def _state(terms: ForwardTerms, windows: int, broken: str | None, proven: str | None) -> str:
    if terms.precision is None:
        return UNPROMISED
    if broken:
        return BROKEN
    if proven:
        return PROVEN
    return KEPT if windows >= FEWEST_WINDOWS else TOO_EARLY
