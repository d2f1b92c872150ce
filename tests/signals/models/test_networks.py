"""What each network is made of, layer by layer."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn

from quantsig.data.charts.spec import PRESETS
from quantsig.data.errors import ConfigError
from quantsig.signals.models import MODELS, build_model
from quantsig.signals.models.recompute import blocks_of, set_recompute
from quantsig.signals.models.swin import FillUp, RecomputedBlock
from quantsig.signals.shape import ModelShape, shape_of_chart

SMALL = ModelShape(
    planes=3,
    height=48,
    width=50,
    bar_pixels=6,
    outputs=2,
    scaled_channels=10,
    scaled_bars=8,
)
DEEP = [name for name in MODELS if name.endswith("_deep")]
SWIN = [name for name in MODELS if name.startswith("swin")]


def on_meta(name: str, shape: ModelShape = SMALL) -> nn.Module:
    with torch.device("meta"):
        return build_model(name, shape)


def of_kind(model: nn.Module, *kinds: type[nn.Module]) -> list[Any]:
    return [layer for layer in model.modules() if isinstance(layer, kinds)]


@pytest.mark.parametrize("name", DEEP)
def test_the_deep_head_in_order(name: str) -> None:
    """Three dropouts that weaken, two hidden layers, each normalised; no other head is left."""
    *_, net = on_meta(name).children()
    head = list(net.get_submodule("fc").children())
    block = ["Dropout", "Linear", "BatchNorm1d", "ReLU"]
    assert [type(layer).__name__ for layer in head] == [*block, *block, "Dropout", "Linear"]
    assert [layer.p for layer in head if isinstance(layer, nn.Dropout)] == [0.5, 0.3, 0.2]
    linear = [layer for layer in head if isinstance(layer, nn.Linear)]
    features = 512 if name in ("resnet18_deep", "resnet34_deep") else 2048
    sizes = [(layer.in_features, layer.out_features) for layer in linear]
    assert sizes == [(features, 512), (512, 256), (256, 2)]


def test_the_deep_head_starts_kaiming_fan_in() -> None:
    """The deviation of its weights is sqrt(2 / inputs)."""
    torch.manual_seed(0)
    for layer in of_kind(build_model("resnet18_deep", SMALL), nn.Linear)[:2]:
        assert layer.weight.std().item() == pytest.approx((2 / layer.in_features) ** 0.5, rel=0.02)
        assert not layer.bias.any()


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_residual_branches_start_at_zero_and_the_stem_kaiming_fan_out(name: str) -> None:
    """Each block begins as the identity; the stem's deviation is sqrt(2 / (64 * 7 * 7))."""
    torch.manual_seed(0)
    model = build_model(name, replace(SMALL, planes=64))
    stem = of_kind(model, nn.Conv2d)[0]
    assert (stem.in_channels, stem.kernel_size, stem.stride) == (64, (7, 7), (2, 2))
    assert stem.weight.std().item() == pytest.approx((2 / (64 * 49)) ** 0.5, rel=0.02)
    last = "bn3" if name == "resnet50" else "bn2"
    branches = [part for path, part in model.named_modules() if path.endswith(last)]
    assert len(branches) == {"resnet18": 8, "resnet50": 16}[name]
    for branch in branches:
        assert isinstance(branch, nn.BatchNorm2d)
        assert not branch.weight.any()


