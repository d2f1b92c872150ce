"""The image: what it is made of, who runs in it, and what it starts."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
IGNORED = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
Line = tuple[str, str]


def stages(text: str) -> list[list[Line]]:
    """Instructions and their words; what stands before the first FROM, then a list a stage."""
    told = re.sub(r"^\s*#.*\n", "", text, flags=re.M).replace("\\\n", " ")
    parts: list[list[Line]] = [[]]
    for line in filter(None, map(str.strip, told.splitlines())):
        word, _, rest = line.partition(" ")
        if word == "FROM":
            parts.append([])
        parts[-1].append((word, rest.strip()))
    return parts


BEFORE, BUILD, RUN = stages((ROOT / "Dockerfile").read_text(encoding="utf-8"))


def said(stage: list[Line], word: str) -> list[str]:
    """What follows an instruction, each time."""
    return [rest for name, rest in stage if name == word]


def test_the_base_is_an_argument() -> None:
    """Of the stage that runs; the one that builds is not in it."""
    assert [rest.partition("=")[0] for rest in said(BEFORE, "ARG")] == ["BASE"]
    assert said(RUN, "FROM") == ["${BASE} AS run"]
    assert said(BUILD, "FROM")[0].endswith("AS build")
    assert all(rest.startswith("--from=build ") for rest in said(RUN, "COPY"))


def test_nobody_is_root_and_the_verbs_are_the_entry() -> None:
    """The last user counts, and is made before."""
    (user,) = said(RUN, "USER")
    assert user not in {"root", "0"}
    assert any(f"--uid {user} quantsig" in rest for rest in said(RUN, "RUN"))
    (entry,) = said(RUN, "ENTRYPOINT")
    assert json.loads(entry)[0] in PROJECT["project"]["scripts"]
    words = [word for word, _ in RUN]
    assert words.index("RUN") < words.index("USER") < words.index("ENTRYPOINT")


def test_it_is_built_of_the_lock_and_of_every_room() -> None:
    """And of nothing else in the folder."""
    copied = {name for rest in said(BUILD, "COPY") for name in rest.split()[:-1]}
    rooms = set(PROJECT["tool"]["setuptools"]["package-dir"].values())
    assert rooms <= copied
    assert {"uv.lock", PROJECT["project"]["readme"], *PROJECT["project"]["license-files"]} <= copied
    assert all((ROOT / name).exists() for name in copied)
    assert IGNORED[0] == "*"
    assert {line[1:] for line in IGNORED if line.startswith("!")} == copied
    assert any("uv sync --locked --no-dev --no-editable" in rest for rest in said(BUILD, "RUN"))


def test_hadolint_finds_nothing() -> None:
    """The linter of Dockerfiles, which a package of the same name brings along."""
    linter = Path(sys.executable).with_name("hadolint")
    if not linter.is_file():
        pytest.skip("hadolint is not installed")
    found = subprocess.run(
        [linter, ROOT / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert found.stdout == ""
    assert found.returncode == 0
