"""Curves, settings and files in SwanLab's offline form, in runs/swanlab.

`swanlab sync` sends them later, if anyone wants to. SWANLAB_MODE and SwanLab's own variables of
the environment go over that; no key is read or kept here.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from quantsig.signals.training.tracking.callbacks import Rows
from quantsig.signals.training.tracking.trackers.tracker import (
    curve_points,
    home_of,
    not_installed,
)

PROJECT = "quantsig"
MODE = "SWANLAB_MODE"  # the user's own word for where it goes
UNSAID = {  # of what SwanLab would add by itself: host, paths, command, branch, packages
    "probe": {
        "hardware": False,
        "runtime": False,
        "requirements": False,
        "git": False,
        "monitor": False,
    },
    "terminal": {"proxy_type": "none"},
    "interactive": False,
}


@dataclass(kw_only=True, eq=False)
class SwanLabTracker:
    """One experiment; what comes later than its training is a part with the same id."""

    folder: Path
    config: Mapping[str, Any]
    library: Any
    opened: Any = field(default=None)

    def epoch(self, rows: Rows) -> None:
        """Points of an epoch."""
        run = self._run()
        points = list(curve_points(rows))
        run.log({name: value for name, value, _ in points}, step=points[0][2] if points else None)

    def finished(self, figures: Mapping[str, float], files: Sequence[Path]) -> None:
        """Figures, and copies of files."""
        run = self._run()
        if figures:
            run.log(dict(figures))
        for file in files:
            run.save(str(file), base_path=str(file.parent), policy="now")
        run.finish()
        self.opened = None

    def _run(self) -> Any:
        if self.opened is None:
            self.opened = self.library.init(
                project=PROJECT,
                name=self.folder.name,
                id=sha256(str(self.folder.absolute()).encode()).hexdigest()[:16],
                resume="allow",
                log_dir=str(home_of(self.folder, "swanlab")),
                mode=os.environ.get(MODE, "offline"),
                config=dict(self.config),
                settings=self.library.Settings(**UNSAID),
            )
        return self.opened


def open_swanlab(folder: Path, config: Mapping[str, Any]) -> SwanLabTracker:
    """A tracker of a run; no file is made before the first epoch.

    Raises:
        ConfigError: SwanLab is not installed.
    """
    try:
        import swanlab  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise not_installed("SwanLab", "swanlab", error) from error
    return SwanLabTracker(folder=folder, config=config, library=swanlab)
