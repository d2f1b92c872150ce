"""A short training in two processes as torchrun starts them, from one that imports for both."""

import sys
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn
from torch.distributed.launcher.api import LaunchConfig, elastic_launch

from quantsig.data.samples.store import open_samples
from quantsig.data.split_spec import SplitSpec
from quantsig.signals.models import MODELS, Model
from quantsig.signals.optimisation.optimisers import OptimiserSettings
from quantsig.signals.training import ranks
from quantsig.signals.training.fit import train
from quantsig.signals.training.settings import Plan, TrainSettings
from quantsig.signals.training.tracking.launch import Launch

PLAN = Plan(
    train=TrainSettings(model="resnet18", epochs=1, batch_size=60, seed=4),
    # not Adam, whose first steps turn rounding into the sign of a step
    optimiser=OptimiserSettings(name="sgd", learning_rate=1e-3),
)
NARROW = replace(PLAN, train=replace(PLAN.train, model="narrow"))
STANDALONE = LaunchConfig(  # `torchrun --standalone --nproc-per-node 2`, but for the fork
    min_nodes=1,
    max_nodes=1,
    nproc_per_node=2,
    start_method="fork",
    rdzv_backend="c10d",
    rdzv_endpoint="localhost:0",
)


class Narrow(nn.Module):
    """A network for which the memory of one process ends at some number of samples."""

    def __init__(self, model: nn.Module, most: int | None) -> None:
        super().__init__()
        self.model, self.most = model, most

    def forward(self, planes: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.model(planes)
        if self.training and self.most and len(planes) > self.most:
            raise torch.OutOfMemoryError
        return logits


def narrow(most: int | None) -> None:
    """Make `narrow` a model, for which the memory ends at so many samples."""
    resnet = MODELS[PLAN.train.model].build
    MODELS["narrow"] = Model(build=lambda shape: Narrow(resnet(shape), most))


def share(samples: str, out: str, most: int = 0) -> None:
    """What each of the two does; the memory of the second may end at some number of samples."""
    narrow(most if ranks.rank() == 1 else None)
    plan = NARROW if most else PLAN
    train(open_samples(Path(samples)), Path(out), plan, SplitSpec(), launch=Launch(device="cpu"))


if __name__ == "__main__":
    elastic_launch(STANDALONE, share)(*sys.argv[1:3], *map(int, sys.argv[3:]))
