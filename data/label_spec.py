"""Which trade a label judges, and by what. To add a label: a rule in labels.py, a line in LABELS.

Imports nothing heavy, so that whoever only names a label need not wait.
"""

from dataclasses import dataclass, replace
from typing import Literal

from quantsig.data.deferred import Deferred
from quantsig.data.errors import ConfigError, unknown_name
from quantsig.data.language.messages import Message, phrase, term

RULES = "quantsig.data.labels"


@dataclass(frozen=True, kw_only=True, slots=True)
class Definition:
    """A kind of label: its classes (none for regression; the last one is the event) and rule."""

    classes: tuple[str, ...]
    rule: Deferred  # from prices and spec to labels
    leaves_out: bool = False  # whether known rows may be of no class, and so of no split


LABELS: dict[str, Definition] = {
    "rise": Definition(classes=("rest", "rise"), rule=Deferred(RULES, "rise")),
    "direction": Definition(classes=("down", "up"), rule=Deferred(RULES, "direction")),
    "close_direction": Definition(
        classes=("down", "up"), rule=Deferred(RULES, "close_direction"), leaves_out=True
    ),
    "three_way": Definition(classes=("down", "flat", "up"), rule=Deferred(RULES, "three_way")),
    "triple_barrier": Definition(
        classes=("stop", "time", "target"), rule=Deferred(RULES, "triple_barrier")
    ),
    "forward_return": Definition(classes=(), rule=Deferred(RULES, "forward_return")),
}

CLOSE_MOVES = (-0.005, 0.0055)  # close_direction, where none are given
LEAST_MOVES = {  # where no number is given, by setting and unit
    "rise": {"volatility": 1.25, "fraction": 0.03},
    "flat": {"volatility": 0.5, "fraction": 0.005},
}


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelSpec:
    """Which trade a label judges, and by what."""

    name: str = "rise"
    horizon_bars: int = 5  # from the entry's open to the exit's open
    delay_bars: int = 1  # from the decision bar to the entry bar
    direction: int = 1  # +1 a long trade, -1 a short one
    rise: float | None = None  # rise: the least return that is the event, in `barrier_unit`
    flat: float | None = None  # three_way: returns nearer to zero are flat, in `barrier_unit`
    stop: float = 1.0  # triple_barrier: distance from the entry, in `barrier_unit`
    target: float = 2.0  # triple_barrier: distance from the entry, in `barrier_unit`
    barrier_unit: Literal["volatility", "fraction"] = "volatility"
    volatility_bars: int = 20  # bars up to t that volatility is taken from
    rise_fraction: float | None = None  # `rise` as a fraction, whatever the unit
    flat_fraction: float | None = None  # `flat` as a fraction, whatever the unit
    down_fraction: float | None = None  # close_direction: moves down to here are down; -0.005
    up_fraction: float | None = None  # close_direction: moves from here on are up; 0.0055

    def __post_init__(self) -> None:
        if self.name not in LABELS:
            raise unknown_name("label", self.name, LABELS, where="label.name")
        _positive("label.horizon_bars", self.horizon_bars)
        _positive("label.delay_bars", self.delay_bars)
        for name in ("rise", "flat", "rise_fraction", "flat_fraction"):
            if getattr(self, name) is not None:
                _positive(f"label.{name}", getattr(self, name))
        for name in ("rise", "flat"):
            if None not in (getattr(self, name), getattr(self, f"{name}_fraction")):
                raise ConfigError(
                    phrase("{name} and {name}_fraction are both given.", name=name),
                    where=f"label.{name}",
                    remedy=phrase(
                        "Keep {name}, in units of label.barrier_unit, or {name}_fraction.",
                        name=name,
                    ),
                )
        if not self.middle[0] <= self.middle[1]:
            raise ConfigError(
                phrase(
                    "no move lies between {low} and {high}.",
                    low=self.middle[0],
                    high=self.middle[1],
                ),
                where="label.down_fraction",
                remedy="Give a down_fraction up to up_fraction, such as -0.005 and 0.0055, or two "
                "equal ones to leave nothing out.",
            )
        _positive("label.stop", self.stop)
        _positive("label.target", self.target)
        if self.direction not in (1, -1):
            raise ConfigError(
                phrase(
                    "a trade of direction {direction} does not exist.", direction=self.direction
                ),
                where="label.direction",
                remedy="Use 1 for long or -1 for short.",
            )
        if self.volatility_bars < 2:
            raise ConfigError(
                phrase("volatility over {bars} bars is undefined.", bars=self.volatility_bars),
                where="label.volatility_bars",
                remedy="Use at least 2.",
            )

    @property
    def least_move(self) -> tuple[float, str]:
        """The return that divides the classes of rise and three_way, and its unit.

        Sets built before there were volatilities name `rise_fraction` and `flat_fraction` and
        mean what they meant.
        """
        name = "flat" if self.name == "three_way" else "rise"
        fraction: float | None = getattr(self, f"{name}_fraction")
        if fraction is not None:
            return fraction, "fraction"
        given: float | None = getattr(self, name)
        return given or LEAST_MOVES[name][self.barrier_unit], self.barrier_unit

    @property
    def middle(self) -> tuple[float, float]:
        """The moves between which close_direction leaves a row out; the ends are in a class."""
        given = (self.down_fraction, self.up_fraction)
        low, high = (
            move if one is None else one for one, move in zip(given, CLOSE_MOVES, strict=True)
        )
        return low, high

    @property
    def trade(self) -> "LabelSpec":
        """The same trade with nothing asked of its return, which leaves no row out."""
        kept = self.name == "triple_barrier" or LABELS[self.name].leaves_out
        return self if kept else replace(self, name="forward_return")

    @property
    def bars_before(self) -> int:
        """Bars before t that a label of t may look at."""
        return self.volatility_bars

    @property
    def bars_after(self) -> int:
        """Bars after t that a label of t may look at; without them it is unknown."""
        if self.name == "close_direction":
            return self.horizon_bars
        return self.delay_bars + self.horizon_bars


