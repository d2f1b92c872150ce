"""What is swept. Nothing but scores lays out the values: no label and no price."""

from dataclasses import dataclass

import numpy as np

from quantsig.backtest.market import Floats
from quantsig.backtest.sweep.sweep import MEMORY_MB, Grid
from quantsig.data.errors import refused, unknown_name
from quantsig.data.language.messages import phrase, term
from quantsig.signals.thresholds.trade_off import candidates

MOST_CELLS = 1_000_000
RANKED_BY = ("sharpe", "total_return", "expectancy", "profit_factor", "win_rate")


@dataclass(frozen=True, kw_only=True, slots=True)
class SweepSpec:
    """How many values of each setting are swept, between which, and what is best."""

    thresholds: int = 100  # quantiles of the probabilities, closer together at the top
    stops: int = 10  # evenly apart by their logarithm; 0: the backtest's, else the signals' own
    targets: int = 10  # the same
    stop_range: tuple[float, float] = (0.005, 0.1)  # fractions of the entry price
    target_range: tuple[float, float] = (0.005, 0.2)  # fractions of the entry price
    holdings: tuple[int, ...] = ()  # bars; none: the backtest's, else the label's horizon
    delays: tuple[int, ...] = ()  # bars; none: the backtest's, else the label's
    by: str = "sharpe"  # the figure that the best cell is best by
    memory_mb: int = MEMORY_MB  # that the threads may work in

    def __post_init__(self) -> None:
        if self.by not in RANKED_BY:
            raise unknown_name("figure", self.by, RANKED_BY, where="sweep.by")
        for name, least in (("thresholds", 1), ("stops", 0), ("targets", 0), ("memory_mb", 1)):
            value = getattr(self, name)
            if value < least:
                raise refused(f"sweep.{name}", value, phrase("Give {least} or more.", least=least))
            if value > MOST_CELLS and name != "memory_mb":
                raise refused(
                    f"sweep.{name}", value, phrase("Sweep at most {most} cells.", most=MOST_CELLS)
                )
        for name, most in (("stop_range", 1.0), ("target_range", np.inf)):
            low, high = getattr(self, name)
            if not 0 < low < high < most:
                bound = "below 1" if most == 1 else "finite"
                raise refused(
                    f"sweep.{name}",
                    f"{low} to {high}",
                    phrase(
                        "Give two fractions of the entry price above 0 and {bound}, the lower "
                        "first.",
                        bound=term(bound),
                    ),
                )


def lay_grid(spec: SweepSpec, probabilities: Floats) -> Grid:
    """The grid of a specification over the probabilities of the rows to be swept.

    Args:
        spec: how many of what.
        probabilities: (n,) of all rows, at least one, none NaN.

    Raises:
        ConfigError: a value that no backtest takes, or more than a million cells.
    """
    grid = Grid(
        thresholds=tuple(candidates(probabilities, spec.thresholds).tolist()),
        stops=_fractions(spec.stops, spec.stop_range),
        targets=_fractions(spec.targets, spec.target_range),
        holdings=spec.holdings or (None,),
        delays=spec.delays or (None,),
    )
    if len(grid) > MOST_CELLS:
        raise refused(
            "sweep.cells",
            len(grid),
            phrase("Sweep fewer values: at most {most} cells.", most=MOST_CELLS),
        )
    return grid


def _fractions(count: int, ends: tuple[float, float]) -> tuple[float | None, ...]:
    """Four significant digits, so that they can be typed again."""
    if not count:
        return (None,)
    values = np.geomspace(*ends, count)
    return tuple(dict.fromkeys(float(f"{value:.4g}") for value in values))
