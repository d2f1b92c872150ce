"""What verbs ask of a network, and what a page gives away of the machine: nothing."""

import getpass
import os
import platform
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Quantsig, assert_done

pytestmark = pytest.mark.xdist_group("trained")
VERBS = (
    "doctor",
    "samples info samples",
    "samples build --out others",
    "train others --out runs/two --no-baselines",
    "thresholds runs/two --recall 0.5",
    "signals runs/two --threshold 0.5",
    "backtest runs/two",
    "report runs/two",
    "runs list",
    "runs show runs/two",
)


def test_no_verb_opens_a_socket_and_no_page_names_the_machine(
    trained: Quantsig, own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No connection, no address looked up; no folder, no home, no user, no variable on the page."""

    def refused(*_: Any, **__: Any) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket.socket, "bind", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    monkeypatch.setattr(socket, "gethostname", lambda: "host-of-the-tester")
    monkeypatch.setattr(platform, "node", lambda: "host-of-the-tester")
    monkeypatch.setenv("SECRET_OF_THE_SHELL", "never-on-a-page")
    for verb in VERBS:
        assert_done(trained(*verb.split()))
    page = (own_folder / "runs" / "two" / "report.html").read_text(encoding="utf-8")
    assert "others" in page
    for private in (
        str(own_folder),
        str(Path.home()),
        "host-of-the-tester",
        "never-on-a-page",
        f"/{getpass.getuser()}/",
        os.environ["PATH"],
    ):
        assert private not in page, private
