"""Which settings can be searched, and over what."""

from typing import Any

import pytest

from quantsig.data.errors import ConfigError
from quantsig.signals.search.space import (
    DEFAULT,
    Choices,
    Range,
    changed,
    read_space,
    searchable,
)
from quantsig.signals.training.settings import Plan


@pytest.mark.parametrize(
    ("name", "values", "option"),
    [
        ("optimiser.learning_rate", [1e-5, 1e-2], (1e-5, 1e-2, False, True)),
        ("optimiser.momentum", [0.5, 0.9], (0.5, 0.9, False, False)),
        ("optimiser.weight_decay", [0, 1], (0, 1, False, False)),
        ("schedule.warmup_steps", [10, 500], (10, 500, True, True)),
        ("schedule.step_epochs", [2, 20], (2, 20, True, False)),
    ],
)
def test_two_numbers_are_a_range(name: str, values: list[Any], option: tuple[Any, ...]) -> None:
    """Logarithmic where the ends are more than a factor of ten apart, whole for whole settings."""
    low, high, whole, logarithmic = option
    found = Range(low=low, high=high, whole=whole, logarithmic=logarithmic)
    assert read_space({name: values}) == {name: found}


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("train.model", ["small", "resnet18"]),
        ("train.batch_size", [16, 32, 64]),
        ("optimiser.learning_rate", [1e-3]),
        ("loss.class_weights", ["balanced", 2.0, "none"]),
    ],
)
def test_any_other_list_is_a_choice(name: str, values: list[Any]) -> None:
    """Text, one value, or more than two numbers."""
    assert read_space({name: values}) == {name: Choices(values=tuple(values))}


def test_names_without_quotes_mean_the_same() -> None:
    """TOML makes a table of `optimiser.learning_rate = ...`."""
    inner = {"optimiser": {"learning_rate": [1e-5, 1e-2]}, "train.batch_size": [8, 16, 32]}
    quoted = {"optimiser.learning_rate": [1e-5, 1e-2], "train.batch_size": [8, 16, 32]}
    assert read_space(inner) == read_space(quoted)


def test_an_unknown_setting_gives_the_nearest_name() -> None:
    """As in the other sections of the settings."""
    with pytest.raises(ConfigError, match=r"Did you mean optimiser\.learning_rate\?") as caught:
        read_space({"optimiser.lerning_rate": [1e-5, 1e-2]})
    assert caught.value.where == "search.optimiser.lerning_rate"


@pytest.mark.parametrize(
    "name", ["train.seed", "train.best_by", "alarms.leak_skill", "speed.compile"]
)
def test_what_teaches_nothing_cannot_be_searched(name: str) -> None:
    """A seed chosen by validation fits its noise; speed changes nothing that is learnt."""
    with pytest.raises(ConfigError, match="unknown setting to search"):
        read_space({name: [1, 2]})


@pytest.mark.parametrize(
    ("name", "values", "remedy"),
    [
        ("train.model", [], "two numbers"),
        ("train.model", "small", "two numbers"),
        ("optimiser.learning_rate", [1e-2, 1e-5], "lower end"),
        ("optimiser.learning_rate", [1e-2, 1e-2], "lower end"),
        ("optimiser.learning_rate", [1e-5, float("nan")], "Expected: float"),
        ("optimiser.learning_rate", ["fast", "slow"], "Expected: float"),
        ("train.batch_size", [8.5, 16.5], "Expected: int"),
        ("train.batch_size", [True, False], "Expected: int"),
        ("train.model", [1, 2], "Expected: str"),
        ("train.model", ["small", "small"], "once"),
    ],
)
def test_values_that_make_no_sense_are_refused(name: str, values: Any, remedy: str) -> None:
    """The error names the setting and says what is expected."""
    with pytest.raises(ConfigError) as caught:
        read_space({name: values})
    assert caught.value.where == f"search.{name}"
    assert remedy in caught.value.remedy


def test_values_go_into_their_sections() -> None:
    """Everything else of the plan stays."""
    plan = changed(Plan(), {"optimiser.learning_rate": 0.5, "train.batch_size": 8})
    assert plan.optimiser.learning_rate == 0.5
    assert plan.train.batch_size == 8
    assert plan.loss == Plan().loss


def test_the_default_space_is_one_that_can_be_searched() -> None:
    """Its names and values are accepted."""
    assert set(read_space(DEFAULT)) == set(DEFAULT) <= set(searchable())
