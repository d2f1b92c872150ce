"""What a chart shows: timeframes, panels, planes and size."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from quantsig.data.charts.panels import PANELS
from quantsig.data.errors import ConfigError, unknown_name


@dataclass(frozen=True, kw_only=True, slots=True)
class ChartSpec:
    """A stack of binary planes drawn from the bars that end at the decision bar.

    Every panel is drawn once per timeframe; a timeframe is so many base bars grouped from the
    decision bar backwards. `bars` of them are visible, and `slow_bars - 1` earlier ones feed the
    averages.
    """

    timeframes: tuple[int, ...] = (1, 2, 3, 4, 5, 8, 10)  # base bars in a drawn bar
    bars: int = 32  # visible bars of each timeframe
    panels: tuple[str, ...] = ("candles", "volume", "trend")
    calendar: Literal["day", "week", "none"] = "week"  # what counts as one session
    fast_bars: int = 5
    slow_bars: int = 20
    height: int = 96
    width: int = 192

    def __post_init__(self) -> None:
        object.__setattr__(self, "timeframes", tuple(self.timeframes))
        object.__setattr__(self, "panels", tuple(self.panels))
        for panel in self.panels:
            if panel not in PANELS:
                raise unknown_name("panel", panel, PANELS, where="samples.panels")
        if not self.timeframes or min(self.timeframes) < 1:
            raise _wrong("timeframes", self.timeframes, "at least one number of base bars, each 1+")
        if len(set(self.timeframes)) < len(self.timeframes):
            raise _wrong("timeframes", self.timeframes, "each timeframe once")
        if not 1 <= self.fast_bars <= self.slow_bars:
            raise _wrong("fast_bars", self.fast_bars, f"1 to slow_bars ({self.slow_bars})")
        if self.bars < 1 or self.width < self.bars:
            raise _wrong("width", self.width, f"at least one pixel for each of {self.bars} bars")
        if self.height < 8:
            raise _wrong("height", self.height, "at least 8 pixels")
        if self.calendar not in ("day", "week", "none"):
            raise _wrong("calendar", self.calendar, "day, week or none")
        if not self.planes:
            raise _wrong("panels", self.panels, "at least one panel, or a calendar")

    @property
    def planes(self) -> tuple[str, ...]:
        """Names of the planes in order, such as `candles.wicks@5`; the calendar comes last."""
        names = [
            f"{panel}.{plane}@{multiple}"
            for multiple in self.timeframes
            for panel in self.panels
            for plane in PANELS[panel].planes
        ]
        return (*names, "calendar") if self.calendar != "none" else tuple(names)

    @property
    def bar_pixels(self) -> int:
        """Columns a drawn bar takes; columns left over stay empty at the left."""
        return self.width // self.bars

    @property
    def window_bars(self) -> int:
        """Bars of each timeframe a panel is handed."""
        return self.bars + self.slow_bars - 1

    @property
    def history_bars(self) -> int:
        """Base bars, the decision bar included, that a sample needs."""
        longest = self.window_bars * max(self.timeframes)
        with_one_before = self.bars + 1 if self.calendar != "none" else 0  # to see a session begin
        return max(longest, with_one_before)

    def as_dict(self) -> dict[str, Any]:
        """The spec as plain values, for a manifest."""
        return asdict(self)


DAILY = ChartSpec()
INTRADAY = ChartSpec(timeframes=(1, 2, 3, 5, 10, 15, 30), calendar="day")
FULL_SIZE = {"height": 390, "width": 790}

PRESETS: dict[str, ChartSpec] = {
    "daily": ChartSpec(**{**DAILY.as_dict(), **FULL_SIZE}),
    "daily-laptop": DAILY,
    "intraday": ChartSpec(**{**INTRADAY.as_dict(), **FULL_SIZE}),
    "intraday-laptop": INTRADAY,
    "small": ChartSpec(bars=16, height=64, width=96, calendar="day"),
}


def _wrong(name: str, value: object, expected: str) -> ConfigError:
    return ConfigError(
        f"{name} cannot be {value}.", where=f"samples.{name}", remedy=f"Expected: {expected}."
    )
