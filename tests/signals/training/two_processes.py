"""A short training as one of the processes that torchrun starts, or as the only one."""

import sys
from pathlib import Path

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

if __name__ == "__main__":
    train(
        open_samples(Path(sys.argv[1])),
        Path(sys.argv[2]),
        PLAN,
        SplitSpec(),
        launch=Launch(device="cpu"),
    )
