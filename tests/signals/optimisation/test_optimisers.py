"""Optimisers take a user's numbers or their own defaults."""

import pytest
import torch

from quantsig.data.errors import ConfigError
from quantsig.signals.optimisation.optimisers import OPTIMISERS, OptimiserSettings, build_optimiser


@pytest.mark.parametrize("name", OPTIMISERS)
def test_an_optimiser_goes_downhill(name: str) -> None:
    """Steps on w^2 from 1."""
    weight = torch.nn.Parameter(torch.ones(1))
    optimiser = build_optimiser([weight], OptimiserSettings(name=name))
    for _ in range(3):
        optimiser.zero_grad()
        (weight**2).sum().backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    assert 0 < weight.item() < 1


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("adamw", {"lr": 2e-4, "betas": (0.9, 0.999), "weight_decay": 0.01}),
        ("sgd", {"lr": 0.01, "momentum": 0.9, "weight_decay": 0.0}),
        ("adam", {"lr": 1e-3, "betas": (0.9, 0.999), "weight_decay": 0.0}),
        ("rmsprop", {"lr": 1e-3, "alpha": 0.99, "weight_decay": 0.0}),
    ],
)
def test_the_defaults_are_the_users(name: str, expected: dict[str, object]) -> None:
    """Rate, decay and averages of each."""
    weight = torch.nn.Parameter(torch.ones(1))
    (group,) = build_optimiser([weight], OptimiserSettings(name=name)).param_groups
    assert {key: group[key] for key in expected} == expected


def test_given_numbers_win() -> None:
    """Over the optimiser's own."""
    settings = OptimiserSettings(name="sgd", learning_rate=0.5, weight_decay=0.1, momentum=0.0)
    (group,) = build_optimiser([torch.nn.Parameter(torch.ones(1))], settings).param_groups
    assert (group["lr"], group["weight_decay"], group["momentum"]) == (0.5, 0.1, 0.0)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("learning_rate", 0.0),
        ("learning_rate", float("nan")),
        ("weight_decay", -0.1),
        ("momentum", 1.0),
        ("betas", (0.9, 1.0)),
        ("betas", (0.9,)),
        ("alpha", -0.1),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(field: str, value: object) -> None:
    """The error names it."""
    with pytest.raises(ConfigError, match=f"optimiser.{field}"):
        OptimiserSettings(**{field: value})  # type: ignore[arg-type]


def test_an_unknown_optimiser_lists_the_known() -> None:
    """And offers the nearest."""
    with pytest.raises(ConfigError, match=r"Did you mean rmsprop\? Known: adamw, sgd"):
        OptimiserSettings(name="rmsprob")
