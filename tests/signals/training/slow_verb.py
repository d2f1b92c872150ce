"""A process that runs `quantsig train` in children which say where they are and wait there.

It imports once what every child needs. Each line of its input is the place to wait at and the
words of the verb, as JSON; a child prints its number when it is there, the process its exit code.
"""

import json
import os
import sys
import time

from torch import nn

from quantsig.cli.app import main
from quantsig.signals.calibration import predictions
from quantsig.signals.models import MODELS, Model, bars_cnn
from quantsig.signals.shape import ModelShape
from quantsig.signals.training.steps import module

SECONDS = 60.0  # a child that heard nothing goes on then, and its exit code tells


def wait() -> None:
    """Be slow in small steps, as the layers of a large model are."""
    print(os.getpid(), flush=True)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        time.sleep(0.01)


def slow_to_score(shape: ModelShape) -> nn.Module:
    """The model, which waits when it is scored."""
    model = bars_cnn.build(shape)
    model.register_forward_pre_hook(lambda net, _: None if net.training else wait())
    return model


def arrange(place: str) -> None:
    """Make training wait at the place: in a step, while an epoch is scored, at calibration."""
    if place == "scoring":
        MODELS["bars_cnn"] = Model(build=slow_to_score, reads="sequence")
    elif place == "calibration":
        vars(predictions)["fit_calibrator"] = lambda *_: wait()
    else:
        step = module.TrainingModule.training_step

        def slow(self: module.TrainingModule, *args: object) -> None:
            """A step that is over soon after the signal, as steps are."""
            if self.steps_done == 3:
                print(os.getpid(), flush=True)
                time.sleep(1.0)
            step(self, *args)  # type: ignore[arg-type]

        module.TrainingModule.training_step = slow  # type: ignore[assignment,method-assign]


if __name__ == "__main__":
    for line in sys.stdin:
        place, words = json.loads(line)
        child = os.fork()
        if not child:
            arrange(place)
            sys.argv = ["quantsig", *words]
            os._exit(main())
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
