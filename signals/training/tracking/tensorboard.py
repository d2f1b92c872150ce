"""The figures of every epoch as TensorBoard scalars."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantsig.data.errors import ConfigError
from quantsig.signals.training.tracking.callbacks import Rows

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

NOT_FIGURES = ("epoch", "split")


def tensorboard(folder: Path) -> Callable[[Rows], None]:
    """A listener for `Callbacks.epoch` that writes `<figure>/<split>` by epoch under a folder.

    A training that goes on writes after what is there; where an epoch comes again, TensorBoard
    shows the newer figures. Figures that are undefined are left out.

    Raises:
        ConfigError: TensorBoard is not installed.
    """
    make = _writers()
    writer: SummaryWriter | None = None

    def listen(rows: Rows) -> None:
        nonlocal writer
        writer = writer or make(str(folder), purge_step=min(row["epoch"] for row in rows))
        for row in rows:
            for name, value in _figures(row).items():
                writer.add_scalar(f"{name}/{row['split']}", value, row["epoch"])
        writer.flush()

    return listen


def _writers() -> "type[SummaryWriter]":
    try:
        from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 - a second to import
    except ImportError as error:
        raise ConfigError(
            "TensorBoard is not installed.",
            where=str(error),
            remedy='Install the extra: pip install "quantsig[tensorboard]". '
            "Or train without `tensorboard`.",
        ) from error
    return SummaryWriter


def _figures(row: Mapping[str, Any]) -> dict[str, float]:
    """The numbers of a row of metrics.parquet."""
    return {
        name: float(value)
        for name, value in row.items()
        if name not in NOT_FIGURES and value is not None
    }
