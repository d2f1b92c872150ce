"""What a chart shows: timeframes, panels, planes and size."""

from dataclasses import asdict, dataclass
from datetime import timedelta
from math import prod
from typing import Any, Literal

from quantsig.data.charts.panels import PANELS
from quantsig.data.errors import ConfigError, refused, unknown_name
from quantsig.data.language.messages import phrase, term

LARGEST = 32_767  # rows, for extents are 16-bit numbers, and columns
MOST_VALUES = 1 << 28  # of a picture


@dataclass(frozen=True, kw_only=True, slots=True)
class ChartSpec:
    """A stack of binary planes drawn from the bars that end at the decision bar.

    Every panel is drawn once per timeframe; a timeframe is so many base bars grouped from the
    decision bar backwards. `bars` of them are visible, and `slow_bars - 1` earlier ones feed the
    averages.

    The drawing is `height` x `width`; `crop` then takes away at its edges and `pad` adds empty
    ones, which gives the picture its final `shape`. The newest bar stands at the right edge, so
    a crop of columns cuts into it.
    """

    timeframes: tuple[int, ...] = (1, 2, 3, 4, 5, 8, 10)  # base bars in a drawn bar
    bars: int = 32  # visible bars of each timeframe
    panels: tuple[str, ...] = ("candles", "volume", "trend")
    calendar: Literal["day", "week", "none"] = "week"  # what counts as one session
    fast_bars: int = 5
    slow_bars: int = 20
    height: int = 96
    width: int = 192
    crop: tuple[int, int] = (0, 0)  # rows and columns cut off at each side
    pad: tuple[int, int] = (0, 0)  # empty rows and columns added at each side, after the crop
    drop_planes: tuple[str, ...] = ()  # names of planes that are not drawn
    merge: bool = False  # the panels of each timeframe become one plane: the ink of any of them
    alignment: Literal["end", "calendar"] = "end"  # groups end at the decision, or at clock times
    bar_seconds: int = 0  # from base bar to base bar; only calendar alignment asks for it

    def __post_init__(self) -> None:
        for name in ("timeframes", "panels", "crop", "pad", "drop_planes"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        self._check_time()
        self._check_planes()
        self._check_size()

    def _check_time(self) -> None:
        if not self.timeframes or min(self.timeframes) < 1:
            raise _wrong("timeframes", self.timeframes, "at least one number of base bars, each 1+")
        if len(set(self.timeframes)) < len(self.timeframes):
            raise _wrong("timeframes", self.timeframes, "each timeframe once")
        if not 1 <= self.fast_bars <= self.slow_bars:
            raise _wrong(
                "fast_bars",
                self.fast_bars,
                phrase("1 to slow_bars ({slow_bars})", slow_bars=self.slow_bars),
            )
        if self.calendar not in ("day", "week", "none"):
            raise _wrong("calendar", self.calendar, "day, week or none")
        if self.alignment not in ("end", "calendar"):
            raise _wrong("alignment", self.alignment, "end or calendar")
        if self.bar_seconds < (self.alignment == "calendar"):
            raise _wrong(
                "bar_seconds", self.bar_seconds, "seconds of one base bar, for calendar alignment"
            )

    def _check_size(self) -> None:
        if self.bars < 1 or self.width < self.bars:
            raise _wrong(
                "width",
                self.width,
                phrase("at least one pixel for each of {bars} bars", bars=self.bars),
            )
        if self.width > LARGEST:
            raise _wrong("width", self.width, phrase("at most {most} pixels", most=LARGEST))
        if not 8 <= self.height <= LARGEST:
            raise _wrong("height", self.height, phrase("8 to {most} pixels", most=LARGEST))
        for name in ("crop", "pad"):
            margins = getattr(self, name)
            if len(margins) != 2 or not 0 <= min(margins) <= max(margins) <= LARGEST:
                raise _wrong(name, margins, "rows and columns at each side, each 0 or more")
        _, height, width = self.shape
        if height <= 2 * self.pad[0] or width <= 2 * self.pad[1]:
            raise _wrong(
                "crop",
                self.crop,
                phrase(
                    "less than half of {height} x {width}", height=self.height, width=self.width
                ),
            )
        if height > LARGEST:
            raise _wrong("pad", self.pad, phrase("a picture of at most {most} rows", most=LARGEST))
        if prod(self.shape) > MOST_VALUES or self.history_bars > LARGEST**2:
            raise _wrong(
                "height",
                self.height,
                phrase("a picture of at most {most:,} values", most=MOST_VALUES),
            )

    def _check_planes(self) -> None:
        for panel in self.panels:
            if panel not in PANELS:
                raise unknown_name("panel", panel, PANELS, where="samples.panels")
        if len(set(self.panels)) < len(self.panels):
            raise _wrong("panels", self.panels, "each panel once")
        if not self.all_planes:
            raise _wrong("panels", self.panels, "at least one panel, or a calendar")
        for plane in self.drop_planes:
            if plane not in self.all_planes:
                raise unknown_name("plane", plane, self.all_planes, where="samples.drop_planes")
        if not self.layers:
            raise _wrong("drop_planes", self.drop_planes, "at least one plane left to draw")

    @property
    def all_planes(self) -> tuple[str, ...]:
        """Names of all that can be drawn, `drop_planes` included; the calendar comes last."""
        names = [
            f"{panel}.{plane}@{multiple}"
            for multiple in self.timeframes
            for panel in self.panels
            for plane in PANELS[panel].planes
        ]
        return (*names, "calendar") if self.calendar != "none" else tuple(names)

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of what is drawn, in order, such as `candles.wicks@5`; planes unless merged."""
        return tuple(name for name in self.all_planes if name not in self.drop_planes)

    @property
    def first_layers(self) -> tuple[int, ...]:
        """The place in `layers` at which each plane begins; it takes those up to the next."""
        frames = [name.partition("@")[2] for name in self.layers]  # none for the calendar
        return tuple(
            place
            for place, frame in enumerate(frames)
            if not (self.merge and place and frame == frames[place - 1])
        )

    @property
    def planes(self) -> tuple[str, ...]:
        """Names of the planes of the picture, in order: `candles.wicks@5`, or merged `jkx@1`."""
        if not self.merge:
            return self.layers
        panels = "+".join(self.panels)
        frames = [self.layers[place].partition("@")[2] for place in self.first_layers]
        return tuple(f"{panels}@{frame}" if frame else "calendar" for frame in frames)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Planes, rows and columns of the finished picture."""
        height = self.height + 2 * (self.pad[0] - self.crop[0])
        width = self.width + 2 * (self.pad[1] - self.crop[1])
        return len(self.planes), height, width

    @property
    def bar_pixels(self) -> int:
        """Columns a drawn bar takes; columns left over stay empty at the left."""
        return self.width // self.bars

    @property
    def whole_bars(self) -> tuple[int, int]:
        """The first column of the first bar that the finished picture shows whole, and how many.

        Cropped columns may cut into bars at both edges, or leave none whole.
        """
        left = self.width - self.bars * self.bar_pixels - self.crop[1] + self.pad[1]
        lost = max(-((left - self.pad[1]) // self.bar_pixels), 0)
        first = left + lost * self.bar_pixels
        end = self.shape[2] - self.pad[1]
        return first, max((end - first) // self.bar_pixels, 0)

    @property
    def window_bars(self) -> int:
        """Bars of each timeframe a panel is handed."""
        return self.bars + self.slow_bars - 1

    @property
    def history_bars(self) -> int:
        """Base bars, the decision bar included, that a sample needs.

        With calendar alignment this is the most it can need: the newest group is often not full,
        and hours without trading leave groups short, so it looks less far back in bars.
        """
        longest = self.window_bars * max(self.timeframes)
        with_one_before = self.bars + 1 if self.calendar != "none" else 0  # to see a session begin
        return max(longest, with_one_before)

    def check_interval(self, interval_seconds: float) -> None:
        """Raise a ConfigError where the clock of calendar alignment is not that of the bars."""
        if self.alignment == "calendar" and self.bar_seconds != interval_seconds:
            raise _wrong(
                "bar_seconds",
                self.bar_seconds,
                phrase("{interval_seconds:g}, as the bars come", interval_seconds=interval_seconds),
            )

    def as_dict(self) -> dict[str, Any]:
        """The spec as plain values, for a manifest."""
        return asdict(self)


def _jkx(bars: int, height: int) -> ChartSpec:
    """The images of Jiang, Kelly and Xiu: one channel, three columns a bar, one long average."""
    return ChartSpec(
        timeframes=(1,),
        bars=bars,
        panels=("jkx",),
        calendar="none",
        fast_bars=bars,
        slow_bars=bars,
        height=height,
        width=3 * bars,
        merge=True,
    )


DAILY = ChartSpec()
INTRADAY = ChartSpec(timeframes=(1, 2, 3, 5, 10, 15, 30), calendar="day")
FULL_SIZE = {"height": 390, "width": 790}

PRESETS: dict[str, ChartSpec] = {
    "daily": ChartSpec(**{**DAILY.as_dict(), **FULL_SIZE}),
    "daily-laptop": DAILY,
    "intraday": ChartSpec(**{**INTRADAY.as_dict(), **FULL_SIZE}),
    "intraday-laptop": INTRADAY,
    "small": ChartSpec(bars=16, height=64, width=96, calendar="day"),
    "jkx5": _jkx(bars=5, height=32),
    "jkx20": _jkx(bars=20, height=64),
    "jkx60": _jkx(bars=60, height=96),
}


AUTO = "auto"  # the preset that the interval of the bars decides


def preset_for(interval: timedelta | None) -> str:
    """The preset for bars that come at an interval; None where that is not known."""
    within_a_day = interval is not None and interval < timedelta(days=1)
    return "intraday-laptop" if within_a_day else "daily-laptop"


def _wrong(name: str, value: object, expected: str) -> ConfigError:
    return refused(
        f"samples.{name}", value, phrase("Expected: {expected}.", expected=term(expected))
    )