def label_text(spec: LabelSpec) -> Message:
    """What a label asks, in words: its name, what counts, and over how many bars."""
    bars = spec.horizon_bars
    if spec.name == "close_direction":
        return phrase(
            "close_direction, from close to close over {bars} bars: {classes}; "
            "no trade at an open earns this",
            bars=bars,
            classes=_close_classes(*spec.middle),
        )
    move = _move(spec)
    asked = {
        "rise": phrase("rise, a return of at least {move}", move=move),
        "three_way": phrase("three_way, up or down by at least {move}, else flat", move=move),
        "triple_barrier": _barriers(spec),
    }
    return phrase(
        "{asked}, over {bars} bars after a delay of {delay}, {trade}",
        asked=asked.get(spec.name, spec.name),
        bars=bars,
        delay=spec.delay_bars,
        trade=term("long" if spec.direction == 1 else "short"),
    )


def _close_classes(low: float, high: float) -> Message:
    if low == high:
        return phrase("down to {low:g} or above", low=low)
    return phrase(
        "down to {low:g} or from {high:g} on, what lies between left out", low=low, high=high
    )


def _move(spec: LabelSpec) -> Message:
    least, unit = spec.least_move
    if unit == "volatility":
        return phrase("{least:g} volatilities", least=least)
    return phrase("{least:.4g} of the price", least=least)


def _barriers(spec: LabelSpec) -> Message:
    volatility = spec.barrier_unit == "volatility"
    return phrase(
        "triple_barrier, target {target:g} and stop {stop:g} in {unit}",
        target=spec.target,
        stop=spec.stop,
        unit=term("volatilities" if volatility else "fractions of the price"),
    )


def _positive(where: str, value: float) -> None:
    if not value > 0:
        raise ConfigError(
            phrase("{value} is not above zero.", value=value),
            where=where,
            remedy="Give a positive number.",
        )
