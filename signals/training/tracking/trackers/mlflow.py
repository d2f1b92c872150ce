"""Curves, settings, figures and files in MLflow: an SQLite file in runs/mlflow, no server.

MLFLOW_TRACKING_URI of the environment goes over that file; no key is read or kept here.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from quantsig.signals.training.tracking.callbacks import Rows
from quantsig.signals.training.tracking.trackers.tracker import (
    curve_points,
    home_of,
    not_installed,
)

EXPERIMENT = "quantsig"
SERVER = "MLFLOW_TRACKING_URI"  # of a user who has one
NO_TELEMETRY = "MLFLOW_DISABLE_TELEMETRY"  # it would tell its makers of each use
RUN_TAG = "quantsig.run"  # the folder of a run, by which it is found again
MOST_LETTERS = 500  # of a parameter


@dataclass(kw_only=True, eq=False)
class MlflowTracker:
    """One run of the experiment."""

    folder: Path
    config: Mapping[str, Any]
    client_of: Any  # of an address
    opened: tuple[Any, str] | None = field(default=None)  # a client and the id of the run

    def epoch(self, rows: Rows) -> None:
        """Points of an epoch."""
        client, run = self._run()
        for name, value, epoch in curve_points(rows):
            client.log_metric(run, name, value, step=epoch)

    def finished(self, figures: Mapping[str, float], files: Sequence[Path]) -> None:
        """Figures, and copies of files."""
        client, run = self._run()
        for name, value in figures.items():
            client.log_metric(run, name, value)
        for file in files:
            client.log_artifact(run, str(file))
        client.set_terminated(run)
        self.opened = None

    def _run(self) -> tuple[Any, str]:
        if self.opened is None:
            home = home_of(self.folder, "mlflow")
            home.mkdir(parents=True, exist_ok=True)
            client = self.client_of(os.environ.get(SERVER) or f"sqlite:///{home / 'mlflow.db'}")
            experiment = _experiment(client, home)
            named = str(self.folder.name)
            found = client.search_runs([experiment], f"tags.`{RUN_TAG}` = '{named}'")
            run = found[0] if found else self._made(client, experiment, named)
            self.opened = client, run.info.run_id
        return self.opened

    def _made(self, client: Any, experiment: str, named: str) -> Any:
        run = client.create_run(experiment, run_name=named, tags={RUN_TAG: named})
        for name, value in self.config.items():
            client.log_param(run.info.run_id, name, str(value)[:MOST_LETTERS])
        return run


def open_mlflow(folder: Path, config: Mapping[str, Any]) -> MlflowTracker:
    """A tracker of a run; no file is made before the first epoch.

    Raises:
        ConfigError: MLflow is not installed.
    """
    os.environ.setdefault(NO_TELEMETRY, "true")  # before its import
    try:
        from mlflow.tracking import MlflowClient  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise not_installed("MLflow", "mlflow", error) from error
    return MlflowTracker(folder=folder, config=config, client_of=MlflowClient)


def _experiment(client: Any, home: Path) -> str:
    found = client.get_experiment_by_name(EXPERIMENT)
    if found:
        return str(found.experiment_id)
    place = None if os.environ.get(SERVER) else (home / "artifacts").as_uri()
    return str(client.create_experiment(EXPERIMENT, artifact_location=place))
