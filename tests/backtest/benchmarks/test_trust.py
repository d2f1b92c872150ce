"""Every changed byte is told, and by the readers before what it says is used."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from quantsig.backtest.benchmarks.trust import flip_file, make_results, result_files
from quantsig.backtest.execution import Execution
from quantsig.backtest.repair import repair, verify, verify_samples_of
from quantsig.backtest.result import backtest_run
from quantsig.backtest.sweep.grid import SweepSpec
from quantsig.backtest.sweep.run import SweepJob, sweep_run
from quantsig.data.errors import IntegrityError, UsageError
from quantsig.data.storage.locks import locked
from quantsig.reports.inputs import read_inputs
from quantsig.reports.walk.inputs import read_walk
from quantsig.signals.inference.signals import write_signals
from quantsig.signals.layout import LEDGER, SEAL, WALK
from quantsig.signals.runs import Run, open_run
from quantsig.signals.seal import open_seal
from quantsig.signals.thresholds.choices import choose, write_choice_table
from quantsig.signals.thresholds.rules import AskedRule
from quantsig.signals.thresholds.trade_off import write_table


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run, a walk and their ledger."""
    return make_results(tmp_path_factory.mktemp("trust"))


@pytest.fixture
def run(made: Path, tmp_path: Path) -> Path:
    """A copy of the run beside its ledger, with its samples."""
    shutil.copytree(made.parent / "samples", tmp_path / "samples")
    home = shutil.copytree(made / "run", tmp_path / "runs" / "run")
    shutil.copy(made / LEDGER, home.parent)
    return home


