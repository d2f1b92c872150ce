"""Where trainings can be looked at beside their run folders, each tracker in a file of its own."""

from quantsig.signals.training.tracking.trackers.mlflow import open_mlflow
from quantsig.signals.training.tracking.trackers.swanlab import open_swanlab
from quantsig.signals.training.tracking.trackers.tensorboard import open_tensorboard
from quantsig.signals.training.tracking.trackers.tracker import Opener

TRACKERS: dict[str, Opener] = {
    "tensorboard": open_tensorboard,
    "swanlab": open_swanlab,
    "mlflow": open_mlflow,
}
