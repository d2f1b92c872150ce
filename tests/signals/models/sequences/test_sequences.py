"""Networks of sequences: their equations by hand, their sizes, and what they refuse."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from quantsig.data.errors import ConfigError
from quantsig.data.sequences.spec import SequenceSpec
from quantsig.signals.inputs.feed import of_one_part
from quantsig.signals.models import (
    MODELS,
    build_model,
    own_settings,
    refuse_unread,
    unlike_own,
)
from quantsig.signals.models.sequences.settings import ModelSettings
from quantsig.signals.models.sequences.standardisation import Standardisation, fit_standardisation
from quantsig.signals.shape import ModelShape

SHAPE = ModelShape(
    planes=0,
    height=0,
    width=0,
    bar_pixels=1,
    outputs=2,
    scaled_channels=5,
    scaled_bars=16,
)
FENG = replace(SHAPE, scaled_channels=11, scaled_bars=5)
NETWORKS = [name for name, model in MODELS.items() if model.settings and model.reads == "sequence"]


def lstm_weights(inputs: int, hidden: int, layers: int = 1) -> int:
    """Four gates with two biases each, layer by layer."""
    each = [4 * hidden * (size + hidden + 2) for size in (inputs, *[hidden] * (layers - 1))]
    return sum(each)


@pytest.mark.parametrize(
    ("name", "shape", "settings", "weights"),
    [
        ("lstm", SHAPE, {}, 51_586),  # of the published table, two layers of 64
        ("lstm", replace(SHAPE, scaled_channels=11), {"hidden_size": 128}, 204_546),
        ("bilstm", SHAPE, {}, 135_938),
        ("scinet", SHAPE, {}, 6_042),
        ("scinet", SHAPE, {"expansion": 4.0}, 23_262),
        ("cnn_lstm", SHAPE, {}, 2 * 5 * 64 * 3 + 2 * (64 + 5) + 1 + lstm_weights(5, 64) + 130),
        # Feng et al.: 421 with one score and one bias a gate in place of two
        ("alstm", FENG, {"hidden_size": 4}, 421 + 4 * 4 + 2 * 4 + 1),
    ],
)
def test_networks_are_as_large_as_by_hand(
    name: str, shape: ModelShape, settings: dict[str, float], weights: int
) -> None:
    """Weights that training changes, with two logits."""
    model = build_model(name, shape, own_settings(name, ModelSettings(**settings)))  # type: ignore[arg-type]
    assert sum(weight.numel() for weight in model.parameters()) == weights


def test_alstm_by_hand() -> None:
    """The equations of Feng et al. in numpy."""
    torch.manual_seed(3)
    model = build_model("alstm", FENG, {"hidden_size": 4, "attention_size": 3}).eval()
    inputs = torch.randn(7, 11, 5)
    w = {name: value.double().numpy() for name, value in model.state_dict().items()}
    x = np.tanh(
        inputs.double().numpy().transpose(0, 2, 1) @ w["features.weight"].T + w["features.bias"]
    )
    h, c, states = np.zeros((7, 4)), np.zeros((7, 4)), []
    for bar in range(5):
        gates = x[:, bar] @ w["lstm.weight_ih_l0"].T + w["lstm.bias_ih_l0"]
        gates += h @ w["lstm.weight_hh_l0"].T + w["lstm.bias_hh_l0"]
        i, f, g, o = np.split(gates, 4, axis=1)
        c = c / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
        h = np.tanh(c) / (1 + np.exp(-o))
        states.append(h)
    each = np.stack(states, axis=1)
    energy = np.tanh(each @ w["attention.weight"].T + w["attention.bias"]) @ w["weigh.weight"].T
    weight = np.exp(energy) / np.exp(energy).sum(axis=1, keepdims=True)
    latent = np.concatenate([h, (weight * each).sum(axis=1)], axis=1)
    expected = latent @ w["head.weight"].T + w["head.bias"]
    with torch.no_grad():
        np.testing.assert_allclose(model(inputs).numpy(), expected, rtol=1e-4, atol=1e-5)
    assert weight.std() > 0  # an attention of equal weights would be none


def test_scinet_by_hand() -> None:
    """One level: bars that do nothing are given back, doubled, in their order."""
    model = build_model("scinet", SHAPE, {"levels": 1}).eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "branches" in name:
                weight.zero_()
    inputs = torch.randn(3, 5, 16)
    represent = getattr(model, "represent")  # noqa: B009 - nn.Module says it is a tensor
    torch.testing.assert_close(represent(inputs).reshape(3, 5, 16), 2 * inputs)


def test_both_directions_have_read_the_whole_window() -> None:
    """The last state of the second direction depends on the oldest bar and on the newest."""
    torch.manual_seed(0)
    model = build_model("bilstm", SHAPE).eval()
    inputs = torch.randn(2, 5, 16, requires_grad=True)
    represent = getattr(model, "represent")  # noqa: B009
    represent(inputs)[:, 64:].sum().backward()
    assert inputs.grad is not None
    assert (inputs.grad[:, :, [0, -1]].abs().sum(dim=1) > 0).all()


@pytest.mark.parametrize("name", NETWORKS)
def test_scores_do_not_depend_on_what_was_scored_before(name: str) -> None:
    """No state is carried from batch to batch, and nothing is drawn in evaluation mode."""
    torch.manual_seed(1)
    model = build_model(name, SHAPE).eval()
    first, second = torch.randn(2, 8, 5, 16)
    with torch.inference_mode():
        once = model(first)
        model(second)
        assert torch.equal(model(first), once)
        mixed = model(torch.cat([first[:4], second[4:]]))
    assert torch.equal(mixed[:4], once[:4])


def test_standardisation_is_that_of_the_training_rows() -> None:
    """Means and deviations over rows and bars; a still channel keeps its width."""
    values = np.random.default_rng(0).normal(3.0, 2.0, (50, 2, 4)).astype(np.float32)
    values[:, 1] = 7.25

    def draw(ids: np.ndarray, out: np.ndarray) -> None:
        out[:] = values[ids]

    feed = of_one_part((2, 4), np.dtype(np.float32), draw)
    layer = Standardisation(2)
    fit_standardisation(nn.Sequential(layer), feed, np.arange(30))
    known = values[:30, 0].astype(np.float64)
    assert layer.mean[:, 0].tolist() == pytest.approx([known.mean(), 7.25], rel=1e-6)
    assert layer.deviation[:, 0].tolist() == pytest.approx([known.std(), 1.0], rel=1e-5)
    found = layer(torch.from_numpy(values[:30]))
    assert found[:, 0].mean().item() == pytest.approx(0.0, abs=1e-5)
    assert found[:, 1].abs().max().item() < 1e-5


@pytest.mark.parametrize(
    ("bars", "levels", "offered"), [(30, 3, 32), (18, 3, 16), (3, 2, 4), (20, 3, 16)]
)
def test_scinet_offers_the_nearest_window(bars: int, levels: int, offered: int) -> None:
    """A multiple of two to the power of its levels."""
    with pytest.raises(ConfigError, match=f"{bars} bars are no multiple of {2**levels}") as error:
        build_model("scinet", replace(SHAPE, scaled_bars=bars), {"levels": levels})
    assert f"Give {offered} window_bars" in error.value.remedy


@pytest.mark.parametrize(
    ("name", "given", "remedy"),
    [
        ("scinet", {"hidden_size": 8}, "It has levels, expansion, dropout, standardise."),
        ("lstm", {"attention_size": 8}, "It has hidden_size, layers, dropout, standardise."),
        ("resnet18", {"layers": 8}, "this model has no settings."),
    ],
)
def test_settings_of_another_model_are_refused(
    name: str, given: dict[str, int], remedy: str
) -> None:
    """Each model has its own."""
    with pytest.raises(ConfigError, match=f"{name} has no {next(iter(given))}") as error:
        own_settings(name, ModelSettings(**given))  # type: ignore[arg-type]
    assert remedy in error.value.remedy
    assert error.value.where == f"model.{next(iter(given))}"


@pytest.mark.parametrize(
    "given",
    [{"hidden_size": 0}, {"layers": -1}, {"dropout": 1.0}, {"expansion": 0.0}, {"levels": 0}],
)
def test_settings_that_cannot_be(given: dict[str, float]) -> None:
    """Sizes are whole numbers from 1 up, shares below 1."""
    with pytest.raises(ConfigError, match=re.escape(f"{next(iter(given))} cannot be")):
        ModelSettings(**given)  # type: ignore[arg-type]


def test_what_a_model_has_anyway_is_not_given() -> None:
    """So that a training has one name, whether its defaults are written down or not."""
    assert unlike_own("lstm", ModelSettings(hidden_size=64, layers=3)) == ModelSettings(layers=3)
    assert unlike_own("alstm", ModelSettings(layers=1)) == ModelSettings()


@pytest.mark.parametrize(
    ("name", "spec"),
    [
        ("resnet18", SequenceSpec(window_bars=8)),
        ("window_direction", SequenceSpec(features=("moves",))),
        ("window_reversal", SequenceSpec(denoise="haar")),
    ],
)
def test_a_sequence_is_not_set_where_it_is_not_read(name: str, spec: SequenceSpec) -> None:
    """Models of planes have no sequence, rules need the scaled bars first."""
    with pytest.raises(ConfigError, match=f"{name} reads"):
        refuse_unread(name, spec)


def test_every_setting_belongs_to_a_model() -> None:
    """And the section knows those of every model."""
    known = set(ModelSettings.__dataclass_fields__)
    own = [set(model.settings.__dataclass_fields__) for model in MODELS.values() if model.settings]
    assert set.union(*own) == known
