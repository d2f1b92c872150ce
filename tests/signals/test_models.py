"""The contract every model keeps."""

import pytest
import torch

from quantsig.data.errors import ConfigError
from quantsig.signals.models import MODELS, build_model
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


def test_an_unknown_model_lists_the_known() -> None:
    """And offers the nearest."""
    with pytest.raises(ConfigError, match=r"Did you mean resnet18\? Known: small, resnet18"):
        build_model("resnet81", SHAPE)