@pytest.mark.parametrize(
    ("preset", "heights", "width"),
    [
        ("jkx5", [32, 16, 16, 8], 15),
        ("jkx20", [20, 10, 10, 5, 5, 3], 60),
        ("jkx60", [30, 15, 15, 8, 8, 4, 4, 2], 180),
    ],
)
def test_the_shape_trace_of_price_images(preset: str, heights: list[int], width: int) -> None:
    """Rows after each convolution and pool; columns stay. A padding of 12 would show here."""
    model = on_meta("jkx", shape_of_chart(PRESETS[preset], 2))
    seen: list[torch.Size] = []
    for layer in of_kind(model, nn.Conv2d, nn.MaxPool2d):
        layer.register_forward_hook(lambda _layer, _inputs, output: seen.append(output.shape))
    model(torch.zeros(1, *PRESETS[preset].shape, dtype=torch.uint8, device="meta"))
    assert [shape[2] for shape in seen] == heights
    assert {shape[3] for shape in seen} == {width}
    features = {"jkx5": 15_360, "jkx20": 46_080, "jkx60": 184_320}[preset]
    assert seen[-1][1:].numel() == features == of_kind(model, nn.Linear)[0].in_features


def test_a_price_image_block_in_order() -> None:
    """Convolution, normalisation, leaky ReLU, pool; dropout before the one linear layer."""
    model = build_model("jkx", shape_of_chart(PRESETS["jkx20"], 2))
    names = [type(layer).__name__ for layer in model.modules() if not list(layer.children())]
    block = ["Conv2d", "BatchNorm2d", "LeakyReLU", "MaxPool2d"]
    assert names == ["AsInk", *block, *block, *block, "Flatten", "Dropout", "Linear"]
    first, second, _ = of_kind(model, nn.Conv2d)
    assert (first.stride, first.dilation, first.padding) == ((3, 1), (2, 1), (2, 1))
    assert (second.stride, second.dilation, second.padding) == ((1, 1), (1, 1), (2, 1))
    assert [layer.negative_slope for layer in of_kind(model, nn.LeakyReLU)] == [0.01] * 3
    assert of_kind(model, nn.Dropout)[0].p == 0.5


def test_price_image_weights_start_xavier_uniform() -> None:
    """Up to sqrt(6 / (inputs + outputs)), and near that."""
    torch.manual_seed(0)
    model = build_model("jkx", shape_of_chart(PRESETS["jkx20"], 2))
    for layer in of_kind(model, nn.Conv2d, nn.Linear):
        cells = layer.weight[0][0].numel()
        bound = (6 / (cells * sum(layer.weight.shape[:2]))) ** 0.5
        assert 0.95 * bound < layer.weight.abs().max().item() <= bound


def test_price_images_have_ink_of_255() -> None:
    """Drawn ones are the paper's grey values to the first layer."""
    model = build_model("jkx", shape_of_chart(PRESETS["jkx5"], 2)).eval()
    planes = (torch.rand(2, 1, 32, 15) < 0.2).to(torch.uint8)
    read: list[torch.Tensor] = []
    of_kind(model, nn.Conv2d)[0].register_forward_hook(
        lambda _layer, inputs, _output: read.append(inputs[0])
    )
    model(planes)
    torch.testing.assert_close(read[0], 255.0 * planes.float())


def test_a_price_image_network_has_three_sizes() -> None:
    """Others are refused with the presets that fit."""
    with pytest.raises(ConfigError, match="48 x 50") as refused:
        build_model("jkx", SMALL)
    assert "32 x 15, 64 x 60, 96 x 180 (presets jkx5, jkx20, jkx60)" in str(refused.value)


@pytest.mark.parametrize(
    ("name", "embed", "depth", "heads", "drop_path", "dropout"),
    [
        ("swin", 96, 12, [4, 8, 16, 32], 0.3, 0.0),
        ("swin_wide", 128, 12, [4, 8, 16, 32], 0.3, 0.0),
        ("swin_regularised", 96, 12, [4, 8, 16, 32], 0.2, 0.1),
        ("swin_t", 96, 12, [3, 6, 12, 24], 0.2, 0.0),
        ("swin_s", 96, 24, [3, 6, 12, 24], 0.3, 0.0),
        ("swin_b", 128, 24, [4, 8, 16, 32], 0.5, 0.0),
    ],
)
def test_sizes_of_the_transformers(
    name: str, embed: int, depth: int, heads: list[int], drop_path: float, dropout: float
) -> None:
    """Patch, features, blocks, heads, windows and regularisation as they are named."""
    model = on_meta(name)
    stem = of_kind(model, nn.Conv2d)[0]
    assert (stem.in_channels, stem.out_channels, stem.stride) == (3, embed, (4, 4))
    blocks = of_kind(model, RecomputedBlock)
    assert len(blocks) == depth
    assert sorted({block.attn.num_heads for block in blocks}) == heads
    assert {tuple(block.attn.window_size) for block in blocks} == {(7, 7)}
    assert {block.attn.attention_dropout for block in blocks} == {dropout}
    assert blocks[0].stochastic_depth.p == 0.0
    assert blocks[-1].stochastic_depth.p == pytest.approx(drop_path)


