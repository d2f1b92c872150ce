"""Parameters, GFLOPs and memory of the models, against what is published and what can be added."""

from dataclasses import replace

import pytest
import torch
import torchvision
from torch import nn

from quantsig.data.charts.spec import PRESETS
from quantsig.data.errors import ConfigError
from quantsig.signals.models import MODELS, build_model, sizes
from quantsig.signals.models.sizes import ADAMW_BYTES, ModelSize, model_size
from quantsig.signals.models.swin import RecomputedBlock
from quantsig.signals.shape import ModelShape, shape_of_chart

PHOTO = ModelShape(planes=3, height=224, width=224, bar_pixels=1, outputs=1000)
CHARTS = shape_of_chart(PRESETS["daily-laptop"], 2)
RESNETS = ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152")
PUBLISHED = (*RESNETS, "swin_t", "swin_s", "swin_b")
EMBED = {"swin_t": 96, "swin_s": 96, "swin_b": 128}
STEM_CELLS = {"resnet": 64 * 7 * 7, "swin": 4 * 4}  # weights that each further plane adds


def parameters_of(name: str, shape: ModelShape) -> int:
    with torch.device("meta"):
        return sum(weight.numel() for weight in build_model(name, shape).parameters())


def published(name: str) -> dict[str, float]:
    """What torchvision says of its weights for photographs; nothing is loaded."""
    meta = torchvision.models.get_model_weights(name).DEFAULT.meta
    return {"parameters": meta["num_params"], "multiply_adds": meta["_ops"] * 1e9}


@pytest.mark.parametrize("name", PUBLISHED)
def test_of_photographs_they_are_the_published_networks(name: str) -> None:
    """Parameters exactly, multiply-adds to the three digits that are published."""
    size = model_size(name, PHOTO, 2)
    assert size.parameters == published(name)["parameters"]
    assert size.gflops is not None
    assert size.gflops * 1e9 / 2 == pytest.approx(published(name)["multiply_adds"], rel=0.02)


@pytest.mark.parametrize("name", PUBLISHED)
def test_each_plane_widens_the_stem_alone(name: str) -> None:
    """64 planes and two outputs against the published 3 and 1000."""
    kind = name[:4] if name.startswith("swin") else "resnet"
    with torch.device("meta"):
        *_, net = build_model(name, CHARTS).children()
    head = net.get_submodule("head" if kind == "swin" else "fc")
    assert isinstance(head, nn.Linear)
    first = EMBED[name] if kind == "swin" else 1
    more = (CHARTS.planes - 3) * STEM_CELLS[kind] * first
    fewer = (1000 - 2) * (head.in_features + 1)
    assert parameters_of(name, CHARTS) == published(name)["parameters"] + more - fewer


@pytest.mark.parametrize(
    ("preset", "parameters"), [("jkx5", 155_138), ("jkx20", 708_866), ("jkx60", 2_952_962)]
)
def test_price_image_networks_are_the_published(preset: str, parameters: int) -> None:
    """One grey plane and two outputs, at the sizes of their own charts."""
    assert model_size("jkx", shape_of_chart(PRESETS[preset], 2), 128).parameters == parameters


def test_memory_is_weights_and_what_the_backward_pass_needs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By hand: a linear layer keeps its float input, a ReLU its output; both once."""

    def build(name: str, shape: ModelShape, settings: object) -> nn.Module:
        return nn.Sequential(nn.Flatten(), nn.Linear(20, 7), nn.ReLU(), nn.Linear(7, 2))

    monkeypatch.setattr(sizes, "build_model", build)
    bars = replace(CHARTS, scaled_channels=5, scaled_bars=4)
    size = model_size("bars_cnn", bars, 32)
    parameters = 20 * 7 + 7 + 7 * 2 + 2
    assert size.parameters == parameters
    assert size.gflops == pytest.approx(2 * (20 * 7 + 7 * 2) / 1e9)
    assert size.training_bytes == ADAMW_BYTES * parameters + 32 * 4 * (20 + 7)


def test_the_activations_grow_with_the_batch() -> None:
    """And nothing else does."""
    one, two, four = (model_size("resnet18", CHARTS, batch).training_bytes for batch in (1, 2, 4))
    assert one is not None
    assert two is not None
    assert four is not None
    assert four - two == 2 * (two - one)


def test_blocks_that_are_computed_again_keep_less(monkeypatch: pytest.MonkeyPatch) -> None:
    """All blocks together keep a good deal more than their inputs and the largest of them."""
    weights = ADAMW_BYTES * parameters_of("swin", CHARTS)
    again = model_size("swin", CHARTS, 16).training_bytes
    monkeypatch.setattr(RecomputedBlock, "recompute", False)
    kept = model_size("swin", CHARTS, 16).training_bytes
    assert again is not None
    assert kept is not None
    assert kept - weights > 2 * (again - weights)


@pytest.mark.parametrize("name", [name for name, model in MODELS.items() if model.fit is not None])
def test_what_is_fitted_at_once_has_no_training_step(name: str) -> None:
    """Trees and rules have no weights either; linear ones have one per number they read."""
    size = model_size(name, CHARTS, 32)
    assert size.training_bytes is None
    linear = (CHARTS.scaled_channels * CHARTS.scaled_bars + 1) * 2
    weights = linear if name in ("logistic", "linear_svm") else None
    assert size.parameters == weights
    if weights is None:
        assert size == ModelSize(parameters=None, gflops=None, training_bytes=None)


def test_a_shape_that_a_model_does_not_admit_says_why() -> None:
    """Price-image networks have their sizes; pictures have no bars."""
    with pytest.raises(ConfigError, match="96 x 192"):
        model_size("jkx", CHARTS, 2)
    pictures = replace(CHARTS, scaled_channels=0, scaled_bars=0)
    with pytest.raises(ConfigError, match="pictures whose bars are not known"):
        model_size("bars_cnn", pictures, 2)
