"""The figures of every epoch as TensorBoard scalars, in runs/tensorboard/NAME."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantsig.signals.training.tracking.callbacks import Rows
from quantsig.signals.training.tracking.trackers.tracker import (
    curve_points,
    home_of,
    not_installed,
)

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter


@dataclass(kw_only=True, eq=False)
class TensorBoardTracker:
    """Scalars `<figure>/<split>` by epoch under a folder.

    A training that goes on writes after what is there; where an epoch comes again, TensorBoard
    shows the newer figures. Settings, figures of a backtest and names of files are texts.
    """

    folder: Path
    config: Mapping[str, Any]
    kind: "type[SummaryWriter]"
    writer: "SummaryWriter | None" = field(default=None)

    def epoch(self, rows: Rows) -> None:
        """Points of an epoch; the settings before the first."""
        points = list(curve_points(rows))
        if self.writer is None:
            first = min(row["epoch"] for row in rows) + 1
            self.writer = self.kind(str(self.folder), purge_step=first)
            self.writer.add_text("settings", _table(self.config), first)
        for name, value, epoch in points:
            self.writer.add_scalar(name, value, epoch)
        self.writer.flush()

    def finished(self, figures: Mapping[str, float], files: Sequence[Path]) -> None:
        """Figures as scalars, files by their paths: TensorBoard keeps none."""
        writer = self.writer or self.kind(str(self.folder))
        for name, value in figures.items():
            writer.add_scalar(name, value)
        if files:
            writer.add_text("files", "\n".join(f"- {file}" for file in files))
        writer.close()
        self.writer = None


def open_tensorboard(folder: Path, config: Mapping[str, Any]) -> TensorBoardTracker:
    """A tracker of a run; no file is made before the first epoch.

    Raises:
        ConfigError: TensorBoard is not installed.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 - a second to import
    except ImportError as error:
        raise not_installed("TensorBoard", "tensorboard", error) from error
    home = home_of(folder, "tensorboard") / folder.name
    return TensorBoardTracker(folder=home, config=config, kind=SummaryWriter)


def _table(config: Mapping[str, Any]) -> str:
    rows = [f"| {name} | {value} |" for name, value in config.items()]
    return "\n".join(["| setting | value |", "|---|---|", *rows])
