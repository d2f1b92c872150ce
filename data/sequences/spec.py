"""What a model of sequences is shown: which features of how many bars of which timeframes."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from quantsig.data.errors import ConfigError, refused, unknown_name
from quantsig.data.language.messages import phrase
from quantsig.data.sequences.features import FEATURES, SCALED

if TYPE_CHECKING:
    from quantsig.data.charts.spec import ChartSpec


Wavelet = Literal["haar", "db4"]
SHORTEST: dict[Wavelet, int] = {"haar": 2, "db4": 14}  # bars on which one level of it stands

MOST_ITEMS = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class SequenceSpec:
    """The input of a model of sequences.

    Attributes:
        features: names of FEATURES; all are told of every bar, in this order.
        window_bars: of each timeframe; None: as many as the chart shows.
        timeframes: base bars in a bar of the sequence; None: those of the chart.
        denoise: the wavelet whose small details are taken out of each channel, inside the window.
        max_items: of news that models of news see of each bar, the newest.
        universe: the symbols of a cross-section in order; None: all of the samples.
    """

    features: tuple[str, ...] = (SCALED,)
    window_bars: int | None = None
    timeframes: tuple[int, ...] | None = None
    denoise: Wavelet | None = None
    max_items: int = 8
    universe: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "features", tuple(self.features))
        if self.timeframes is not None:
            object.__setattr__(self, "timeframes", tuple(self.timeframes))
        if self.universe is not None:
            object.__setattr__(self, "universe", tuple(self.universe))
            _refuse_unlike("universe", self.universe)
        for name in self.features:
            if name not in FEATURES:
                raise unknown_name("set of features", name, FEATURES, where="input.features")
        _refuse_unlike("features", self.features)
        if self.timeframes is not None:
            _refuse_unlike("timeframes", self.timeframes)
            if min(self.timeframes) < 1:
                raise refused("input.timeframes", self.timeframes, "Give whole numbers from 1 up.")
        if self.window_bars is not None and self.window_bars < 1:
            raise refused("input.window_bars", self.window_bars, "Give a whole number from 1 up.")
        if not 1 <= self.max_items <= MOST_ITEMS:
            raise refused("input.max_items", self.max_items, "Give a whole number from 1 to 1000.")
        if self.denoise is not None and self.denoise not in SHORTEST:
            raise unknown_name("wavelet", self.denoise, SHORTEST, where="input.denoise")

    def frames(self, chart: "ChartSpec") -> tuple[int, ...]:
        """The timeframes, asked of the chart where they are not set."""
        return chart.timeframes if self.timeframes is None else self.timeframes

    def bars(self, chart: "ChartSpec") -> int:
        """The bars of each timeframe."""
        return chart.bars if self.window_bars is None else self.window_bars

    @property
    def bars_before(self) -> int:
        """Bars before the window that its features take."""
        return max(FEATURES[name].bars_before for name in self.features)

    def channels(self, chart: "ChartSpec") -> tuple[str, ...]:
        """Names of the channels in order, such as `close@5` and `moves.high@1`."""
        return tuple(
            f"{'' if FEATURES[features].plain else f'{features}.'}{name}@{frame}"
            for frame in self.frames(chart)
            for features in self.features
            for name in FEATURES[features].names
        )

    def shape(self, chart: "ChartSpec") -> tuple[int, int]:
        """Channels and bars of one sample.

        Raises:
            ConfigError: a sample of the chart does not have the history.
        """
        bars, most = self.bars(chart), chart.history_bars // max(self.frames(chart))
        if bars + self.bars_before > most:
            raise _too_long(self, bars, most - self.bars_before, chart)
        if self.denoise is not None and bars < SHORTEST[self.denoise]:
            raise _too_short(bars, self.denoise)
        return len(self.channels(chart)), bars

    def as_dict(self) -> dict[str, Any]:
        """The spec as plain values."""
        return asdict(self)


def _refuse_unlike(name: str, values: tuple[object, ...]) -> None:
    if not values or len(set(values)) < len(values):
        raise refused(f"input.{name}", values, "Name at least one, and each once.")


def _too_long(spec: SequenceSpec, bars: int, most: int, chart: "ChartSpec") -> ConfigError:
    frame = max(spec.frames(chart))
    what = phrase(
        "a window of {bars} bars of {frame} base bars takes {needed} bars, with the {before} that "
        "its features look back to; each sample has {history}.",
        bars=bars,
        frame=frame,
        needed=(bars + spec.bars_before) * frame,
        before=spec.bars_before * frame,
        history=chart.history_bars,
    )
    where = f"input.window_bars, input.features = {', '.join(spec.features)}"
    if most < 1:
        remedy = phrase("Give shorter timeframes, or build samples of a chart that shows more.")
    else:
        remedy = phrase(
            "Give at most {most} window_bars, or build samples of a chart that shows more.",
            most=most,
        )
    return ConfigError(what, where=where, remedy=remedy)


def _too_short(bars: int, wavelet: Wavelet) -> ConfigError:
    return ConfigError(
        phrase(
            "{bars} bars are too few for the wavelet {wavelet}, which needs {least}.",
            bars=bars,
            wavelet=wavelet,
            least=SHORTEST[wavelet],
        ),
        where="input.denoise, input.window_bars",
        remedy=phrase("Give more window_bars, or another wavelet: haar needs 2."),
    )


AS_CHARTED = SequenceSpec()  # the scaled bars that the chart shows
