"""A copy of the stored workspace to work in, as if it had always lain there."""

import shutil
from pathlib import Path

STORED = Path(__file__).parent / "workspace-1"
MADE_IN = "/srv/workspace"
NAMING = ("run.json", "walk.json", "search.json", "config.toml")  # documents that name folders


def open_workspace(folder: Path) -> Path:
    """Copy the workspace; its documents name the copy's folders in place of those of then."""
    shutil.copytree(STORED, folder, dirs_exist_ok=True)
    for name in NAMING:
        for document in folder.rglob(name):
            text = document.read_text(encoding="utf-8")
            document.write_text(text.replace(MADE_IN, folder.as_posix()), encoding="utf-8")
    return folder
