"""`--dry-run`: what a verb would take, and nothing is written."""

from pathlib import Path

import pytest

from quantsig.cli.dry_run import size_text
from quantsig.data.storage.checksums import sha256_of
from quantsig.signals.runs import open_run
from tests.cli.conftest import Quantsig, assert_done

SWEPT = ("--thresholds", "8", "--stops", "2", "--targets", "3")


def files_in(folder: Path) -> dict[Path, str]:
    return {path: sha256_of(path) for path in folder.rglob("*") if path.is_file()}


def test_every_long_verb_foretells_what_it_does(trained: Quantsig, own_folder: Path) -> None:
    """Samples, steps, cells and folds are those of the work itself; the folder is untouched."""
    run = open_run(own_folder / "runs/one")
    before = files_in(own_folder)
    figures = {
        words: assert_done(trained(*words.split(), "--dry-run", "--json")).document["figures"]
        for words in (
            "samples build --out again",
            "train --set train.epochs=3",
            "train --model logistic",
            "search --trials 4",
            "walk --folds 2 --first 0.7 --model small",
            " ".join(("sweep runs/one", *SWEPT)),
        )
    }
    assert files_in(own_folder) == before
    build, network, simple, search, walk, sweep = figures.values()
    assert build["samples"] == len(run.samples())
    rows = run.samples().assigned(run.splits)
    assert network["train"] == simple["train"] == (rows == "train").sum()
    steps = -(-network["train"] // 32)
    assert network["steps_an_epoch"] == steps
    assert network["steps"] == 3 * steps
    assert simple["steps"] is None
    assert search["steps"] == 4 * steps
    assert walk["folds"] == 2
    assert sweep["cells"] == 8 * 2 * 3
    for found in figures.values():
        assert found["bytes_on_disk"] > 0
        assert found["seconds"] > 0


def test_a_dry_build_weighs_what_the_build_does(trained: Quantsig, own_folder: Path) -> None:
    """Of a set that is packed as a whole, the very bytes of its Parquet files."""
    found = assert_done(trained("samples", "build", "--dry-run", "--json")).document["figures"]
    stored = sum(path.stat().st_size for path in (own_folder / "samples").glob("*.parquet"))
    assert found["bytes_on_disk"] == pytest.approx(stored, rel=0.05)


def test_people_read_units(trained: Quantsig) -> None:
    """And that nothing was written."""
    answer = assert_done(trained("train", "--model", "majority", "--dry-run"))
    assert "nothing was written" in answer.err
    assert "bytes on disk" in answer.out


def test_what_the_work_would_refuse_is_refused(trained: Quantsig) -> None:
    """With its code."""
    assert trained("train", "--model", "resnet19", "--dry-run").code == 3
    assert trained("sweep", "runs/one", "--by", "sharp", "--dry-run").code == 3


@pytest.mark.parametrize(
    ("count", "said"), [(512, "512 B"), (161_178, "157.4 KiB"), (3 << 30, "3.0 GiB")]
)
def test_a_size_as_it_is_said(count: int, said: str) -> None:
    """In steps of 1,024."""
    assert size_text(count) == said
