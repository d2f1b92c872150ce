"""What a model is built for: plain numbers, so that reading a run needs no torch."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from math import prod
from typing import TYPE_CHECKING, Any

from quantsig.data.errors import DataError, refused
from quantsig.data.language.messages import chained, phrase, term
from quantsig.data.sequences.spec import AS_CHARTED, SequenceSpec

if TYPE_CHECKING:
    from quantsig.data.charts.spec import ChartSpec
    from quantsig.data.samples.store import SampleSet

MOST_VALUES = 1 << 28  # of a model's input, times its outputs
MOST_MEMBERS = 1000
LATER_SIZES = ("news_items", "news_width", "symbols")  # left out of a record where they are 0


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelShape:
    """Sizes of a model's inputs and output.

    Records of earlier versions do not say where the bars stand: then as many as fit stand at the
    right. They know no scaled bars either.
    """

    planes: int
    height: int
    width: int
    bar_pixels: int  # columns one drawn bar takes
    outputs: int  # logits, one a class; 1 is the predicted return of regression
    first_bar_column: int | None = None  # of the first bar that is whole
    whole_bars: int | None = None  # those that no edge of the picture cuts into
    scaled_channels: int = 0  # of sequences; 0 where the samples have no bars
    scaled_bars: int = 0  # of each sequence
    news_items: int = 0  # of each bar of it, at most; 0 where the samples have no news
    news_width: int = 0  # numbers of the vector of each
    symbols: int = 0  # of the universe of cross-sections

    def __post_init__(self) -> None:
        sizes = (self.planes, self.height, self.width, self.bar_pixels, self.outputs)
        scaled = (self.scaled_channels, self.scaled_bars)
        read = prod(scaled) * (self.symbols + 1)
        values = max(prod(sizes[:3]) * self.outputs, read * self.outputs)
        least = 0 if min(scaled) > 0 else 1  # models of features draw no picture
        if (
            min(sizes[:3]) < least
            or min(sizes[3:]) < 1
            or min(*scaled, self.symbols) < 0
            or values > MOST_VALUES
        ):
            given = " x ".join(map(str, (*sizes, *scaled)))
            raise refused(
                "shape", given, phrase("Give sizes of at most {most:,} values.", most=MOST_VALUES)
            )

    def bars(self) -> tuple[int, int]:
        """The first column of the first whole bar, and how many there are."""
        if self.first_bar_column is not None and self.whole_bars is not None:
            return self.first_bar_column, self.whole_bars
        bars = self.width // self.bar_pixels
        return self.width - bars * self.bar_pixels, bars


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelRecord:
    """Name and shape of a model: enough to build it again."""

    name: str
    shape: ModelShape
    members: int = 1  # of a seed ensemble, trained apart and averaged
    returns: bool = False  # whether its outputs are returns; else logits of classes
    settings: Mapping[str, Any] = field(default_factory=dict)  # its own, by name
    input: SequenceSpec = AS_CHARTED  # of a model that reads sequences

    def __post_init__(self) -> None:
        if not 1 <= self.members <= MOST_MEMBERS:
            raise refused("members", self.members, phrase("Give 1 to {most}.", most=MOST_MEMBERS))

    def as_dict(self) -> dict[str, Any]:
        """The record as plain values; settings and input where they say something."""
        said = asdict(self)
        if not self.settings:
            del said["settings"]
        if self.input == AS_CHARTED:
            del said["input"]
        elif self.input.universe is None:
            del said["input"]["universe"]
        for name in LATER_SIZES:
            if not getattr(self.shape, name):
                del said["shape"][name]
        return said


def shape_of_chart(
    chart: "ChartSpec", outputs: int, spec: SequenceSpec = AS_CHARTED, news_width: int = 0
) -> ModelShape:
    """The shape of a model that sees what a chart spec draws, or a sequence of its bars.

    Raises:
        ConfigError: the chart does not have the history that the sequence takes.
    """
    channels, bars = spec.shape(chart)
    planes, height, width = chart.shape
    first_bar_column, whole_bars = chart.whole_bars
    return ModelShape(
        planes=planes,
        height=height,
        width=width,
        bar_pixels=chart.bar_pixels,
        outputs=outputs,
        first_bar_column=first_bar_column,
        whole_bars=whole_bars,
        scaled_channels=channels,
        scaled_bars=bars,
        news_items=spec.max_items if news_width else 0,
        news_width=news_width,
        symbols=len(spec.universe or ()),
    )


def shape_of_samples(
    samples: "SampleSet", outputs: int, spec: SequenceSpec = AS_CHARTED
) -> ModelShape:
    """The shape of a model that sees the samples of a set.

    Raises:
        ConfigError: the samples do not have the history that a sequence takes.
        DataError: the samples are no pictures.
    """
    if samples.drawn:
        news = samples.manifest.news
        return shape_of_chart(samples.chart, outputs, spec, news.width if news else 0)
    if len(samples.shape) != 3:
        raise DataError(
            phrase(
                "samples of shape {shape} are not planes of height and width.",
                shape=str(samples.shape),
            ),
            where=str(samples.path),
            remedy="Train on samples of three dimensions.",
        )
    planes, height, width = samples.shape
    first_bar_column, whole_bars = samples.pictures.whole_bars
    return ModelShape(
        planes=planes,
        height=height,
        width=width,
        bar_pixels=samples.pictures.bar_pixels,
        outputs=outputs,
        first_bar_column=first_bar_column,
        whole_bars=whole_bars,
    )


def refuse_other_shape(
    shape: ModelShape, samples: "SampleSet", spec: SequenceSpec = AS_CHARTED
) -> None:
    """Say so where samples do not show what a model was built for.

    Raises:
        DataError: planes, pixels or scaled bars differ.
    """
    found = shape_of_samples(samples, shape.outputs, spec)
    expected, given = _sizes(shape), _sizes(found)
    if shape.scaled_channels == 0:  # an earlier record, or pictures: the planes alone count
        given["scaled bars"] = expected["scaled bars"]
    if expected != given:
        raise DataError(
            phrase(
                "the samples have {given}; the model was trained on {expected}.",
                given=_told(given),
                expected=_told(expected),
            ),
            where=str(samples.path),
            remedy="Build the samples with the chart of the run, or train on these.",
        )


def _sizes(shape: ModelShape) -> dict[str, str]:
    return {
        "planes": f"{shape.planes} of {shape.height} x {shape.width}",
        "scaled bars": f"{shape.scaled_bars} in {shape.scaled_channels} channels",
    }


def _told(sizes: dict[str, str]) -> str:
    parts = [phrase("{name} {size}", name=term(name), size=size) for name, size in sizes.items()]
    return chained("{one} and {other}", parts)
