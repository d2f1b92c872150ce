"""The order of pictures in memory: what is chosen, and that it changes no score."""

import numpy as np
import pytest
import torch
from torch import nn

from quantsig.signals.models import build_model, channels_last, find_model
from quantsig.signals.scoring.forward import laid_out
from quantsig.signals.shape import ModelShape

SHAPE = ModelShape(planes=3, height=32, width=48, bar_pixels=6, outputs=2)
CPU, GPU = torch.device("cpu"), torch.device("cuda")


@pytest.mark.parametrize(("name", "on_cpu"), [("resnet18", True), ("small", False)])
def test_the_order_is_that_which_was_measured_to_be_faster(name: str, on_cpu: bool) -> None:
    """Residual networks on a CPU, everything on a GPU."""
    assert channels_last(find_model(name), CPU) is on_cpu
    assert channels_last(find_model(name), GPU)


def test_narrow_weights_say_nothing_of_the_order() -> None:
    """Weights of a 1x1 convolution are in both orders at once."""
    inputs = torch.zeros(2, 4, 8, 8)
    assert laid_out(inputs, nn.Conv2d(4, 4, 1)) is inputs
    last = nn.Conv2d(4, 4, 3).to(memory_format=torch.channels_last)
    assert laid_out(inputs, last).is_contiguous(memory_format=torch.channels_last)


def test_the_order_changes_scores_by_rounding_alone() -> None:
    """The same network, laid out both ways."""
    torch.manual_seed(0)
    model = build_model("resnet18", SHAPE).eval()
    inputs = (torch.rand(2, 3, 32, 48) < 0.2).to(torch.uint8)
    with torch.inference_mode():
        plain = model(laid_out(inputs, model)).numpy()
        model.to(memory_format=torch.channels_last)
        last = model(laid_out(inputs, model)).numpy()
    np.testing.assert_allclose(last, plain, rtol=1e-4, atol=1e-4)


def test_drawn_planes_become_bfloat16_where_that_is_computed_in() -> None:
    """Zeros and ones are the same in it; stored values of frames are left alone."""
    last = nn.Conv2d(4, 4, 3).to(memory_format=torch.channels_last)
    drawn = torch.randint(0, 2, (2, 4, 8, 8), dtype=torch.uint8)
    found = laid_out(drawn, last, "bf16")
    assert found.dtype == torch.bfloat16
    assert found.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(found.float(), drawn.float(), rtol=0, atol=0)
    assert laid_out(drawn.half(), last, "bf16").dtype == torch.float16
    assert laid_out(drawn, last).dtype == torch.uint8
