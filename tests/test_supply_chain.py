"""What is installed is what was locked, and what is known of it is told."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests import known_vulnerabilities
from tests.known_vulnerabilities import answer_of, main

LOCK = Path(__file__).parents[1] / "uv.lock"


def test_every_locked_file_has_a_hash() -> None:
    """Wheels and sources of every package but our own, which is this folder."""
    packages = tomllib.loads(LOCK.read_text(encoding="utf-8"))["package"]
    foreign = [package for package in packages if package["source"].keys() != {"editable"}]
    assert len(packages) - len(foreign) == 1
    for package in foreign:
        files = [*package.get("wheels", ()), *filter(None, [package.get("sdist")])]
        assert files, package["name"]
        assert all(file["hash"].startswith("sha256:") for file in files), package["name"]


def package(name: str, *known: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "version": "1.0", "vulns": list(known)}


def vulnerability(name: str, *fixed_in: str) -> dict[str, Any]:
    return {"id": name, "aliases": [], "fix_versions": list(fixed_in)}


def audited(monkeypatch: pytest.MonkeyPatch, *packages: dict[str, Any]) -> int:
    answer = answer_of({"dependencies": list(packages)})
    monkeypatch.setattr(known_vulnerabilities, "ask", lambda uv: answer)
    return main()


def test_a_vulnerability_that_a_newer_version_cures_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is named with the version that is without it."""
    bad = package("old", vulnerability("CVE-1", "1.1"))
    assert audited(monkeypatch, package("whole"), bad) == 1
    assert "old 1.0: CVE-1, not in 1.1" in capsys.readouterr().out


def test_one_without_a_cure_is_told_and_fails_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody could do anything about it."""
    assert audited(monkeypatch, package("old", vulnerability("CVE-1"))) == 0
    assert "no version is without it yet: old 1.0: CVE-1" in capsys.readouterr().out


def test_what_the_database_does_not_know_counts_as_not_checked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Some of them, and all of them: a registry without the database ends in silence else."""
    unknown = {"name": "strange", "skip_reason": "not found"}
    assert audited(monkeypatch, package("whole"), unknown) == 0
    assert "1 packages checked, 1 not checked: strange" in capsys.readouterr().out
    assert audited(monkeypatch, unknown) == 0
    assert "NOT CHECKED" in capsys.readouterr().out
