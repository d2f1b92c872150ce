"""What a run's model looks at, kept in the run as explanation.json."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from quantsig.data.storage.records import check_moment, write_record
from quantsig.signals.inputs import Kind, Reads
from quantsig.signals.layout import EXPLANATION
from quantsig.signals.seal import read_sealed, sealing

SCHEMA = "quantsig.explanation/1"
MeasureName = Literal["average_precision", "rank_correlation"]
REMEDY = "Explain the run again: quantsig explain RUN"


@dataclass(frozen=True, kw_only=True, slots=True)
class Importance:
    """What is lost without a part's tie to the row.

    Attributes:
        lost: the measure of whole inputs less that with the part of other times.
        low: of the interval; None where there are too few blocks of time.
        high: of the interval.
    """

    lost: float
    low: float | None
    high: float | None

    @property
    def speaks(self) -> bool:
        """Whether the interval lies above zero."""
        return self.low is not None and self.low > 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class RankedPart:
    """A part of what the model reads.

    Attributes:
        kind: of part.
        name: such as `candles.wicks@5`, `candles`, `5`, or of ages `4-7`.
        importance: of it.
    """

    kind: Kind
    name: str
    importance: Importance


@dataclass(frozen=True, kw_only=True, slots=True)
class SilentParts:
    """Planes or features without which nothing is shown to be lost.

    Attributes:
        alone: every one whose own interval reaches zero or lies below.
        together: those of them that are exchanged at once without a loss that is told from none;
            the others say something together.
        joint: what is lost when these are exchanged at once; None where there are none, or the
            model is not shown to know anything, so that nothing can be lost.
        drop_planes: the setting that leaves them out; empty where nothing is to be left out, or
            where the model reads no planes.
    """

    alone: tuple[str, ...]
    together: tuple[str, ...]
    joint: Importance | None
    drop_planes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Saliency:
    """What each bar of one sample did to its score.

    Attributes:
        sample_id: of the run's sample set.
        symbol: of it.
        decision_time: of it.
        score: of the sample as it is.
        rows: panels or fields, by name.
        raised: a row of numbers each, the newest bar last: the score less its mean where that bar
            of that panel, at the finest timeframe, is that of other times.
    """

    sample_id: int
    symbol: str
    decision_time: str
    score: float
    rows: tuple[str, ...]
    raised: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Explanation:
    """All of explanation.json.

    Attributes:
        created: when.
        reads: what the model reads.
        measure: average_precision of the event, or rank_correlation of returns.
        value: it on the rows, with whole inputs.
        base_rate: of the event in the rows; None of returns.
        rows: of the calibration split that were asked about.
        of_rows: how many it has.
        blocks: of time that intervals draw.
        confidence: of the intervals.
        seed: of the exchange and the draws.
        all_parts: all that the model reads exchanged at once.
        parts: most lost first within each kind.
        silent: what may be left out.
        saliency: of the trades that are told as stories.
    """

    created: str
    reads: Reads | Literal["bars"]
    measure: MeasureName
    value: float
    base_rate: float | None
    rows: int
    of_rows: int
    blocks: int
    confidence: float
    seed: int
    all_parts: Importance
    parts: tuple[RankedPart, ...]
    silent: SilentParts
    saliency: tuple[Saliency, ...] = ()

    def __post_init__(self) -> None:
        check_moment("created", self.created)
        if self.reads == "bars":  # the name that sequences had in earlier versions
            object.__setattr__(self, "reads", "sequence")

    def of_kind(self, *kinds: Kind) -> tuple[RankedPart, ...]:
        """The parts of some kinds, most lost first within each."""
        return tuple(part for kind in kinds for part in self.parts if part.kind == kind)


def write_explanation(run: Path, explanation: Explanation) -> None:
    """Keep it in the folder of a run, in place of an earlier one."""
    with sealing(run) as stage:
        write_record(stage / EXPLANATION, explanation, SCHEMA)


def read_explanation(run: Path) -> Explanation | None:
    """The newest explanation of a run; None before the first.

    Raises:
        DataError: another version wrote it.
        IntegrityError: it is damaged.
    """
    return read_sealed(run / EXPLANATION, Explanation, SCHEMA, remedy=REMEDY)
