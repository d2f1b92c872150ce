"""Settings: a flag over QUANTSIG_* over quantsig.toml over a recipe over the default.

The default of a setting is that of the dataclass that reads it. Imported inside the verbs only,
because those dataclasses live beside heavy libraries.
"""

import json
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from quantsig.backtest.execution import Execution
from quantsig.data.calendar.timestamps import UNITS
from quantsig.data.charts.spec import AUTO, PRESETS, ChartSpec, preset_for
from quantsig.data.charts.spec_file import PRESET, read_chart_table
from quantsig.data.errors import ConfigError, unknown_name
from quantsig.data.labels import LabelSpec
from quantsig.data.portable_names import refuse_unportable
from quantsig.data.readers import ReadOptions
from quantsig.data.splits import SplitSpec
from quantsig.signals.loss_settings import LossSettings
from quantsig.signals.optimisation.optimisers import OptimiserSettings
from quantsig.signals.optimisation.sampler import SamplingSettings
from quantsig.signals.optimisation.schedules import ScheduleSettings
from quantsig.signals.training.alarms import AlarmSettings
from quantsig.signals.training.recipes import recipe_named
from quantsig.signals.training.settings import AugmentSettings, Plan, SpeedSettings, TrainSettings

FILE = Path("quantsig.toml")
PREFIX = "QUANTSIG_"
SEARCH = "search"  # the section whose keys are names of other settings


def parse_interval(value: object) -> object:
    """The time one bar covers, from text such as 15m, 1h, 1d; anything else is left as it is."""
    match = re.fullmatch(r"(\d+)\s*([smhdw])", value.strip()) if isinstance(value, str) else None
    return int(match[1]) * UNITS[match[2]] if match else value


WritablePath = Annotated[Path, AfterValidator(refuse_unportable)]


@dataclass(frozen=True, kw_only=True)
class BarsSection(ReadOptions):
    """Where the bars are, and how to read them."""

    source: Path | None = None
    interval: Annotated[timedelta | None, BeforeValidator(parse_interval)] = None
    quarantine: bool = False


class SamplesSection(BaseModel):
    """Where the sample set is, and its charts.

    A preset, over it the `[chart]` table of a file, over that any field of ChartSpec set here.
    `load` has already put a preset that the file names in its place.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    path: WritablePath = Path("samples")
    preset: str = AUTO
    chart_file: Path | None = None
    stride_bars: int = Field(default=1, ge=1)

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
            ConfigError: there is no such preset, or a setting of the chart is wrong.
        """
        table = read_chart_table(self.chart_file) if self.chart_file else {}
        table.pop(PRESET, None)
        preset = self.preset_of(interval)
        if preset not in PRESETS:
            known = (AUTO, *PRESETS)
            raise unknown_name("chart preset", preset, known, where="samples.preset")
        chart = PRESETS[preset].as_dict() | table
        if table:
            self._check_file(chart)
        changes = {name: _from_text(value) for name, value in (self.model_extra or {}).items()}
        return TypeAdapter(ChartSpec).validate_python(chart | changes)

    def _check_file(self, chart: Mapping[str, Any]) -> None:
        """Say what is wrong with the chart file by its own name; TOML has types, so they count."""
        try:
            TypeAdapter(ChartSpec).validate_json(json.dumps(chart, default=str), strict=True)
        except ValidationError as error:
            first = error.errors()[0]
            raise ConfigError(
                f"{first['msg'][0].lower()}{first['msg'][1:]}: {first['input']!r}.",
                where=f"{self.chart_file}: chart.{first['loc'][0]}",
                remedy="Correct it there, or leave it out for the preset's value.",
            ) from error
        except ConfigError as error:
            place = error.where.replace("samples.", "chart.")
            raise ConfigError(
                error.what, where=f"{self.chart_file}: {place}", remedy=error.remedy
            ) from error


