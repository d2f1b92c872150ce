"""Where tasks run and how many at once. Imports nothing heavy."""

import math
from dataclasses import dataclass

from quantsig.data.deferred import Deferred
from quantsig.data.errors import refused, unknown_name

# To add a home: a file with a class like `LocalWorkers`, and a line here.
HOMES = {
    "local": Deferred("quantsig.data.tasks.local", "LocalWorkers"),
    "ray": Deferred("quantsig.data.tasks.ray", "RayWorkers"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Workers:
    """Where tasks run and how many at once; nothing of it changes what comes of them.

    Attributes:
        home: a name of HOMES.
        count: workers; None: one here, as many as it has room for in a cluster.
        gpus_per_task: of the machine that a task runs on; a part of one may be asked for.
        threads: that a task computes in; a cluster reserves as many cores for it.
    """

    home: str = "local"
    count: int | None = None
    gpus_per_task: float = 0.0
    threads: int = 1

    def __post_init__(self) -> None:
        if self.home not in HOMES:
            raise unknown_name("home", self.home, HOMES, where="`on`")
        if self.count is not None and self.count < 1:
            raise refused("`workers`", self.count, "Give a whole number from 1 up.")
        gpus = self.gpus_per_task
        if not 0.0 <= gpus < math.inf or (gpus > 1.0 and gpus != int(gpus)):
            raise refused("`gpus_per_task`", gpus, "Give a share of one, or a whole number.")

    @property
    def here(self) -> bool:
        """Whether tasks run in this process, one after the other."""
        return self.home == "local" and self.count in (None, 1) and not self.gpus_per_task


HERE = Workers()
