"""Which planes may be left out: those without which, alone and together, nothing is lost."""

from collections.abc import Callable, Sequence

from quantsig.data.charts.spec import ChartSpec
from quantsig.signals.explain.parts import InputPart, together
from quantsig.signals.explain.record import Importance, SilentParts
from quantsig.signals.inputs.held import HeldInputs, Mask

MOST_TRIES = 32  # passes over the rows


def find_silent(
    parts: Sequence[InputPart],
    importances: Sequence[Importance],
    held: HeldInputs,
    lost: Callable[[Mask], Importance],
    *,
    knows: bool,
) -> SilentParts:
    """The parts without which nothing is shown to be lost, and as many of them as go together.

    What each of two planes says may be in the other, too: without either nothing is lost, without
    both all is. So they are exchanged together. Where that loses something, they are halved, and
    what loses nothing beside those that went before goes with them (as delta debugging does;
    Zeller and Hildebrandt 2002).

    Args:
        parts: the smallest ones, those that matter least first.
        importances: of each.
        held: that they are parts of.
        lost: what is lost where a part is exchanged.
        knows: whether something is lost where all is; else nothing is sought that goes together.
    """
    pairs = zip(parts, importances, strict=True)
    silent = [part for part, one in pairs if one.low is not None and not one.speaks]
    gone, joint = _together(silent, lost) if knows and silent else ([], None)
    names = tuple(part.name for part in gone)
    drops = held.reads == "planes" and 0 < len(gone) < len(parts)
    return SilentParts(
        alone=tuple(part.name for part in silent),
        together=names,
        joint=joint,
        drop_planes=_setting(names, held.chart) if drops else (),
    )


def _together(
    silent: Sequence[InputPart], lost: Callable[[Mask], Importance]
) -> tuple[list[InputPart], Importance | None]:
    """Parts that are exchanged at once without a loss, and what that loses."""
    gone: list[InputPart] = []
    joint: Importance | None = None
    waiting = [list(silent)]
    for _ in range(MOST_TRIES):
        if not waiting:
            break
        tried = waiting.pop(0)
        found = lost(together([*gone, *tried]))
        if not found.speaks:
            gone, joint = [*gone, *tried], found
        elif len(tried) > 1:
            half = len(tried) // 2
            waiting[:0] = [tried[:half], tried[half:]]
    return gone, joint


def _setting(planes: Sequence[str], chart: ChartSpec) -> tuple[str, ...]:
    """What `drop_planes` has to say, with what it says already, in the order of the chart.

    Of a merged plane it names the layers that are laid over each other.
    """
    ends = (*chart.first_layers[1:], len(chart.layers))
    spans = zip(chart.planes, chart.first_layers, ends, strict=True)
    gone = {
        layer for plane, first, end in spans if plane in planes for layer in chart.layers[first:end]
    }
    return tuple(name for name in chart.all_planes if name in gone | set(chart.drop_planes))
