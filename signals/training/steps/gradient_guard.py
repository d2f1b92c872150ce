"""What to do about a gradient that is no number or explodes: skip, roll back, stop."""

import math
from collections import deque
from statistics import median
from typing import Any, Literal

from quantsig.signals.training.settings import AlarmSettings

Verdict = Literal["ok", "skip", "roll_back", "stop"]


class GradientGuard:
    """Judges the norm of every gradient by those before it.

    A norm is bad if it is not finite, or above `gradient_factor` times the median of the last
    `gradient_window` good ones. The first `gradient_skips` bad steps are skipped (until
    `gradient_calm` good ones in a row forgive them); the next rolls back: the caller restores
    its newest checkpoint and goes on with half of every learning rate. Of more than
    `gradient_roll_backs` roll backs the last is a stop.

    A roll back restores everything but the guard, which would otherwise forget it; a resume
    restores the guard too, and goes on as if there had been no interruption.
    """

    def __init__(self, settings: AlarmSettings) -> None:
        self.settings = settings
        self.norms: deque[float] = deque(maxlen=settings.gradient_window)
        self.skips = 0  # bad steps not yet forgiven
        self.calm = 0  # good steps in a row
        self.roll_backs = 0

    def usual_norm(self, steps: int) -> float | None:
        """The median of the good norms among the last `steps`, of the window at most; or None."""
        newest = list(self.norms)[-steps:]
        return median(newest) if newest else None

    def judge(self, norm: float) -> Verdict:
        """What to do with a gradient of that norm, taken before clipping."""
        if not self._bad(norm):
            self._good(norm)
            return "ok"
        self.calm = 0
        if self.skips < self.settings.gradient_skips:
            self.skips += 1
            return "skip"
        self.skips = 0
        if self.roll_backs < self.settings.gradient_roll_backs:
            self.roll_backs += 1
            return "roll_back"
        return "stop"

    def state_dict(self) -> dict[str, Any]:
        """JSON numbers from which `load_state_dict` goes on exactly."""
        return {
            "norms": list(self.norms),
            "skips": self.skips,
            "calm": self.calm,
            "roll_backs": self.roll_backs,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what `state_dict` gave."""
        self.norms = deque(state["norms"], maxlen=self.settings.gradient_window)
        self.skips = state["skips"]
        self.calm = state["calm"]
        self.roll_backs = state["roll_backs"]

    def _bad(self, norm: float) -> bool:
        if not math.isfinite(norm):
            return True
        if len(self.norms) < self.settings.gradient_fewest:
            return False
        usual = median(self.norms)
        return usual > 0.0 and norm > self.settings.gradient_factor * usual

    def _good(self, norm: float) -> None:
        self.norms.append(norm)
        self.calm += 1
        if self.calm >= self.settings.gradient_calm:
            self.skips = 0
