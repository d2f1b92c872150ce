"""How a training is started, whatever it is to learn."""

from dataclasses import dataclass, field

from quantsig.data.tasks.workers import HERE, Workers
from quantsig.signals.training.tracking.callbacks import Callbacks


@dataclass(frozen=True, kw_only=True, slots=True)
class Launch:
    """Where it runs, over what, and who is told how it goes."""

    device: str = "auto"  # auto, cpu or cuda
    command: str = ""  # the command line, for the records
    force: bool = False  # replace a finished run, and begin anew where another was cut short
    callbacks: Callbacks = field(default_factory=Callbacks)
    on: Workers = HERE  # where what can be done at once is done


PLAIN = Launch()
