"""The contract every model keeps."""

from dataclasses import replace

import pytest
import torch

from quantsig.data.charts.spec import ChartSpec
from quantsig.data.errors import ConfigError
from quantsig.signals.models import MODELS, build_model
from quantsig.signals.models.small import SmallNet
from quantsig.signals.shape import ModelShape

SHAPE = ModelShape(planes=19, height=48, width=50, bar_pixels=6, outputs=3)


@pytest.mark.parametrize("name", MODELS)
def test_planes_to_logits_and_gradients_everywhere(name: str) -> None:
    """(2, C, H, W) to (2, K), and after one optimiser step a gradient reaches every weight."""
    torch.manual_seed(0)
    model = build_model(name, SHAPE)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    planes = (torch.rand(2, 19, 48, 50) < 0.3).to(torch.uint8)
    for _ in range(2):  # a zero-initialised branch passes a gradient from the second step on
        logits = model(planes)
        assert logits.shape == (2, 3)
        optimizer.zero_grad()
        logits.square().sum().backward()
        optimizer.step()
    for weight in model.parameters():
        assert weight.grad is not None
        assert weight.grad.abs().sum() > 0


CHART = ChartSpec(bars=8, height=48, width=50, panels=("candles",), timeframes=(1,))  # left: 2


@pytest.mark.parametrize(
    ("crop", "pad", "first", "whole"),
    [
        (0, 0, 2, 8),
        (0, 3, 5, 8),
        (1, 0, 1, 7),  # the newest bar lost a column
        (2, 0, 0, 7),
        (4, 0, 4, 6),  # 42 columns: four left of the oldest bar, 4 + 6 * 6 = 40, two of the newest
        (4, 10, 14, 6),
        (24, 0, 2, 0),
    ],
)
def test_the_small_network_reads_whole_bars(crop: int, pad: int, first: int, whole: int) -> None:
    """Whatever is cropped or padded, it sees the left edge and the wick of bars, not of gaps."""
    spec = replace(CHART, crop=(0, crop), pad=(0, pad))
    assert spec.whole_bars == (first, whole)
    planes, height, width = spec.shape
    shape = ModelShape(
        planes=planes,
        height=height,
        width=width,
        bar_pixels=6,
        outputs=2,
        first_bar_column=first,
        whole_bars=whole,
    )
    if not whole:
        with pytest.raises(ConfigError, match="no bar of 6 columns is whole"):
            build_model("small", shape)
        return
    edges = torch.arange(width)[:, None] == first + 6 * torch.arange(whole)
    model = SmallNet(shape)
    read = [torch.arange(width)[column] for column in model.columns]
    assert read[0].tolist() == edges.any(dim=1).nonzero().flatten().tolist()
    assert (read[1] - read[0]).tolist() == [2] * whole
    assert model(torch.zeros(2, *spec.shape)).shape == (2, 2)


def test_records_of_earlier_versions_have_their_bars_at_the_right() -> None:
    """Width 50 holds eight bars of six columns after two empty ones."""
    assert SHAPE.bars() == (2, 8)


def test_an_unknown_model_lists_the_known() -> None:
    """And offers the nearest."""
    with pytest.raises(ConfigError, match=r"Did you mean resnet18\? Known: small, resnet18"):
        build_model("resnet81", SHAPE)
