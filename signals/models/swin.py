"""Swin transformer (Liu et al. 2021) with a stem for any number of planes and any picture size."""

from functools import partial
from typing import Any

import torch
from torch import nn
from torchvision.models.swin_transformer import SwinTransformer, SwinTransformerBlock

from quantsig.signals.models.planes import AsFloat
from quantsig.signals.models.recompute import again
from quantsig.signals.models.swin_sizes import SwinSizes
from quantsig.signals.shape import ModelShape

PATCH_PIXELS = 4  # rows and columns of a patch
WINDOW_PATCHES = 7  # rows and columns of an attention window


class RecomputedBlock(SwinTransformerBlock):  # type: ignore[misc]
    """A block that keeps only its input for the backward pass, unless it is told otherwise."""

    recompute = True

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Patches (B, H, W, F) to the same shape."""
        return again(super().forward, self, x)


class FillUp(nn.Module):
    """Adds empty rows at the top and columns at the left until patches fit.

    A remainder of columns would be left out by the patches at the right, where the newest bar is.
    """

    def forward(self, planes: torch.Tensor) -> torch.Tensor:
        """(B, C, H, W) to (B, C, H', W'), both multiples of the patch."""
        height, width = planes.shape[-2:]
        return nn.functional.pad(planes, (-width % PATCH_PIXELS, 0, -height % PATCH_PIXELS, 0))


def build(sizes: SwinSizes, shape: ModelShape) -> nn.Module:
    """A transformer of the given sizes, which takes planes as they are drawn."""
    block: Any = partial(RecomputedBlock, norm_layer=partial(nn.LayerNorm, eps=1e-5))
    net = SwinTransformer(
        patch_size=[PATCH_PIXELS, PATCH_PIXELS],
        embed_dim=sizes.embed,
        depths=list(sizes.depths),
        num_heads=list(sizes.heads),
        window_size=[WINDOW_PATCHES, WINDOW_PATCHES],
        dropout=sizes.dropout,
        attention_dropout=sizes.attention_dropout,
        stochastic_depth_prob=sizes.drop_path,
        num_classes=shape.outputs,
        block=block,
    )
    net.features[0][0] = nn.Conv2d(
        shape.planes, sizes.embed, kernel_size=PATCH_PIXELS, stride=PATCH_PIXELS
    )
    return nn.Sequential(AsFloat(), FillUp(), net)
