"""Settings: what goes over what, and what is refused."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import pytest

from quantsig.backtest.execution import Execution
from quantsig.cli.config import FILE, load, variable
from quantsig.data.charts.spec import PRESETS
from quantsig.data.errors import ConfigError
from quantsig.data.label_spec import LabelSpec
from quantsig.settings import Settings
from quantsig.settings_tree import known_keys
from quantsig.signals.training.settings import TrainSettings


def template() -> str:
    return files("quantsig.cli").joinpath("quantsig.toml").read_text(encoding="utf-8")


def commented_settings() -> Iterator[tuple[str, str]]:
    """Each `# key = value` of the template, as dotted name and TOML value."""
    section = ""
    for line in template().splitlines():
        if header := re.match(r"\[(\w+)\]", line):
            section = header[1]
        if setting := re.match(r"(?:# )?(\w+) = (.+?)(?:\s+#.*)?$", line):
            yield f"{section}.{setting[1]}".removeprefix("."), setting[2]


def test_without_a_file_every_setting_is_its_dataclass_default() -> None:
    """A default is defined once, beside the code that reads it."""
    settings = load(None, {})
    assert settings.train == TrainSettings()
    assert settings.label == LabelSpec()
    assert settings.backtest == Execution()
    assert settings.samples.chart == PRESETS["daily-laptop"]


def test_flag_over_environment_over_file_over_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three values for one setting: the flag's counts, then the environment's, then the file's."""
    FILE.write_text("[train]\nepochs = 2\nseed = 2\npatience = 2\n")
    monkeypatch.setenv("QUANTSIG_TRAIN_EPOCHS", "3")
    monkeypatch.setenv("QUANTSIG_TRAIN_SEED", "3")
    train = load(None, {"train.epochs": 4}).train
    assert (train.epochs, train.seed, train.patience) == (4, 3, 2)
    assert train.batch_size == TrainSettings().batch_size


def test_a_recipe_lies_over_the_defaults_and_under_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its batch holds; the file's patience, the environment's rate, the flag's seeds go over it."""
    FILE.write_text("[train]\nrecipe = 'jkx20'\npatience = 9\n[samples]\nstride_bars = 5\n")
    monkeypatch.setenv("QUANTSIG_OPTIMISER_LEARNING_RATE", "1e-3")
    found = load(None, {"train.seeds": 1}, ["label.horizon_bars=7"])
    train, label = found.train, found.label
    assert (train.recipe, train.model, train.batch_size) == ("jkx20", "jkx", 128)
    assert (train.patience, train.seeds, found.optimiser.learning_rate) == (9, 1, 1e-3)
    assert (found.optimiser.name, label.name, label.horizon_bars) == ("adam", "close_direction", 7)
    assert found.samples.chart == PRESETS["jkx20"]
    assert load(None, {"samples.preset": "small"}).samples.chart == PRESETS["small"]