class ThresholdsSection(BaseModel):
    """What a threshold is judged by."""

    cost_fraction: float | None = Field(default=None, ge=0)


class PathsSection(BaseModel):
    """Where runs go."""

    runs: WritablePath = Path("runs")


class Settings(BaseSettings):
    """Every setting of the command line, by section."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="_",
        env_nested_max_split=1,
        env_ignore_empty=True,
        frozen=True,
    )

    device: str = "auto"
    paths: PathsSection = PathsSection()
    bars: BarsSection = BarsSection()
    samples: SamplesSection = SamplesSection()
    label: LabelSpec = LabelSpec()
    splits: SplitSpec = SplitSpec()
    train: TrainSettings = TrainSettings()
    loss: LossSettings = LossSettings()
    optimiser: OptimiserSettings = OptimiserSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    sampling: SamplingSettings = SamplingSettings()
    augment: AugmentSettings = AugmentSettings()
    alarms: AlarmSettings = AlarmSettings()
    speed: SpeedSettings = SpeedSettings()
    search: dict[str, Any] = {}  # values to try; whoever searches checks them
    thresholds: ThresholdsSection = ThresholdsSection()
    backtest: Execution = Execution()

    @property
    def plan(self) -> Plan:
        """Everything that decides what a training learns."""
        return Plan(**{field.name: getattr(self, field.name) for field in fields(Plan)})

    @property
    def cost_fraction(self) -> float:
        """What a round trip costs, as a fraction of its value; that of the backtest if not set."""
        if self.thresholds.cost_fraction is not None:
            return self.thresholds.cost_fraction
        return 2 * (self.backtest.fee + self.backtest.slippage)


def load(config: Path | None, flags: Mapping[str, Any], pairs: Sequence[str] = ()) -> Settings:
    """The settings of one call.

    Args:
        config: the file; None for quantsig.toml of the current folder, which may be absent.
        flags: values by dotted name such as `train.epochs`; None where the flag was not given.
        pairs: what --set was given, such as `train.epochs=3`; a flag goes over it.

    Raises:
        ConfigError: an unknown key, or a value of the wrong kind.
    """
    file = _read(config)
    _refuse_unknown_keys(file, str(config or FILE))
    _refuse_unknown_variables()
    flagged = {name: value for name, value in flags.items() if value is not None}
    given = _values_of(pairs) | flagged
    chart, recipe = _preset_of_chart(given, file), _values_of_recipe(given, file)

    class Sourced(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            under = (InitSettingsSource(settings_cls, content) for content in (chart, file, recipe))
            return init_settings, env_settings, *under

    try:
        settings = Sourced(**_nested(given))
        settings.samples.chart  # noqa: B018 - says now what is wrong with it
    except ValidationError as error:
        raise _wrong_value(error, flagged, given, str(config or FILE)) from error
    return settings


def _values_of(pairs: Sequence[str]) -> dict[str, object]:
    """Settings from texts such as loss.focal_gamma=1.5.

    Raises:
        ConfigError: a text has no =, or names no setting.
    """
    found = {}
    for text in pairs:
        name, equals, value = text.partition("=")
        if not equals:
            raise ConfigError(
                f'"{text}" sets nothing.',
                where="--set",
                remedy="Write a setting, = and its value, as --set loss.focal_gamma=1.5",
            )
        if name not in known_keys():
            raise unknown_name("setting", name, known_keys(), where=f"--set {text}")
        found[name] = _from_text(value)
    return found


def _preset_of_chart(given: Mapping[str, Any], file: Mapping[str, Any]) -> dict[str, Any]:
    """The preset that the chart file names: under flags and environment, over quantsig.toml."""
    name, section = "samples.chart_file", file.get("samples")
    in_file = section.get("chart_file") if isinstance(section, dict) else None
    source = given.get(name) or os.environ.get(variable(name)) or in_file
    if not isinstance(source, (str, Path)):
        return {}
    table = read_chart_table(Path(source))
    return {"samples": {"preset": table[PRESET]}} if PRESET in table else {}


def _values_of_recipe(given: Mapping[str, Any], file: Mapping[str, Any]) -> dict[str, Any]:
    """What the recipe that is asked for sets: over the defaults, under everything else."""
    name, section = "train.recipe", file.get("train")
    in_file = section.get("recipe") if isinstance(section, dict) else None
    asked = given.get(name) or os.environ.get(variable(name)) or in_file
    return _nested(recipe_named(asked)) if isinstance(asked, str) else {}


def known_keys() -> list[str]:
    """Every setting by its dotted name; what a search varies are such names again."""
    names = []
    for section, field in Settings.model_fields.items():
        if section == SEARCH:
            continue
        keys = _keys(field.annotation)
        keys += _keys(ChartSpec) if field.annotation is SamplesSection else []
        names += [f"{section}.{key}" for key in keys] or [section]
    return names


def variable(name: str) -> str:
    """The environment variable of a setting: train.epochs is QUANTSIG_TRAIN_EPOCHS."""
    return PREFIX + name.replace(".", "_").upper()


def _from_text(value: object) -> object:
    """A list is JSON text in the environment and in a pair; what is no JSON stays as it is."""
    if not isinstance(value, str) or not (value.startswith("[") and value.endswith("]")):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _keys(kind: Any) -> list[str]:
    if is_dataclass(kind):
        return [field.name for field in fields(kind)]
    return list(getattr(kind, "model_fields", ()))


def _read(config: Path | None) -> dict[str, Any]:
    file = config or FILE
    if not file.is_file():
        if config is None:
            return {}
        raise ConfigError(
            "there is no such settings file.",
            where=str(file),
            remedy="Check the path, or write one with: quantsig init",
        )
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"this is not TOML: {error}",
            where=str(file),
            remedy="Mend that line, or write a new file with: quantsig init --force",
        ) from error


def _refuse_unknown_keys(file: Mapping[str, Any], where: str) -> None:
    known = known_keys()
    sections = {name.partition(".")[0] for name in known} | {SEARCH}
    for section, content in file.items():
        if section not in sections:
            raise unknown_name("section", section, sorted(sections), where=f"{where}: {section}")
        if section == SEARCH:
            continue
        for key in content if isinstance(content, dict) else ():
            name = f"{section}.{key}"
            if name not in known:
                beside = [other for other in known if other.startswith(f"{section}.")]
                raise unknown_name("setting", name, beside, where=f"{where}: {name}")


def _refuse_unknown_variables() -> None:
    known = {variable(name) for name in known_keys()}
    for name in os.environ:
        if name.startswith(PREFIX) and name not in known:
            near = [other for other in sorted(known) if other.split("_")[1] == name.split("_")[1]]
            raise unknown_name(
                "environment variable", name, near or sorted(known), where="the environment"
            )


def _nested(given: Mapping[str, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name, value in given.items():
        section, _, key = name.partition(".")
        if key:
            tree.setdefault(section, {})[key] = value
        else:
            tree[section] = value
    return tree


def _wrong_value(
    error: ValidationError, flags: Mapping[str, Any], given: Mapping[str, Any], file: str
) -> ConfigError:
    first = error.errors()[0]
    path = [str(part) for part in first["loc"]]
    name = ".".join(path if path and path[0] in Settings.model_fields else ["samples", *path])
    where = f"{file}: {name}"
    if os.environ.get(variable(name)):
        where = f"environment variable {variable(name)}"
    if name in given:
        where = f"--set {name}={given[name]}"
    if name in flags:
        where = f"flag --{name.rpartition('.')[2].replace('_', '-')} ({name})"
    return ConfigError(
        f"{name} cannot be {first['input']!r}.",
        where=where,
        remedy=f"Expected: {first['msg'].removeprefix('Input should be ')}.",
    )
