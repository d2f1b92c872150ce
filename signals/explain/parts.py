"""The parts of what a model reads that are ranked: planes, panels, timeframes and bar ages."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from quantsig.signals.inputs import INPUTS, Kind
from quantsig.signals.inputs.held import HeldInputs, Mask


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class InputPart:
    """A part of what a model reads.

    Attributes:
        kind: of part.
        name: such as `candles.wicks@5`, `candles`, `5`, or, of ages, `4-7`: base bars before the
            decision.
        mask: (L, W) where in the held inputs it is.
    """

    kind: Kind
    name: str
    mask: Mask


def parts_of(held: HeldInputs) -> list[InputPart]:
    """Every part that is ranked, the smallest first."""
    kind = INPUTS[held.reads]
    groups = [group_of(name) for name in held.names]
    frames = [name.partition("@")[2] for name in held.names]  # "" of the calendar
    found = [_named(kind.smallest, list(held.smallest), held)]
    found.append(_named(kind.group, groups, held))
    found.append(_named("timeframe", [frame for frame in frames if frame], held, frames))
    found.append(_ages(held))
    return [part for parts in found for part in parts]


def together(parts: Sequence[InputPart]) -> Mask:
    """(L, W) where any of the parts is."""
    found: Mask = np.logical_or.reduce([part.mask for part in parts])
    return found


def group_of(name: str) -> str:
    """The panel of a plane, or the field of a feature, by its name."""
    return name.partition("@")[0].partition(".")[0]


def _named(
    kind: Kind, names: list[str], held: HeldInputs, of_layers: list[str] | None = None
) -> Iterator[InputPart]:
    """A part for each different name, with the layers of that name."""
    layers = np.array(of_layers or names)
    for name in dict.fromkeys(names):
        mask = np.zeros(held.ages.shape, dtype=bool)
        mask[layers == name] = True
        yield InputPart(kind=kind, name=name, mask=mask)


def _ages(held: HeldInputs) -> Iterator[InputPart]:
    """Bars by age in stretches that double: 0, 1, 2-3, 4-7 and on, those without a bar in none.

    A drawn bar of several base bars counts by the newest of them.
    """
    first, oldest = 0, int(held.ages.max())
    while first <= oldest:
        last = max(2 * first - 1, first)
        mask = (held.ages >= first) & (held.ages <= last)
        if mask.any():
            name = str(first) if last == first else f"{first}-{last}"
            yield InputPart(kind="age", name=name, mask=mask)
        first = last + 1
