"""A short training in two processes as torchrun starts them, from one that imports for both."""

import sys
from pathlib import Path

from torch.distributed.launcher.api import LaunchConfig, elastic_launch

from quantsig.data.samples.store import open_samples
from quantsig.data.split_spec import SplitSpec
from quantsig.signals.optimisation.optimisers import OptimiserSettings
from quantsig.signals.training.fit import train
from quantsig.signals.training.settings import Plan, TrainSettings
from quantsig.signals.training.tracking.launch import Launch

PLAN = Plan(
    train=TrainSettings(model="resnet18", epochs=1, batch_size=60, seed=4),
    # not Adam, whose first steps turn rounding into the sign of a step
    optimiser=OptimiserSettings(name="sgd", learning_rate=1e-3),
)
STANDALONE = LaunchConfig(  # `torchrun --standalone --nproc-per-node 2`, but for the fork
    min_nodes=1,
    max_nodes=1,
    nproc_per_node=2,
    start_method="fork",
    rdzv_backend="c10d",
    rdzv_endpoint="localhost:0",
)


def share(samples: str, out: str) -> None:
    """What each of the two does."""
    train(open_samples(Path(samples)), Path(out), PLAN, SplitSpec(), launch=Launch(device="cpu"))


if __name__ == "__main__":
    elastic_launch(STANDALONE, share)(*sys.argv[1:])