@pytest.mark.parametrize("size", [(4, 4), (17, 30), (33, 61), (96, 192)])
@pytest.mark.parametrize("name", [*SWIN, "resnet18", "bars_cnn"])
def test_any_picture_size_is_read(name: str, size: tuple[int, int]) -> None:
    """Sizes that neither patches nor windows divide included."""
    shape = replace(SMALL, height=size[0], width=size[1], scaled_bars=size[0] - 3)
    sizes = (3, *size) if MODELS[name].reads == "planes" else (10, size[0] - 3)
    assert on_meta(name, shape)(torch.zeros(2, *sizes, device="meta")).shape == (2, 2)


def test_patches_end_with_the_newest_column() -> None:
    """What is missing to whole patches is added at the top and the left."""
    planes = torch.arange(1.0, 31.0).view(1, 1, 5, 6)
    filled = FillUp()(planes)
    assert filled.shape == (1, 1, 8, 8)
    torch.testing.assert_close(filled[..., 3:, 2:], planes)
    assert filled.sum() == planes.sum()


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "swin_regularised"])
def test_computing_blocks_again_changes_nothing(name: str) -> None:
    """Gradients and running statistics alike; dropout falls the same way the second time."""
    torch.manual_seed(1)
    planes = (torch.rand(2, 3, 48, 50) < 0.3).to(torch.uint8)
    found = []
    for recompute in (True, False):
        torch.manual_seed(0)
        model = build_model(name, SMALL)
        assert set_recompute(model, recompute) == {"resnet18": 8, "resnet50": 16}.get(name, 12)
        for _ in range(2):
            model(planes).square().sum().backward()
        gradients = [weight.grad for weight in model.parameters()]
        found.append([*gradients, *model.buffers()])
    for twice, once in zip(*found, strict=True):
        torch.testing.assert_close(twice, once)


@pytest.mark.parametrize("name", ["resnet18", "swin"])
def test_blocks_are_computed_again_only_in_training(name: str) -> None:
    """Swin's from the start, those of a ResNet when told to; scoring never does."""
    model = build_model(name, SMALL)
    assert {block.recompute for block in blocks_of(model)} == {name == "swin"}
    set_recompute(model, True)
    planes = torch.ones(2, 3, 48, 50, dtype=torch.uint8)
    kept = [kept_tensors(model.train(), planes), kept_tensors(model.eval(), planes)]
    assert kept[0] < kept[1] / 2


def kept_tensors(model: nn.Module, planes: torch.Tensor) -> int:
    kept: list[torch.Tensor] = []
    with torch.autograd.graph.saved_tensors_hooks(kept.append, lambda none: none):
        model(planes)
    return len(kept)


def test_what_has_no_blocks_says_so() -> None:
    """So that a run can refuse what would do nothing."""
    assert set_recompute(build_model("small", SMALL), True) == 0


def test_a_model_of_bars_says_that_pictures_have_none() -> None:
    """Records of earlier versions and imported pictures know no scaled bars."""
    with pytest.raises(ConfigError, match="bars_cnn reads bars"):
        build_model("bars_cnn", replace(SMALL, scaled_channels=0, scaled_bars=0))
