"""A folder that came from anywhere reads and writes nothing outside of itself."""

from pathlib import Path

import pytest

from tests.cli.conftest import Quantsig
from tests.golden.opened import open_workspace

pytestmark = pytest.mark.xdist_group("golden")
WALK = "runs/walk-logistic-anchored-2-1e7b8aeb"
SECRET = b"of somebody else"


@pytest.fixture
def workspace(own_folder: Path) -> Path:
    return open_workspace(own_folder / "received")


def outside(folder: Path, link: Path) -> Path:
    """What the link leads to: a file, or a folder with the same names in it."""
    place = folder / "outside" / link.name
    if link.is_dir():
        for file in link.iterdir():
            (place / file.name).parent.mkdir(parents=True, exist_ok=True)
            (place / file.name).write_bytes(SECRET)
    else:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(SECRET)
    return place


@pytest.mark.parametrize(
    ("linked", "verb"),
    [
        ("runs/first/predictions.parquet", "thresholds runs/first --recall 0.5"),
        ("runs/first/config.toml", "report runs/first --out page.html"),
        ("runs/first/signals.parquet", "signals runs/first --threshold 0.5 --force"),
        ("runs/first/choices", "thresholds runs/first --recall 0.5"),
        ("runs/first/backtest", "backtest runs/first --force"),
        ("runs/first/sweep", "sweep runs/first --force"),
        ("runs/ledger.jsonl", "thresholds runs/first --recall 0.5"),
        (f"{WALK}/stats.json", f"report {WALK} --out page.html"),
        ("samples/bars.parquet", "samples info samples"),
        ("samples/index.parquet", "train samples --out runs/new"),
    ],
)
def test_a_link_that_leads_out_is_neither_read_nor_written(
    quantsig: Quantsig,
    workspace: Path,
    monkeypatch: pytest.MonkeyPatch,
    linked: str,
    verb: str,
) -> None:
    """Three lines that name the link; what it leads to is as it was."""
    link = workspace / linked
    place = outside(workspace.parent, link)
    link.rename(link.with_name("kept"))
    link.symlink_to(place)
    monkeypatch.chdir(workspace)
    answer = quantsig(*verb.split())
    assert answer.code == 3, answer.err
    what, where, _ = answer.complaint
    assert "leads out of its folder" in what
    assert link.name in where
    held = [place] if place.is_file() else list(place.iterdir())
    assert held
    assert all(file.read_bytes() == SECRET for file in held)


def test_what_is_linked_in_place_of_unfinished_work_is_not_emptied(
    quantsig: Quantsig, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A training would make the folder its own, and throw away what is of no use to it."""
    home = workspace.parent / "home"
    home.mkdir()
    (home / "thesis.txt").write_bytes(SECRET)
    (workspace / "runs" / ".new.part").symlink_to(home)
    monkeypatch.chdir(workspace)
    answer = quantsig("train", "samples", "--out", "runs/new", "--force")
    assert answer.code == 3, answer.err
    assert "leads out of its folder" in answer.complaint[0]
    assert (home / "thesis.txt").read_bytes() == SECRET


@pytest.mark.parametrize(
    "verb",
    [
        "train samples --out runs/{name}",
        "samples build {name}.csv --out other",
        "samples info {name}",
        "runs show {name}",
        "signals runs/first --threshold 0.5 --out {name}.csv --format csv",
        "report runs/first --out {name}.html",
        "walk samples --out {name}",
        "audit {name}",
        "verify {name}",
        "thresholds {name} --recall 0.5",
        "samples build bars.csv --out {name}",
    ],
)
@pytest.mark.parametrize("letters", [250, 400, 5000])
def test_a_long_name_is_no_bug(
    quantsig: Quantsig, workspace: Path, monkeypatch: pytest.MonkeyPatch, verb: str, letters: int
) -> None:
    """Longer than a name may be, or than what is put beside it while it is written."""
    monkeypatch.chdir(workspace)
    answer = quantsig(*verb.format(name="n" * letters).split())
    assert answer.code in (2, 3, 5), answer.err
    assert "has a bug" not in answer.err
    assert len(answer.complaint) >= 3
