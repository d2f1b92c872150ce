"""Every tracker: offline, curves and figures kept, nothing before the first epoch."""

import importlib.util
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from quantsig.data.errors import ConfigError
from quantsig.signals.training.settings import TrainSettings
from quantsig.signals.training.tracking.following import Following, follow
from quantsig.signals.training.tracking.trackers import TRACKERS
from quantsig.signals.training.tracking.trackers.tracker import curve_points

LIBRARIES = {"tensorboard": "torch.utils.tensorboard", "swanlab": "swanlab", "mlflow": "mlflow"}
CONFIG = {"train": {"epochs": 2, "model": "small"}, "samples": {"path": "samples"}}


def rows(epoch: int, loss: float) -> list[dict[str, Any]]:
    return [
        {"epoch": epoch, "split": split, "loss": loss, "f1": None}
        for split in ("train", "validation")
    ]


class KeptTracker:
    """A tracker that keeps what it is told."""

    def __init__(self, *, fails: bool = False) -> None:
        self.points: list[tuple[str, float, int]] = []
        self.told: list[tuple[Mapping[str, float], Sequence[Path]]] = []
        self.fails = fails

    def epoch(self, rows: Any) -> None:
        if self.fails:
            raise RuntimeError("no room\nleft")
        self.points += curve_points(rows)

    def finished(self, figures: Mapping[str, float], files: Sequence[Path]) -> None:
        self.told.append((figures, files))


@pytest.fixture
def unplugged(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was tried on the network, none of which works."""
    tried: list[Any] = []

    def refuse(*words: Any, **named: Any) -> Any:
        tried.append(words)
        raise OSError("there is no network")

    for name in ("MLFLOW_TRACKING_URI", "SWANLAB_MODE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    return tried


@pytest.mark.filterwarnings("ignore")  # of foreign libraries
@pytest.mark.parametrize("name", TRACKERS)
def test_a_tracker_keeps_a_run_without_a_network(
    name: str, tmp_path: Path, unplugged: list[Any]
) -> None:
    """Curves, then figures and the report, told by two processes one after the other."""
    if importlib.util.find_spec(LIBRARIES[name].partition(".")[0]) is None:
        pytest.skip(f"{name} is not installed")
    home = tmp_path / "runs"
    page = tmp_path / "report.html"
    page.write_text("<p>told</p>")
    told: list[str] = []
    following = follow([name], home / "one", CONFIG, told.append)
    assert not home.exists()
    for epoch in (0, 1):
        following.epoch(rows(epoch, 0.5))
    following.finished({"best.loss": 0.5, "name": "x", "none": None, "nan": float("nan")})
    follow([name], home / "one", CONFIG, told.append).finished({"backtest.sharpe": 1.5}, [page])
    assert told == []
    assert unplugged == []
    assert any(path.is_file() for path in (home / name).rglob("*"))
    assert not (home / "one").exists()
    if name == "mlflow":
        from mlflow.tracking import MlflowClient  # noqa: PLC0415 - an extra

        client = MlflowClient(f"sqlite:///{home / 'mlflow' / 'mlflow.db'}")
        (found,) = client.search_runs(["1"])
        assert found.data.metrics == {
            "loss/train": 0.5,
            "loss/validation": 0.5,
            "best.loss": 0.5,
            "backtest.sharpe": 1.5,
        }
        assert found.data.params["train.model"] == "small"
        steps = client.get_metric_history(found.info.run_id, "loss/train")
        assert [one.step for one in steps] == [1, 2]
        assert [one.path for one in client.list_artifacts(found.info.run_id)] == ["report.html"]


@pytest.mark.parametrize("name", TRACKERS)
def test_one_that_is_not_installed_says_what_to_install(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is trained, and nothing is written."""
    for module in ("torch.utils.tensorboard", "swanlab", "mlflow", "mlflow.tracking"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConfigError, match=rf"quantsig\[{name}\]"):
        follow([name], tmp_path / "one", CONFIG, print)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_tracker_is_refused_with_the_nearest() -> None:
    """As every other name of a table."""
    with pytest.raises(ConfigError, match="mlflow"):
        TrainSettings(track=("mlfow",))


def test_points_count_epochs_from_1_and_leave_out_what_is_not_defined() -> None:
    """As people count them."""
    assert list(curve_points(rows(0, 0.75))) == [
        ("loss/train", 0.75, 1),
        ("loss/validation", 0.75, 1),
    ]


def test_a_tracker_that_fails_is_left_and_told_of_once() -> None:
    """The training goes on, and the others are told."""
    told: list[str] = []
    good = KeptTracker()
    following = Following(trackers={"bad": KeptTracker(fails=True), "good": good}, tell=told.append)
    following.epoch(rows(0, 0.5))
    following.epoch(rows(1, 0.25))
    following.finished({"best.loss": 0.25, "text": "no number"}, [Path("nowhere.html")])
    assert told == ["warning: bad follows this run no more: no room left"]
    assert [epoch for _, _, epoch in good.points] == [1, 1, 2, 2]
    assert good.told == [({"best.loss": 0.25}, [])]
