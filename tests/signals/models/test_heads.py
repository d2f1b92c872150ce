"""Where a network that foresees returns begins."""

import pytest
import torch

from quantsig.signals.models import build_model
from quantsig.signals.models.heads import start_at
from quantsig.signals.shape import ModelShape
from tests.signals.inputs.examples import example

SHAPE = ModelShape(
    planes=4, height=32, width=48, bar_pixels=6, outputs=1, scaled_channels=10, scaled_bars=8
)
JKX = ModelShape(planes=1, height=32, width=15, bar_pixels=3, outputs=1)


@pytest.mark.parametrize("name", ["small", "resnet18", "resnet18_deep", "jkx", "bars_cnn"])
def test_it_answers_the_mean_at_first(name: str) -> None:
    """To any input; and a gradient reaches the zero weights."""
    shape = JKX if name == "jkx" else SHAPE
    model = build_model(name, shape).eval()
    start_at(model, 0.02)
    outputs = model(example(name, shape, 3))
    torch.testing.assert_close(outputs, torch.full((3, 1), 0.02))
    outputs.sum().backward()
    last = [module for module in model.modules() if isinstance(module, torch.nn.Linear)][-1]
    assert last.weight.grad is not None
    assert last.weight.grad.abs().sum() > 0