def flip(source: Path) -> None:
    content = bytearray(source.read_bytes())
    content[len(content) // 2] ^= 1
    source.write_bytes(content)


@pytest.mark.parametrize("flips", [3, pytest.param(300, marks=pytest.mark.soak)])
def test_flipped_bytes_are_noticed(made: Path, flips: int) -> None:
    """In each file of both, their seals and the ledger; none is silent and none is a bug."""
    assert all(not verify(home).faults for home in made.iterdir() if home.is_dir())
    found = [flip_file(made, source, flips) for source in result_files(made)]
    assert len(found) > 25
    assert [one for one in found if one.silent or one.bugs] == []


@pytest.mark.parametrize(
    "name",
    [
        "run.json",
        "config.toml",
        "environment.json",
        "metrics.parquet",
        "predictions.parquet",
        "calibration.json",
        "thresholds.parquet",
        "backtest/stats.json",
        "backtest/trades.parquet",
        "backtest/equity.parquet",
        "sweep/sweep.json",
        "sweep/cells.parquet",
        SEAL,
    ],
)
def test_a_page_shows_nothing_that_was_changed(run: Path, name: str) -> None:
    """Its reader ends with 6 and names the file."""
    read_inputs(run)
    flip(run / name)
    with pytest.raises(IntegrityError) as caught:
        read_inputs(run)
    assert str(run / name) in caught.value.where


def test_a_removed_line_is_told(run: Path) -> None:
    """The last one, too, which no other line follows: the seal names it."""
    ledger = run.parent / LEDGER
    lines = ledger.read_bytes().splitlines(keepends=True)
    named = open_seal(run).line.encode()
    ledger.write_bytes(b"".join(lines[: next(i for i, line in enumerate(lines) if named in line)]))
    with pytest.raises(IntegrityError, match="the ledger has no line"):
        open_run(run)


def damaged(run: Path, *names: str) -> dict[str, bytes]:
    """Change each file; gives what was in it."""
    whole = {name: (run / name).read_bytes() for name in names}
    for name in names:
        flip(run / name)
    return whole


@pytest.mark.parametrize(
    ("names", "parts"),
    [
        (
            (
                "backtest/equity.parquet",
                "backtest/stats.json",
                "signals.parquet",
                "sweep/cells.parquet",
                "thresholds.parquet",
            ),
            ["thresholds.parquet", "signals.parquet", "sweep", "backtest"],
        ),
        (("backtest/trades.parquet",), ["backtest"]),
        (
            ("predictions.parquet", "signals.parquet", "thresholds.parquet"),
            ["predictions.parquet", "thresholds.parquet", "signals.parquet"],
        ),
        (("calibration.json",), ["calibration.json"]),
    ],
)
def test_parts_that_follow_from_others_are_made_again(
    run: Path, names: tuple[str, ...], parts: list[str]
) -> None:
    """One after the other, with the bytes that they had, and then all is whole."""
    whole = damaged(run, *names)
    assert len(verify(run).faults) == len(names)
    assert repair(run) == [f"{part}: made again, as it was." for part in parts]
    assert verify(run).faults == ()
    assert {name: (run / name).read_bytes() for name in names} == whole


@pytest.fixture
def walk(made: Path, tmp_path: Path) -> Path:
    """A copy of the walk beside the ledger, with its samples."""
    shutil.copytree(made.parent / "samples", tmp_path / "samples")
    source = next(home for home in made.iterdir() if (home / WALK).is_file())
    home = shutil.copytree(source, tmp_path / "runs" / source.name)
    shutil.copy(made / LEDGER, home.parent)
    return home


def test_a_walk_is_made_again_of_its_folds(walk: Path) -> None:
    """A fold that is not whole is trained again; what follows has the bytes that it had."""
    names = ("equity.parquet", "folds/01/predictions.parquet", "signals.parquet", "trades.parquet")
    whole = damaged(walk, *names)
    untouched = (walk / "folds" / "00" / "predictions.parquet").stat().st_ino
    assert repair(walk) == [f"{name}: made again, as it was." for name in names]
    assert verify(walk).faults == ()
    assert {name: (walk / name).read_bytes() for name in names} == whole
    assert (walk / "folds" / "00" / "predictions.parquet").stat().st_ino == untouched


def test_a_walk_without_its_record_is_not_made_again(walk: Path) -> None:
    """With what to do; nothing of it changes."""
    damaged(walk, WALK, "equity.parquet")
    before = {path: path.read_bytes() for path in walk.rglob("*") if path.is_file()}
    said = repair(walk)
    assert [line.partition(": ")[0] for line in said] == ["equity.parquet", WALK]
    assert all("not made again. Restore it from a copy, or make all anew" in one for one in said)
    assert {path: path.read_bytes() for path in walk.rglob("*") if path.is_file()} == before


def test_what_was_put_into_a_walk_is_left_to_its_owner(walk: Path) -> None:
    """It is named, and whoever looks again sees it again."""
    shutil.copy(walk / "equity.parquet", walk / "extra.parquet")
    assert repair(walk) == ["extra.parquet: not made again: nothing in the walk makes it."]
    assert len(verify(walk).faults) == 1


def test_lost_settings_of_a_sweep_are_those_of_the_ledger(run: Path) -> None:
    """Of the record alone the seconds differ."""
    cells = (run / "sweep" / "cells.parquet").read_bytes()
    damaged(run, "sweep/cells.parquet", "sweep/sweep.json")
    assert repair(run) == ["sweep: made again; its bytes are others now."]
    assert verify(run).faults == ()
    assert (run / "sweep" / "cells.parquet").read_bytes() == cells


def test_a_table_of_a_choice_is_made_again(run: Path) -> None:
    """A choice itself is not: what may have followed from it is removed and told."""
    (choice,) = (run / "choices").glob("*.json")
    table = f"choices/{choice.stem}.parquet"
    open_choice = open_run(run).choices()[0]
    write_choice_table(open_run(run), open_choice)
    whole = damaged(run, table)
    assert repair(run) == [f"choices/{choice.stem}: made again, as it was."]
    assert (run / table).read_bytes() == whole[table]
    damaged(run, f"choices/{choice.name}", "signals.parquet")
    assert [line.split(":")[:2] for line in repair(run)] == [
        [f"choices/{choice.stem}", " removed"],
        ["signals.parquet", " removed"],
    ]
    assert verify(run).faults == ()


def test_what_was_put_in_by_hand_is_no_part(run: Path) -> None:
    """It is left, and told with what to do."""
    (run / "notes.txt").write_text("mine")
    (said,) = repair(run)
    assert said.startswith("notes.txt: not made again:")
    assert (run / "notes.txt").read_text() == "mine"


def test_samples_are_looked_at_where_they_are(made: Path, tmp_path: Path) -> None:
    """Those of a run and of a walk; a run without them is whole by itself."""
    shutil.copytree(made, tmp_path / "runs")
    samples = shutil.copytree(made.parent / "samples", tmp_path / "samples")
    homes = [path for path in (tmp_path / "runs").iterdir() if path.is_dir()]
    assert all(verify_samples_of(home).files > 0 for home in homes)
    bars = samples / "bars.parquet"
    flip(bars)
    for home in homes:
        (fault,) = verify_samples_of(home).faults
        assert Path(fault.where).resolve() == bars
    shutil.rmtree(samples)
    for home in homes:
        found = verify_samples_of(home)
        assert (found.faults, len(found.notes)) == ((), 1)


@pytest.mark.parametrize("renamed", [False, True])
def test_a_walk_whose_seal_is_gone_is_read_by_nobody(
    made: Path, tmp_path: Path, renamed: bool
) -> None:
    """The ledger knows that it had one; a walk of before never had, and is read."""
    (walk,) = (path.parent for path in made.glob("*/walk.json"))
    shutil.copy(made / LEDGER, tmp_path)
    home = shutil.copytree(walk, tmp_path / ("other" if renamed else walk.name))
    assert read_walk(home).record
    (home / SEAL).unlink()
    with pytest.raises(IntegrityError, match=r"seal.json is missing"):
        read_walk(home)
    (tmp_path / LEDGER).unlink()
    assert read_walk(home).record


WRITERS: Mapping[str, Callable[[Run], object]] = {
    "choose": lambda run: choose(run, AskedRule(name="number", value=0.2), 0.0),
    "write_signals": lambda run: write_signals(run, force=True),
    "write_table": lambda run: write_table(run, 0.0),
    "backtest_run": lambda run: backtest_run(run, Execution(), force=True),
    "sweep_run": lambda run: sweep_run(run, SweepSpec(), Execution(), job=SweepJob(force=True)),
}


@pytest.mark.parametrize("name", WRITERS)
def test_two_writers_in_a_run_are_refused(run: Path, name: str) -> None:
    """Whoever calls them, verb or program."""
    opened = open_run(run)
    before = (run / SEAL).read_bytes()
    with locked(run.resolve()), pytest.raises(UsageError, match="another process"):
        WRITERS[name](opened)
    assert (run / SEAL).read_bytes() == before


@pytest.mark.parametrize("damage", ["ledger", "no ledger", "seal", "no seal"])
def test_a_chain_begins_anew_and_says_so(run: Path, damage: str) -> None:
    """The files are taken as they are."""
    source = run.parent / LEDGER if "ledger" in damage else run / SEAL
    if damage.startswith("no "):
        source.unlink()
    else:
        flip(source)
    assert verify(run).faults
    assert repair(run)
    assert verify(run).faults == ()
    open_run(run)


@pytest.mark.parametrize("name", ["model.safetensors", "run.json", "config.toml"])
def test_what_only_a_training_makes_stays_told(run: Path, name: str) -> None:
    """Nothing is invented; with the weights the scores are lost, too."""
    lost = [name, "predictions.parquet"] if name == "model.safetensors" else [name]
    damaged(run, *lost)
    said = repair(run)
    assert sorted(line.split(":")[0] for line in said) == sorted(lost)
    assert all("not made again" in line and "from a copy" in line for line in said)
    assert name in verify(run).faults[0].what


def test_a_run_of_before_is_not_sealed(run: Path) -> None:
    """It opens, and what its record knows is held against it."""
    (run / SEAL).unlink()
    (run.parent / LEDGER).unlink()
    assert not open_run(run).is_sealed
    found = verify(run)
    assert found.files == 4
    assert "not sealed" in found.notes[0]
    flip(run / "model.safetensors")
    assert verify(run).faults
