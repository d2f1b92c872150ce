"""`quantsig config`: what holds here and where it comes from, what it means, what is wrong."""

from dataclasses import fields
from pathlib import Path

import pytest
from typer.main import get_command

from quantsig.cli.app import app
from quantsig.cli.config import FILE, load
from quantsig.cli.options.of_settings import GROUPS, OF_VERBS, option_of
from quantsig.cli.settings.comments import setting_comments
from quantsig.cli.settings.values import NAMES, allowed_values, kind_of
from quantsig.settings_tree import known_keys
from quantsig.signals.training.settings import TrainSettings
from tests.cli.conftest import Quantsig, assert_done


def origins(quantsig: Quantsig, *words: str) -> dict[str, tuple[object, str]]:
    """Value and origin of each setting."""
    rows = assert_done(quantsig("config", "show", *words, "--json")).document["rows"]
    return {row["name"]: (row["value"], row["origin"]) for row in rows}


def test_each_value_says_where_it_comes_from(
    quantsig: Quantsig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Default, recipe, file, chart file, preset, environment and option, each by name."""
    Path("chart.toml").write_text("[chart]\npreset = 'small'\nbars = 16\n")
    FILE.write_text(
        "[train]\nrecipe = 'jkx'\npatience = 9\n[samples]\nchart_file = 'chart.toml'\nheight = 64\n"
        "[search]\n'optimiser.learning_rate' = [1e-5, 1e-2]\n"
    )
    monkeypatch.setenv("QUANTSIG_TRAIN_SEED", "3")
    found = origins(quantsig, "--set", "train.epochs=4")
    assert found["train.save_minutes"] == (5.0, "default")
    assert found["train.batch_size"] == (128, "recipe jkx")
    assert found["train.patience"] == (9, "quantsig.toml")
    assert found["samples.preset"] == ("small", "chart.toml")
    assert found["samples.bars"] == (16, "chart.toml")
    assert found["samples.height"] == (64, "quantsig.toml")
    assert found["samples.slow_bars"][1] == "preset small"
    assert found["train.seed"] == (3, "QUANTSIG_TRAIN_SEED")
    assert found["train.epochs"] == (4, "--set")
    assert found['search."optimiser.learning_rate"'] == ([1e-5, 1e-2], "quantsig.toml")


def test_a_preset_that_bars_may_change_says_so(quantsig: Quantsig) -> None:
    """Nothing is named, so that bars of minutes would be drawn otherwise."""
    assert "unless the bars are of less than a day" in origins(quantsig)["samples.height"][1]
    FILE.write_text("[bars]\ninterval = '15m'\n")
    found = origins(quantsig)
    assert found["bars.interval"] == ("15m", "quantsig.toml")
    assert found["samples.height"][1] == "preset intraday-laptop"


@pytest.mark.parametrize("words", [(), ("--set", "train.recipe=jkx20"), ("--origin",)])
def test_what_is_shown_is_a_settings_file(quantsig: Quantsig, words: tuple[str, ...]) -> None:
    """Read again it means the same."""
    FILE.write_text(
        "[samples]\npreset = 'small'\n[bars]\ninterval = '15m'\nsource = 'a b.csv'\n"
        "adjust = ['AAPL 2020-08-24 4']\n[search]\n'train.model' = ['small', 'jkx']\n"
    )
    pairs = [word for word in words if "=" in word]
    before = load(None, {}, pairs)
    shown = Path("shown.toml")
    shown.write_text(assert_done(quantsig("config", "show", *words)).out)
    after = load(shown, {})
    assert after.samples.chart == before.samples.chart
    for section in ("bars", "label", "splits", "train", "loss", "backtest", "search", "paths"):
        assert getattr(after, section) == getattr(before, section)


def test_what_is_not_set_is_a_comment_and_origins_stand_behind(quantsig: Quantsig) -> None:
    """TOML has no word for nothing."""
    lines = assert_done(quantsig("config", "show", "--origin")).out.splitlines()
    assert "# train.recipe: not set" in lines
    assert f"train.epochs = {TrainSettings().epochs}  # default" in lines


def test_explain_says_what_it_means_and_every_way_to_set_it(quantsig: Quantsig) -> None:
    """Meaning, kind, default, variable, option."""
    out = assert_done(quantsig("config", "explain", "train.batch_size")).out
    for said in (
        "samples a step",
        "a whole number",
        "32",
        "QUANTSIG_TRAIN_BATCH_SIZE",
        "--batch-size or --set train.batch_size=32",
    ):
        assert said in out


def test_explain_names_the_values_where_they_are_known(quantsig: Quantsig) -> None:
    """Of tables and of literals; of a text of one's own there are none."""
    found = assert_done(quantsig("config", "explain", "backtest.fill_price", "--json")).document
    assert found["figures"]["values"] == ["open", "close", "typical"]
    assert "resnet18" in allowed_values("train.model")
    assert allowed_values("bars.symbol") == []


@pytest.mark.parametrize("name", known_keys())
def test_every_setting_can_be_explained(name: str) -> None:
    """Each has a comment in the settings file, and a kind in words."""
    assert setting_comments()[name].comment
    assert kind_of(name) not in ("", "a table")


def test_names_of_tables_hold_their_defaults() -> None:
    """A table that is not the setting's own would not know its default; two have none."""
    for name in NAMES.keys() - {"train.recipe", "train.track"}:
        default = setting_comments()[name].example.strip('[]"')
        assert default in allowed_values(name)


def declared_options(words: str) -> set[str]:
    """The options of a verb."""
    command = get_command(app)
    for word in words.split():
        command = command.commands[word]  # type: ignore[attr-defined]
    return {option for one in command.params for option in one.opts}


@pytest.mark.parametrize("name", OF_VERBS)
def test_an_option_that_is_named_is_there(name: str) -> None:
    """As the verb declares it."""
    option, verb = OF_VERBS[name]
    assert option in declared_options(verb)


@pytest.mark.parametrize(
    ("section", "verb"),
    [("bars", "samples build"), ("label", "samples build"), ("backtest", "backtest")],
)
def test_options_of_groups_are_found(section: str, verb: str) -> None:
    """The group's own spelling, such as --label for label.name."""
    keys = [one for one in known_keys() if one.startswith(f"{section}.") and option_of(one)]
    assert len(keys) >= len(fields(GROUPS[section])) - 1
    for key in keys:
        assert str(option_of(key)).partition("/")[0] in declared_options(verb)


def test_an_unknown_setting_is_refused_with_the_nearest(quantsig: Quantsig) -> None:
    """Three lines and 3; not all hundred."""
    answer = quantsig("config", "explain", "train.epocs")
    assert answer.code == 3
    assert len(answer.complaint) == 3
    assert answer.complaint[2] == ("Did you mean train.epochs? All settings: quantsig config show")


def test_check_names_everything_that_is_wrong(quantsig: Quantsig) -> None:
    """Unknown keys and sections, wrong kinds, unknown names, in one go."""
    FILE.write_text(
        "[train]\nepocs = 3\nmodel = 'resnet8'\n[samples]\nheight = 'tall'\n[trian]\na = 1\n"
        "[search]\n'train.fo' = [1, 2]\n"
    )
    answer = quantsig("config", "check")
    assert answer.code == 3
    said = "\n".join(answer.complaint[:-3])
    for place in ("train.epocs", "train.model", "samples.height", "trian", "search.train.fo"):
        assert f"quantsig.toml: {place}: " in said
    assert answer.complaint[-3] == "5 settings cannot be used."
    rows = quantsig("config", "check", "--json").document["rows"]
    assert len(rows) == 5


def test_check_of_one_problem_is_its_three_lines(quantsig: Quantsig) -> None:
    """As any verb would say it."""
    Path("other.toml").write_text("[train]\nepochs = 'many'\n")
    answer = quantsig("config", "check", "other.toml")
    assert answer.code == 3
    assert answer.complaint[1] == "other.toml: train.epochs"
    assert len(answer.complaint) == 3


def test_check_holds_layers_against_each_other(quantsig: Quantsig) -> None:
    """A file that is whole in itself may not fit what the environment says."""
    FILE.write_text("[train]\nclip_norm = 1.0\n")
    assert assert_done(quantsig("config", "check")).out == "quantsig.toml: nothing is wrong\n"


def test_the_file_that_init_writes_is_right(quantsig: Quantsig) -> None:
    """Nothing to mend in what is given to start from."""
    assert_done(quantsig("init"))
    assert_done(quantsig("config", "check"))


@pytest.mark.parametrize(
    ("text", "code"), [(None, 3), ("[train\n", 3), ("\x00", 3), ("train = 3\n", 3)]
)
def test_what_is_no_settings_file_is_refused(
    quantsig: Quantsig, text: str | None, code: int
) -> None:
    """None there, not TOML, a section that is no table."""
    if text is not None:
        FILE.write_text(text)
    answer = quantsig("config", "check")
    assert answer.code == code
    assert len(answer.complaint) == 3
