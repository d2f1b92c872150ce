"""The contract every model keeps."""

from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from quantsig.data.charts.spec import ChartSpec
from quantsig.data.errors import ConfigError
from quantsig.signals.inputs import INPUTS
from quantsig.signals.inputs.parts import Inputs
from quantsig.signals.models import MODELS, build_model
from quantsig.signals.models.sequences.penalised_scores import scored
from quantsig.signals.models.small import SmallNet
from quantsig.signals.scoring.forward import computing_in, laid_out
from quantsig.signals.shape import ModelShape
from tests.signals.inputs.examples import example

SHAPE = ModelShape(
    planes=19,
    height=48,
    width=50,
    bar_pixels=6,
    outputs=3,
    scaled_channels=10,
    scaled_bars=8,
    news_items=3,
    news_width=5,
    symbols=4,
)
IMAGE = {"jkx": (64, 60)}  # models that admit certain sizes only
LARGE = 20_000_000  # weights; larger networks are tried without numbers in them
ONE_OUTPUT_OR_TWO = pytest.mark.parametrize("outputs", [1, 2])


def shape_for(name: str, outputs: int) -> ModelShape:
    height, width = IMAGE.get(name, (SHAPE.height, SHAPE.width))
    return replace(SHAPE, height=height, width=width, outputs=outputs)


def inputs_for(name: str, samples: int = 2) -> Inputs:
    return example(name, shape_for(name, 1), samples)


def weights_in(name: str) -> int:
    with torch.device("meta"):
        return sum(weight.numel() for weight in build_model(name, shape_for(name, 2)).parameters())


@ONE_OUTPUT_OR_TWO
@pytest.mark.parametrize("name", MODELS)
def test_inputs_to_raw_scores(name: str, outputs: int) -> None:
    """(2, C, H, W) or (2, C, N) to (2, K), of all symbols (2, S, K); classes and regression."""
    with torch.device("meta"):
        model = build_model(name, shape_for(name, outputs))
        scores = scored(model(inputs_for(name))).scores
    slots = (SHAPE.symbols + 1,) if INPUTS[MODELS[name].reads].together else ()
    assert scores.shape == (2, *slots, outputs)
    assert scores.dtype is torch.float32


@pytest.mark.parametrize("name", [name for name, model in MODELS.items() if model.fit is None])
def test_gradients_reach_every_weight(name: str) -> None:
    """Within three steps: a zero-initialised branch passes one on from the second step on."""
    torch.manual_seed(0)
    large = weights_in(name) > LARGE
    with torch.device("meta" if large else "cpu"):
        model, inputs = build_model(name, shape_for(name, 2)), inputs_for(name)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        for _ in range(1 if large else 3):
            found = scored(model(inputs))
            penalty = 0.0 if found.penalty is None else found.penalty
            torch.autograd.backward(found.scores.square().sum() + penalty)
            optimizer.step()
    for weight in model.parameters():
        assert weight.grad is not None
        assert large or weight.grad.abs().sum() > 0


@pytest.mark.parametrize("name", MODELS)
def test_the_type_of_its_inputs_says_nothing(name: str) -> None:
    """As a GPU scores by default, in bfloat16 and channels last: the scores of fp32, all but."""
    torch.manual_seed(1)
    model, inputs = build_model(name, shape_for(name, 2)), inputs_for(name, samples=6)
    warm_up_statistics(model, inputs)
    with torch.inference_mode():
        plain = model(inputs).flatten()
        model.to(memory_format=torch.channels_last)
        with computing_in("bf16", torch.device("cpu")):
            found = model(laid_out(inputs, model, "bf16")).float().flatten()
    if plain.std() == 0:  # nothing learnt, nothing said
        assert found.std() == 0
        return
    assert torch.corrcoef(torch.stack([plain, found]))[0, 1] > 0.99
    assert found.std() / plain.std() == pytest.approx(1.0, abs=0.05)


def warm_up_statistics(model: nn.Module, inputs: Inputs) -> None:
    """Random heads, and running means of the inputs' own, as after some steps."""
    norms = [layer for layer in model.modules() if isinstance(layer, _BatchNorm)]
    for layer in norms:
        layer.momentum = None  # the mean of all batches
    for weight in model.parameters():
        if not weight.any():
            nn.init.normal_(weight, std=0.1)
    with torch.no_grad():
        if norms:
            model.train()(inputs)
    model.eval()


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
    with pytest.raises(ConfigError, match=r"Did you mean resnet18\? Known: small, resnet18,"):
        build_model("resnet81", SHAPE)
