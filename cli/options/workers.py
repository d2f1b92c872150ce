"""Where the parts of a long work are done, and how many at once, as options."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import typer

from quantsig.cli.options.panels import known_values
from quantsig.data.tasks.workers import HOMES, Workers


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkersOptions:
    """Workers of this machine or of a cluster; none of it changes a result."""

    PANEL: ClassVar[str] = "Workers"
    on: Annotated[
        str,
        typer.Option(
            "--on",
            help="Processes of this machine, or a cluster of Ray: that of RAY_ADDRESS, else one "
            "of this machine.",
            **known_values(HOMES),
        ),
    ] = "local"
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            help="At once at most; one here, what there is room for in a cluster, if left out.",
        ),
    ] = None
    gpus_per_task: Annotated[
        float,
        typer.Option("--gpus-per-task", help="A share of one, as 0.5, or several."),
    ] = 0.0

    def asked(self) -> Workers:
        """The workers.

        Raises:
            ConfigError: there is no such home, or a number makes no sense.
        """
        return Workers(home=self.on, count=self.workers, gpus_per_task=self.gpus_per_task)
