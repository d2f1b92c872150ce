"""A verb run in this process, in a folder and an environment of its own."""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from quantsig.cli.app import main


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
        """The lines on stderr that are no progress."""
        lines = self.err.splitlines()
        return [line for line in lines if not line.endswith(" ...") and ": done in" not in line]


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