@pytest.mark.parametrize("where", ["flag", "pair", "environment", "file"])
def test_a_recipe_may_be_named_anywhere(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And an unknown one is refused with the known ones, wherever it was named."""

    def loaded(name: str) -> Settings:
        if where == "environment":
            monkeypatch.setenv("QUANTSIG_TRAIN_RECIPE", name)
        if where == "file":
            FILE.write_text(f"[train]\nrecipe = '{name}'\n")
        flags = {"train.recipe": name} if where == "flag" else {}
        return load(None, flags, [f"train.recipe={name}"] if where == "pair" else [])

    assert loaded("jkx").train.seeds == 5
    with pytest.raises(ConfigError, match="jkx5, jkx20, jkx60"):
        loaded("jkx7")


def test_a_flag_that_was_not_given_changes_nothing() -> None:
    """None stands for a flag left out."""
    FILE.write_text("[train]\nepochs = 2\n")
    assert load(None, {"train.epochs": None}).train.epochs == 2


def test_another_file_can_be_named(tmp_path: Path) -> None:
    """--config FILE is read instead of ./quantsig.toml."""
    FILE.write_text("device = 'cuda'\n")
    other = tmp_path / "other.toml"
    other.write_text("device = 'cpu'\n")
    assert load(other, {}).device == "cpu"


def test_a_named_file_must_exist() -> None:
    """A --config that is not there is no silent default."""
    with pytest.raises(ConfigError, match="no such settings file"):
        load(Path("nowhere.toml"), {})


@pytest.mark.parametrize(
    ("text", "where", "nearest"),
    [
        ("[train]\nepocs = 3\n", "quantsig.toml: train.epocs", "train.epochs"),
        ("[trian]\nepochs = 3\n", "quantsig.toml: trian", "train"),
        ("[samples]\nhight = 3\n", "quantsig.toml: samples.hight", "samples.height"),
        ("devise = 'cpu'\n", "quantsig.toml: devise", "device"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest(text: str, where: str, nearest: str) -> None:
    """The error names the file, the full dotted key and what was probably meant."""
    FILE.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(None, {})
    assert caught.value.where == where
    assert f"Did you mean {nearest}?" in caught.value.remedy


@pytest.mark.parametrize(
    ("pair", "remedy"),
    [
        ("train.learning_rate=1", "Did you mean optimiser.learning_rate?"),
        ("loss.gamma=1", "Did you mean loss.focal_gamma?"),
        ("backtest.fee=1", "Did you mean backtest.fee_bps?"),
        ("optimiser.zzz=1", "Of that section: optimiser.name, optimiser.learning_rate"),
        ("zzz.zzz=1", "All settings: quantsig config show"),
    ],
)
def test_an_unknown_key_names_its_neighbours_and_no_other(pair: str, remedy: str) -> None:
    """Wherever the key is, then its section, then where all of them are shown."""
    with pytest.raises(ConfigError) as caught:
        load(None, {}, [pair])
    assert caught.value.remedy.startswith(remedy)
    assert len(caught.value.remedy) < 300


def test_an_unknown_variable_is_refused_with_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt QUANTSIG_* is not ignored."""
    monkeypatch.setenv("QUANTSIG_TRAIN_EPOCS", "3")
    with pytest.raises(ConfigError, match="QUANTSIG_TRAIN_EPOCHS"):
        load(None, {})


def test_a_value_of_the_wrong_kind_names_its_file_and_key() -> None:
    """Where the value came from is where to mend it."""
    FILE.write_text("[train]\nepochs = 'many'\n")
    with pytest.raises(ConfigError) as caught:
        load(None, {})
    assert caught.value.where == "quantsig.toml: train.epochs"
    assert "'many'" in caught.value.what


def test_a_value_of_the_wrong_kind_names_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bad environment variable is named, not the file."""
    monkeypatch.setenv("QUANTSIG_BACKTEST_FEE_BPS", "cheap")
    with pytest.raises(ConfigError) as caught:
        load(None, {})
    assert caught.value.where == "environment variable QUANTSIG_BACKTEST_FEE_BPS"


def test_a_value_of_the_wrong_kind_names_its_flag() -> None:
    """A bad flag is named."""
    with pytest.raises(ConfigError) as caught:
        load(None, {"bars.bar_label": "middle"})
    assert "--bar-label" in caught.value.where


def test_a_value_of_the_wrong_kind_names_its_pair() -> None:
    """There is no flag --focal-gamma to look for."""
    with pytest.raises(ConfigError) as caught:
        load(None, {"train.epochs": 3}, ["loss.focal_gamma=strong"])
    assert caught.value.where == "--set loss.focal_gamma=strong"


def test_a_flag_goes_over_a_pair() -> None:
    """What is said twice is meant as the flag says it."""
    assert load(None, {"train.epochs": 3}, ["train.epochs=4"]).train.epochs == 3


def test_a_chart_value_of_the_wrong_kind_names_its_key() -> None:
    """Charts are checked with the rest."""
    FILE.write_text("[samples]\nheight = 'tall'\n")
    with pytest.raises(ConfigError) as caught:
        load(None, {})
    assert caught.value.where == "quantsig.toml: samples.height"


def test_a_file_that_is_not_toml_is_refused_with_the_line() -> None:
    """The parser's own words say where."""
    FILE.write_text("[train]\nepochs =\n")
    with pytest.raises(ConfigError, match="line 2"):
        load(None, {})


def test_charts_are_a_preset_with_changes() -> None:
    """A preset gives what the section leaves out."""
    FILE.write_text("[samples]\npreset = 'intraday-laptop'\nheight = 64\ntimeframes = [1, 5]\n")
    expected = replace(PRESETS["intraday-laptop"], height=64, timeframes=(1, 5))
    assert load(None, {}).samples.chart == expected


def test_charts_can_be_changed_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list is JSON there."""
    monkeypatch.setenv("QUANTSIG_SAMPLES_TIMEFRAMES", "[1, 5]")
    monkeypatch.setenv("QUANTSIG_SAMPLES_HEIGHT", "64")
    chart = load(None, {}).samples.chart
    assert (chart.timeframes, chart.height) == ((1, 5), 64)


def test_charts_can_come_from_a_file_of_their_own() -> None:
    """Over the preset, under what [samples] sets itself."""
    Path("chart.toml").write_text(
        """[chart]
        preset = "intraday"
        timeframes = [1, 5, 60]
        panels = ["candles"]
        crop = [3, 11]
        drop_planes = ["calendar"]
        alignment = "calendar"
        bar_seconds = 60
        bars = 16
        """
    )
    FILE.write_text("[samples]\nchart_file = 'chart.toml'\npad = [2, 0]\nbars = 64\n")
    chart = load(None, {}).samples.chart
    assert chart.shape == (9, 388, 768)
    assert (chart.alignment, chart.bar_seconds, chart.bars) == ("calendar", 60, 64)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("[chart]\nhight = 3\n", "chart.toml: chart.hight"),
        ("[chart]\nheight = 'tall'\n", "chart.toml: chart.height"),
        ("[chart]\ncrop = [1, 2, 3]\n", "chart.toml: chart.crop"),
        ("[chart]\nheight = 4\n", "chart.toml: chart.height"),
        ("[chart]\npanels = ['candle']\n", "chart.toml: chart.panels"),
        ("[chart]\npreset = 'dally'\n", "chart.toml: chart.preset"),
        ("[chart]\npreset = [1]\n", "chart.toml: chart.preset"),
        ("[chart]\nbars = true\n", "chart.toml: chart.bars"),
        ("[chart]\nbars = '16'\n", "chart.toml: chart.bars"),
        ("[chart]\nheight = 96.0\n", "chart.toml: chart.height"),
        ("[chart]\nmerge = 'yes'\n", "chart.toml: chart.merge"),
        ("[chart]\nmerge = 1\n", "chart.toml: chart.merge"),
        ("[chart]\ntimeframes = [1, true]\n", "chart.toml: chart.timeframes"),
        ("[chart]\nbars = 2024-01-01\n", "chart.toml: chart.bars"),
        ("height = 3\n", "chart.toml"),
        ("[chart]\nheight =\n", "chart.toml"),
        (None, "chart.toml"),
    ],
)
def test_a_bad_chart_file_is_refused_by_name(text: str | None, where: str) -> None:
    """A misspelt key, another kind that could be read as this one, no [chart], no TOML, no file."""
    if text is not None:
        Path("chart.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(None, {"samples.chart_file": Path("chart.toml")})
    assert caught.value.where == where


def named_preset(**flags: str) -> str:
    """The preset whose charts, the crop apart, the settings come to."""
    given = {f"samples.{name}": value for name, value in flags.items()}
    chart = load(None, {"samples.chart_file": Path("chart.toml"), **given}).samples.chart
    return next(name for name, spec in PRESETS.items() if spec == replace(chart, crop=(0, 0)))


def test_a_preset_of_a_chart_file_is_under_the_flag_and_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Over quantsig.toml, like the rest of that file; the rest of it counts with each."""
    Path("chart.toml").write_text("[chart]\npreset = 'jkx20'\ncrop = [1, 1]\n")
    FILE.write_text("[samples]\npreset = 'intraday'\n")
    assert named_preset() == "jkx20"
    assert named_preset(preset="small") == "small"
    monkeypatch.setenv("QUANTSIG_SAMPLES_PRESET", "jkx5")
    assert named_preset() == "jkx5"
    assert named_preset(preset="small") == "small"


def test_a_chart_file_without_a_preset_leaves_that_of_the_settings() -> None:
    """quantsig.toml's then."""
    Path("chart.toml").write_text("[chart]\ncrop = [1, 1]\n")
    FILE.write_text("[samples]\npreset = 'intraday'\n")
    assert named_preset() == "intraday"


def test_a_chart_file_of_the_environment_names_a_preset(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the chart file was named."""
    Path("chart.toml").write_text("[chart]\npreset = 'jkx20'\n")
    monkeypatch.setenv("QUANTSIG_SAMPLES_CHART_FILE", "chart.toml")
    assert load(None, {}).samples.chart == PRESETS["jkx20"]


def test_an_unknown_preset_lists_the_known() -> None:
    """The error teaches the names."""
    with pytest.raises(ConfigError, match="daily-laptop"):
        load(None, {"samples.preset": "daly-laptop"})


@pytest.mark.parametrize(
    ("text", "interval"),
    [("15m", timedelta(minutes=15)), ("1 h", timedelta(hours=1)), ("1d", timedelta(days=1))],
)
def test_an_interval_is_written_as_traders_do(text: str, interval: timedelta) -> None:
    """15m, 1h, 1d."""
    assert load(None, {"bars.interval": text}).bars.interval == interval


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("fill_price = 'vwap'", "'open', 'close' or 'typical'"),
        ("sizing = 'all'", "'kelly'"),
        ("directions = 'up'", "'long'"),
        ("shared_cash = 'perhaps'", "bool"),
        ("trailing_stop = 1.5", "between 0 and 1"),
        ("maintenance_margin = 0", "between 0 and 1"),
        ("lot_size = -100", "0 or more"),
        ("start_capital = 0", "above 0"),
        ("volatility_bars = 1", "at least 2"),
        ("sizing = 'fixed_cash'", "money of one trade"),
    ],
)
def test_a_backtest_that_makes_no_sense_is_refused_by_name(text: str, remedy: str) -> None:
    """Each by its own name, with what to give instead."""
    FILE.write_text(f"[backtest]\n{text}\n")
    with pytest.raises(ConfigError) as caught:
        load(None, {})
    name = "fixed_cash" if "fixed" in text else text.partition(" ")[0]
    assert name in caught.value.where
    assert remedy in caught.value.remedy


def test_costs_of_a_threshold_are_those_of_the_backtest_unless_set() -> None:
    """Two sides of fee and slippage: 2 * (3 + 2) bps is a thousandth."""
    FILE.write_text("[backtest]\nfee_bps = 3\nslippage_bps = 2\n")
    assert load(None, {}).cost_fraction == pytest.approx(0.001)
    assert load(None, {"thresholds.cost_fraction": 0.5}).cost_fraction == 0.5


def test_every_setting_has_its_own_variable() -> None:
    """No two settings share a name in the environment."""
    names = known_keys()
    assert len({variable(name) for name in names}) == len(names)


def test_the_template_names_every_setting() -> None:
    """Nothing can be set that the template does not show."""
    assert {name for name, _ in commented_settings()} == set(known_keys())


def test_the_template_shows_the_defaults() -> None:
    """What it comments out is what holds without it, but for settings whose default is absence."""
    absent = {
        "train.recipe",
        "bars.source",
        "bars.interval",
        "bars.symbol",
        "bars.session_start",
        "bars.layout",
        "bars.timezone",
        "bars.bar_label",
        "bars.encoding",
        "bars.decimal",
        "bars.day_first",
        "bars.adjust",
        "samples.chart_file",
        "label.rise",
        "label.flat",
        "label.rise_fraction",
        "label.flat_fraction",
        "label.down_fraction",
        "label.up_fraction",
        "splits.at",
        "splits.since",
        "splits.until",
        "model.hidden_size",
        "model.layers",
        "model.dropout",
        "model.attention_size",
        "model.divergence_weight",
        "model.auxiliary_weight",
        "model.salience_weight",
        "model.levels",
        "model.expansion",
        "model.heads",
        "model.market_weight",
        "model.standardise",
        "input.window_bars",
        "input.universe",
        "input.timeframes",
        "input.denoise",
        "loss.class_weights",
        "loss.focal_alpha",
        "optimiser.learning_rate",
        "optimiser.weight_decay",
        "sampling.positives",
        "speed.scoring",
        "thresholds.cost_fraction",
        "backtest.delay_bars",
        "backtest.holding_bars",
        "backtest.stop_loss",
        "backtest.take_profit",
        "backtest.trailing_stop",
        "backtest.maintenance_margin",
        "backtest.fixed_cash",
        "backtest.kelly_win",
        "backtest.kelly_loss",
        "backtest.price_limit",
        "language",
    }
    tree: dict[str, list[str]] = {}
    for name, value in commented_settings():
        section, _, key = name.rpartition(".")
        if name not in absent:
            tree.setdefault(section, []).append(f"{key} = {value}")
    parts = [("[" + name + "]\n" if name else "") + "\n".join(tree[name]) for name in tree]
    FILE.write_text("\n".join(parts))
    shown, default = load(None, {}), Settings()
    assert replace(shown, samples=default.samples) == default
    assert shown.samples.chart == default.samples.chart
