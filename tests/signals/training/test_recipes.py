"""Published trainings: known settings, and the paper's own numbers."""

from pathlib import Path

import pytest

from quantsig.cli.config import load
from quantsig.data.errors import ConfigError
from quantsig.data.samples.store import SampleSet, open_samples
from quantsig.data.split_spec import SplitSpec
from quantsig.settings_tree import known_keys
from quantsig.signals.training.recipes import RECIPES, recipe_named
from quantsig.signals.training.settings import Plan, TrainSettings
from quantsig.signals.training.tracking.record import config, identity, planned
from tests.planted import build, planted_frame


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> SampleSet:
    """A small set; what is recorded of a training does not depend on it."""
    folder = tmp_path_factory.mktemp("recipes") / "samples"
    build(planted_frame(60), folder)
    return open_samples(folder)


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_sets_known_settings_to_what_it_says(name: str) -> None:
    """Each value is found again in the resolved settings."""
    assert set(RECIPES[name]) <= set(known_keys())
    resolved = load(None, {"train.recipe": name})
    for dotted, value in RECIPES[name].items():
        section, _, key = dotted.partition(".")
        held = getattr(resolved, section)
        assert getattr(held if hasattr(held, key) else held.chart, key) == value


def test_the_training_of_jiang_kelly_and_xiu() -> None:
    """Numbers from the paper's section on training, as in its published code."""
    plan = load(None, {"train.recipe": "jkx60"}).plan
    assert (plan.optimiser.name, plan.optimiser.peak, plan.optimiser.decay) == ("adam", 1e-5, 0.0)
    assert (plan.train.batch_size, plan.train.patience, plan.train.seeds) == (128, 2, 5)
    assert (plan.train.loss, plan.train.best_by) == ("cross_entropy", ("loss",))
    assert plan.sampling.positives is None
    label = load(None, {"train.recipe": "jkx60"}).label
    assert (label.name, label.horizon_bars) == ("close_direction", 60)
    assert label.middle == (0.0, 0.0)


def test_the_trainings_of_feng_and_others() -> None:
    """Their numbers, and a sample has just the history that the window and its means need."""
    for name, bars in (("acl18_alstm", 5), ("acl18_lstm", 10)):
        settings = load(None, {"train.recipe": name})
        plan, chart = settings.plan, settings.samples.chart
        assert (plan.optimiser.name, plan.optimiser.peak) == ("adam", 0.01)
        assert (plan.train.loss, plan.train.batch_size, plan.train.epochs) == ("hinge", 1024, 150)
        assert plan.input.shape(chart) == (11, bars)
        assert chart.history_bars == bars + plan.input.bars_before
    adversary = load(None, {"train.recipe": "acl18_adv_alstm"}).plan.adversarial
    assert (adversary.weight, adversary.epsilon) == (0.01, 0.05)


def test_an_unknown_recipe_is_refused_with_the_known_ones() -> None:
    """By the table and by the settings."""
    for refuse in (recipe_named, lambda name: TrainSettings(recipe=name)):
        with pytest.raises(ConfigError, match='unknown recipe "jxk"') as caught:
            refuse("jxk")
        assert "jkx20" in str(caught.value)


def test_config_keeps_the_recipe_and_its_values(samples: SampleSet) -> None:
    """What is written is read back, and no recipe writes nothing, as before."""
    plan = load(None, {"train.recipe": "jkx"}).plan
    written = config(samples.path, samples, plan, SplitSpec())
    assert written["train"]["recipe"] == "jkx"
    assert written["optimiser"]["learning_rate"] == 1e-5
    assert planned(written) == plan
    assert "recipe" not in config(samples.path, samples, Plan(), SplitSpec())["train"]


def test_the_values_make_the_trial_not_the_name(samples: SampleSet, tmp_path: Path) -> None:
    """The same settings one by one are the same trial, so that it counts once."""
    by_name = load(None, {"train.recipe": "jkx"}).plan
    file = tmp_path / "one_by_one.toml"
    file.write_text(
        "[train]\nmodel = 'jkx'\nbatch_size = 128\nepochs = 100\npatience = 2\nseeds = 5\n"
        "clip_norm = 0.0\n[optimiser]\nname = 'adam'\nlearning_rate = 1e-5\n"
        "weight_decay = 0.0\n[schedule]\nname = 'constant'\n"
    )
    one_by_one = load(file, {}).plan
    assert one_by_one != by_name
    names = {identity(samples, plan, SplitSpec()) for plan in (by_name, one_by_one)}
    assert len(names) == 1
