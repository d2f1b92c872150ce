"""The documentation site: what it says of commands and settings, and that it can be built."""

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from typer.main import get_command

from quantsig.cli.app import app
from quantsig.data.language.saying import reading
from quantsig.settings_tree import known_keys

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    """docs/reference.py, which is no part of the package."""
    spec = importlib.util.spec_from_file_location("reference", ROOT / "docs" / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SENTENCE = re.compile(r"(?:[a-z]+ ){3}")  # English words in a row


def test_every_verb_and_option_is_in_the_reference(reference: ModuleType) -> None:
    """Each under its whole name, with what its help says."""
    page = reference.commands_page()
    found = dict(reference.verbs(get_command(app), "quantsig"))
    assert {"quantsig train", "quantsig samples build", "quantsig runs list"} <= set(found)
    for name, verb in found.items():
        part = page.partition(f"## `{name}`\n")[2].partition("\n## ")[0]
        for option in verb.params:
            for flag in option.opts if option.param_type_name == "option" else ():
                assert f"`{flag}`" in part, (name, flag)
    assert "| `--stop-loss`" in page


def test_every_setting_is_in_the_reference(reference: ModuleType) -> None:
    """With what the settings file says of it."""
    page = reference.settings_page()
    assert [key for key in known_keys() if f"| `{key}` |" not in page] == []
    assert "| `train.epochs` |" in page


def test_the_reference_is_told_in_chinese(reference: ModuleType) -> None:
    """Every sentence of it; names, values and options stay what is typed."""
    with reading("zh") as reader:
        pages = reference.commands_page() + reference.settings_page()
    assert reader.lacking == set()
    cells = [
        cell for line in pages.splitlines() if line[:1] == "|" for cell in line.split("|")[2:3]
    ]
    assert [cell for cell in cells if SENTENCE.search(cell)] == []


def test_the_site_is_built_without_a_network(tmp_path: Path, reference: ModuleType) -> None:
    """No page and no link is missing, and no reader's browser fetches anything."""
    pytest.importorskip("zensical", reason="make setup installs it")
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    shutil.copy(ROOT / "zensical.toml", tmp_path)
    reference.write(tmp_path / "docs")
    done = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/nowhere", "NO_COLOR": "1", "http_proxy": "http://127.0.0.1:9"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for page in ("index", "zh/index", "zh/explanations/time", "zh/reference/settings"):
        text = (tmp_path / "site" / f"{page}.html").read_text(encoding="utf-8")
        assert 'src="http' not in text
        assert 'rel="stylesheet" href="http' not in text
