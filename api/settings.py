"""The settings of the command line, by section. Imports nothing heavy.

Each section is the dataclass of whoever reads it, so that a default is defined once, beside the
code that uses it. A section in which nothing is given is never checked, and its checker, pydantic,
not waited for.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantsig.backtest.execution import Execution
from quantsig.data.charts.spec import AUTO, PRESETS, ChartSpec, preset_for
from quantsig.data.charts.spec_file import PRESET, read_chart_table
from quantsig.data.errors import ConfigError, unknown_name
from quantsig.data.label_spec import LabelSpec
from quantsig.data.language.catalogue import languages
from quantsig.data.language.messages import phrase
from quantsig.data.portable_names import refuse_unportable
from quantsig.data.reading.options import ReadOptions
from quantsig.data.sequences.spec import AS_CHARTED, SequenceSpec
from quantsig.data.split_spec import SplitSpec
from quantsig.signals.loss_settings import LossSettings
from quantsig.signals.models import MODELS, own_settings, refuse_unread
from quantsig.signals.models.sequences.settings import ModelSettings
from quantsig.signals.optimisation.optimisers import OptimiserSettings
from quantsig.signals.optimisation.sampling import SamplingSettings
from quantsig.signals.optimisation.schedules import ScheduleSettings
from quantsig.signals.training.settings import (
    AdversarialSettings,
    AlarmSettings,
    AugmentSettings,
    Plan,
    SpeedSettings,
    TrainSettings,
)

if TYPE_CHECKING:
    from pydantic import TypeAdapter


class WrongValueError(Exception):
    """A value that a setting cannot have."""

    def __init__(self, name: str, value: object, expected: str) -> None:
        super().__init__(name)
        self.name = name  # dotted, as in train.epochs
        self.value = value
        self.expected = expected  # in words


def typed(kind: Any, value: object, section: str) -> Any:
    """The value as a section's type, from text where it comes from the environment.

    Raises:
        WrongValueError: it cannot be one.
        ConfigError: it can, and makes no sense.
    """
    from pydantic import ValidationError

    try:
        return _checker(kind).validate_python(value)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join([section, *map(str, first["loc"])])
        expected = first["msg"].removeprefix("Input should be ")
        raise WrongValueError(name, first["input"], expected) from error


@cache
def _checker(kind: Any) -> "TypeAdapter[Any]":
    """Made once for a type: that takes longer than many checks."""
    from pydantic import TypeAdapter

    return TypeAdapter(kind)


@dataclass(frozen=True, kw_only=True)
class BarsSection(ReadOptions):
    """Where the bars are, and how to read them."""

    source: Path | None = None
    quarantine: bool = False


@dataclass(frozen=True, kw_only=True)
class SamplesSection:
    """Where the sample set is, and its charts.

    A preset, over it the `[chart]` table of a file, over that any field of ChartSpec set here.
    `load` has already put a preset that the file names in its place.
    """

    path: Path = Path("samples")
    preset: str = AUTO
    chart_file: Path | None = None
    stride_bars: int = 1
    changes: Mapping[str, Any] = field(default_factory=dict)  # fields of ChartSpec

    def __post_init__(self) -> None:
        refuse_unportable(self.path)
        if self.stride_bars < 1:
            raise WrongValueError(
                "samples.stride_bars", self.stride_bars, "greater than or equal to 1"
            )

    @property
    def chart(self) -> ChartSpec:
        """The chart spec these settings describe; of bars whose interval is not known, daily."""
        return self.chart_of(None)

    def preset_of(self, interval: timedelta | None) -> str:
        """The preset that is drawn for bars of an interval: the one named, or what suits them."""
        return preset_for(interval) if self.preset == AUTO else self.preset

    def chart_of(self, interval: timedelta | None) -> ChartSpec:
        """The chart spec these settings describe for bars of an interval.

        Raises:
            WrongValueError: a setting of the chart is of another kind.
            ConfigError: there is no such preset, or a setting of the chart makes no sense.
        """
        table = read_chart_table(self.chart_file) if self.chart_file else {}
        table.pop(PRESET, None)
        preset = self.preset_of(interval)
        if preset not in PRESETS:
            known = (AUTO, *PRESETS)
            raise unknown_name("chart preset", preset, known, where="samples.preset")
        if not table and not self.changes:
            return PRESETS[preset]
        chart = PRESETS[preset].as_dict() | table
        if table:
            self._check_file(chart)
        chart_spec: ChartSpec = typed(ChartSpec, chart | dict(self.changes), "samples")
        return chart_spec

    def _check_file(self, chart: Mapping[str, Any]) -> None:
        """Say what is wrong with the chart file by its own name; TOML has types, so they count."""
        from pydantic import TypeAdapter, ValidationError

        try:
            TypeAdapter(ChartSpec).validate_json(json.dumps(chart, default=str), strict=True)
        except ValidationError as error:
            first = error.errors()[0]
            raise ConfigError(
                phrase(
                    "{initial}{message}: {value!r}.",
                    initial=first["msg"][0].lower(),
                    message=first["msg"][1:],
                    value=first["input"],
                ),
                where=f"{self.chart_file}: chart.{first['loc'][0]}",
                remedy="Correct it there, or leave it out for the preset's value.",
            ) from error
        except ConfigError as error:
            place = error.where.replace("samples.", "chart.")
            raise ConfigError(
                error.what, where=f"{self.chart_file}: {place}", remedy=error.remedy
            ) from error


@dataclass(frozen=True, kw_only=True)
class ThresholdsSection:
    """What a threshold is judged by."""

    cost_fraction: float | None = None

    def __post_init__(self) -> None:
        if self.cost_fraction is not None and not self.cost_fraction >= 0:
            raise WrongValueError(
                "thresholds.cost_fraction", self.cost_fraction, "greater than or equal to 0"
            )


@dataclass(frozen=True, kw_only=True)
class PathsSection:
    """Where runs go."""

    runs: Path = Path("runs")

    def __post_init__(self) -> None:
        refuse_unportable(self.runs)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting of the command line, by section."""

    device: str = "auto"
    language: str | None = None  # of pages and console; None: as the system's
    paths: PathsSection = field(default_factory=PathsSection)
    bars: BarsSection = field(default_factory=BarsSection)
    samples: SamplesSection = field(default_factory=SamplesSection)
    label: LabelSpec = field(default_factory=LabelSpec)
    splits: SplitSpec = field(default_factory=SplitSpec)
    train: TrainSettings = field(default_factory=TrainSettings)
    model: ModelSettings = field(default_factory=ModelSettings)
    input: SequenceSpec = AS_CHARTED
    loss: LossSettings = field(default_factory=LossSettings)
    optimiser: OptimiserSettings = field(default_factory=OptimiserSettings)
    schedule: ScheduleSettings = field(default_factory=ScheduleSettings)
    sampling: SamplingSettings = field(default_factory=SamplingSettings)
    augment: AugmentSettings = field(default_factory=AugmentSettings)
    adversarial: AdversarialSettings = field(default_factory=AdversarialSettings)
    alarms: AlarmSettings = field(default_factory=AlarmSettings)
    speed: SpeedSettings = field(default_factory=SpeedSettings)
    search: dict[str, Any] = field(default_factory=dict)  # to try; whoever searches checks them
    thresholds: ThresholdsSection = field(default_factory=ThresholdsSection)
    backtest: Execution = field(default_factory=Execution)

    def __post_init__(self) -> None:
        if self.language is not None and self.language not in languages():
            raise unknown_name("language", self.language, languages(), where="language")

    @property
    def plan(self) -> Plan:
        """Everything that decides what a training learns.

        Raises:
            ConfigError: the model has no such setting, or does not read what is set of its input.
        """
        if self.train.model in MODELS:
            own_settings(self.train.model, self.model)
            refuse_unread(self.train.model, self.input)
        return Plan(**{field.name: getattr(self, field.name) for field in fields(Plan)})

    @property
    def cost_fraction(self) -> float:
        """What a round trip costs, as a fraction of its value; that of the backtest if not set."""
        if self.thresholds.cost_fraction is not None:
            return self.thresholds.cost_fraction
        return 2 * (self.backtest.fee + self.backtest.slippage)
