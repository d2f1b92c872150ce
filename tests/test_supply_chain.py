"""What is installed is what was locked."""

import tomllib
from pathlib import Path

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
