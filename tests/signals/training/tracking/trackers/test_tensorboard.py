"""Scalars for TensorBoard, read back by TensorBoard's own reader."""

import sys
from pathlib import Path
from typing import Any

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from quantsig.data.errors import ConfigError
from quantsig.signals.training.tracking.trackers.tensorboard import open_tensorboard


def tensorboard(folder: Path) -> Any:
    """The listener of a run's tracker, whose scalars lie beside the run."""
    return open_tensorboard(folder / "runs" / "one", {"train.epochs": 3}).epoch


def rows(epoch: int, loss: float, f1: float | None = 0.5) -> list[dict[str, Any]]:
    return [
        {"epoch": epoch, "split": split, "loss": loss, "f1": f1}
        for split in ("train", "validation")
    ]


def scalars(folder: Path) -> dict[str, list[tuple[int, float]]]:
    found = EventAccumulator(str(folder / "runs" / "tensorboard" / "one"))
    found.Reload()
    return {
        tag: [(event.step, event.value) for event in found.Scalars(tag)]
        for tag in found.Tags()["scalars"]
    }


def test_every_figure_of_every_split_is_a_scalar_by_epoch(tmp_path: Path) -> None:
    """The tag is figure/split, the step counts epochs from 1; it can be read meanwhile."""
    listen = tensorboard(tmp_path)
    listen(rows(0, 0.75))
    listen(rows(1, 0.25))
    found = scalars(tmp_path)
    assert set(found) == {"loss/train", "loss/validation", "f1/train", "f1/validation"}
    assert found["loss/validation"] == [(1, 0.75), (2, 0.25)]


def test_an_undefined_figure_is_left_out(tmp_path: Path) -> None:
    """A figure that is None in one epoch has no point there."""
    listen = tensorboard(tmp_path)
    listen(rows(0, 0.75, f1=None))
    listen(rows(1, 0.25))
    assert scalars(tmp_path)["f1/train"] == [(2, 0.5)]


def test_a_training_that_goes_on_replaces_epochs_that_come_again(tmp_path: Path) -> None:
    """Of an epoch that was measured twice only the later figures are shown."""
    first = tensorboard(tmp_path)
    first(rows(0, 0.75))
    first(rows(1, 0.5))
    tensorboard(tmp_path)(rows(1, 0.25))
    assert scalars(tmp_path)["loss/train"] == [(1, 0.75), (2, 0.25)]


def test_without_tensorboard_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said before anything is trained."""
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(ConfigError, match=r"quantsig\[tensorboard\]"):
        tensorboard(tmp_path)
    assert list(tmp_path.iterdir()) == []
