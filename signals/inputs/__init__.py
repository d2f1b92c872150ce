"""What kinds of input models read. To add one: a file here and a line in INPUTS.

Whatever depends on the kind asks this table: how a sample is drawn for the device, how large it
is, what drift compares, and in which parts a model is asked what it looks at.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from quantsig.data.deferred import Deferred
from quantsig.data.sequences.spec import AS_CHARTED, SequenceSpec
from quantsig.signals.inputs.parts import ONLY, Part
from quantsig.signals.shape import ModelShape

if TYPE_CHECKING:  # the table is read by verbs that should not wait for torch
    import numpy as np
    import torch
    from numpy.typing import NDArray

    from quantsig.data.samples.store import SampleSet
    from quantsig.signals.inputs.feed import Feed

Reads = Literal["planes", "sequence", "cross_section", "news"]
Kind = Literal["plane", "panel", "feature", "field", "timeframe", "age"]  # of parts of inputs
HERE = "quantsig.signals.inputs"


@dataclass(frozen=True, kw_only=True, slots=True)
class Input:
    """A kind of input.

    Attributes:
        parts: `parts(shape)` gives those of one unit's input, in a model of some shape; sizes are
            0 where samples cannot give it.
        feed: `feed(samples, spec, device)` gives the `Feed`.
        hold: `hold(samples, sample_ids, spec)` gives the `HeldInputs` that are exchanged.
        figures: `figures(samples, sample_ids, spec)` gives numbers (n, F) that drift compares.
        figure_names: `figure_names(samples, spec)` gives the names of these, in order.
        smallest: the kind of the smallest parts that are ranked.
        group: the kind of what several of these make up.
        resolved: `resolved(samples, spec, rows)` gives the spec with what follows from the samples
            that a model is trained on, by ids of its training rows; None: nothing does.
        since: `since(samples, sample_ids, spec)` gives the time in microseconds (n,) of the oldest
            bar that each shows; None: of its own window, as the index says.
        needs_bars: whether the samples must be built from bars.
        together: whether a batch is made of whole decision times, whose samples share what they
            read.
    """

    parts: Callable[[ModelShape], tuple[Part, ...]]
    feed: Deferred
    hold: Deferred
    figures: Deferred
    figure_names: Deferred
    smallest: Kind
    group: Kind
    resolved: Deferred | None = None
    since: Deferred | None = None
    needs_bars: bool = False
    together: bool = False

    def given_by(self, shape: ModelShape) -> bool:
        """Whether samples of a shape have what it takes."""
        return all(all(part.shape) for part in self.parts(shape))


def _functions(module: str) -> dict[str, Any]:
    """The functions of an input's own file, which are imported when they are called."""
    names = ("feed", "hold", "figures", "figure_names")
    return {name: Deferred(f"{HERE}.{module}", name) for name in names}


def _part(dtype: str, *sizes: int, name: str = ONLY) -> Part:
    return Part(name=name, shape=sizes, dtype=dtype)


def _slots(shape: ModelShape) -> tuple[int]:
    """A slot for each symbol, and one for a symbol that is not of the universe."""
    return (shape.symbols + 1 if shape.symbols else 0,)


INPUTS: dict[Reads, Input] = {
    "planes": Input(
        parts=lambda shape: (_part("uint8", shape.planes, shape.height, shape.width),),
        smallest="plane",
        group="panel",
        **_functions("planes"),
    ),
    "sequence": Input(
        parts=lambda shape: (_part("float32", shape.scaled_channels, shape.scaled_bars),),
        smallest="feature",
        group="field",
        needs_bars=True,
        **_functions("sequence"),
    ),
    "news": Input(
        parts=lambda shape: (
            _part("float32", shape.scaled_channels, shape.scaled_bars, name="sequence"),
            _part("float32", shape.scaled_bars, shape.news_items, shape.news_width, name="vectors"),
            _part("bool", shape.scaled_bars, shape.news_items, name="present"),
        ),
        smallest="feature",
        group="field",
        needs_bars=True,
        **_functions("news"),
    ),
    "cross_section": Input(
        parts=lambda shape: (
            _part(
                "float32",
                *_slots(shape),
                shape.scaled_channels,
                shape.scaled_bars,
                name="sequences",
            ),
            _part("bool", *_slots(shape), name="present"),
        ),
        smallest="feature",
        group="field",
        needs_bars=True,
        together=True,
        resolved=Deferred(f"{HERE}.cross_section", "resolved"),
        since=Deferred(f"{HERE}.cross_section", "since"),
        **_functions("cross_section"),
    ),
}


def resolved_spec(
    samples: "SampleSet", reads: Reads, spec: SequenceSpec, rows: "NDArray[np.int64]"
) -> SequenceSpec:
    """The spec with all that follows from the samples that a model is trained on.

    Args:
        samples: these.
        reads: the kind of input.
        spec: as it is set.
        rows: ids of the training rows.

    Raises:
        ConfigError: the samples cannot give it.
    """
    resolve = INPUTS[reads].resolved
    found: SequenceSpec = resolve(samples, spec, rows) if resolve else spec
    return found


def feed_for(
    samples: "SampleSet",
    device: "torch.device",
    reads: Reads = "planes",
    spec: SequenceSpec = AS_CHARTED,
) -> "Feed":
    """How samples reach a model on a device.

    Raises:
        ConfigError: the samples do not have the history that a sequence takes.
        DataError: sequences are asked of imported pictures.
    """
    found: Feed = INPUTS[reads].feed(samples, spec, device)
    return found
