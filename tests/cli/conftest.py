"""A verb run in this process, in a folder and an environment of its own."""

import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from quantsig.cli.app import main
from quantsig.cli.trouble import BEGINS
from quantsig.data import readers
from quantsig.data.demo.planted import RISE_FRACTION, planted_bars
from quantsig.signals import models
from quantsig.signals.models import MODELS


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a verb said and returned."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on stdout."""
        document = json.loads(self.out)
        assert isinstance(document, dict)
        return document

    @property
    def complaint(self) -> list[str]:
        """The lines on stderr that are no progress; of an error without what each begins with."""
        lines = self.err.splitlines()
        begins = [*[""] * (len(lines) - 3), *BEGINS] if self.code else [""] * len(lines)
        said = [line.removeprefix(begin) for line, begin in zip(lines, begins, strict=False)]
        return [line for line in said if not line.endswith(" ...") and ": done in" not in line]


Quantsig = Callable[..., Answer]


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, and no settings from outside."""
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith("QUANTSIG_"):
            monkeypatch.delenv(name)
    return tmp_path


@pytest.fixture
def quantsig(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Quantsig:
    """Run `quantsig` with the given words."""

    def run(*words: object) -> Answer:
        monkeypatch.setattr(sys, "argv", ["quantsig", *map(str, words)])
        capsys.readouterr()
        code = main()
        captured = capsys.readouterr()
        return Answer(code=code, out=captured.out, err=captured.err)

    return run


Clock = Callable[[datetime], None]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Set the clock by which bars are finished or not."""

    def set_to(moment: datetime) -> None:
        class Set(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
                return moment.astimezone(tz)

        monkeypatch.setattr(readers, "datetime", Set)

    return set_to


SETTINGS = f"""
[bars]
source = "bars.csv"
bar_label = "close"
[samples]
preset = "small"
stride_bars = 5
height = 16
width = 32
timeframes = [1, 2]
[label]
rise_fraction = {RISE_FRACTION}
[train]
model = "small"
epochs = 1
"""


def assert_done(answer: Answer) -> Answer:
    """The verb did what it was asked for."""
    assert answer.code == 0, answer.err
    return answer


def typed_in(folder: Path, *commands: tuple[object, ...]) -> None:
    """Verbs that are run once in a folder that tests copy."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for words in commands:
            patch.setattr(sys, "argv", ["quantsig", *map(str, words)])
            assert main() == 0


@pytest.fixture(scope="session")
def trained_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Settings, bars, a sample set and one run, `runs/one`, that tests copy."""
    folder = tmp_path_factory.mktemp("trained")
    bars = planted_bars(400, seed=1).bars.drop("adjustment")
    bars.write_csv(folder / "bars.csv")
    (folder / "quantsig.toml").write_text(SETTINGS)
    typed_in(folder, ("samples", "build"), ("train", "--out", "runs/one"))
    return folder


@pytest.fixture
def trained(quantsig: Quantsig, trained_folder: Path, own_folder: Path) -> Quantsig:
    """A folder of the test's own with that run and its samples."""
    shutil.copytree(trained_folder, own_folder, dirs_exist_ok=True)
    return quantsig


@pytest.fixture
def few_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of each kind, for the verb alone: what keeps the table is imported before."""
    for module in ("quantsig.cli.settings.values", "quantsig.signals.models.sizes"):
        import_module(module)
    few = {name: MODELS[name] for name in ("small", "resnet18", "jkx", "logistic")}
    monkeypatch.setattr(models, "MODELS", few)
