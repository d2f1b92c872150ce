"""What a training has done is not lost: full disks, kills at its end, damage, other processes."""

import errno
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from quantsig.data.errors import DataError, IntegrityError, ResourceError, UsageError
from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SplitSpec
from quantsig.data.storage import atomic, checksums, documents
from quantsig.data.storage.locks import locked
from quantsig.data.storage.resuming import unfinished_folder
from quantsig.signals.layout import RECORD, SEAL, WEIGHTS
from quantsig.signals.runs import open_run
from quantsig.signals.scoring.scorer import open_scorer
from quantsig.signals.training.fit import train
from quantsig.signals.training.settings import Plan, TrainSettings
from quantsig.signals.training.tracking.callbacks import Callbacks
from quantsig.signals.training.tracking.launch import Launch
from tests.signals.training.conftest import RESULTS, CrashError, crashing

pytestmark = pytest.mark.xdist_group("lost")
PLAN = Plan(
    train=TrainSettings(model="bars_cnn", epochs=2, batch_size=64, seed=3, save_minutes=1e-9)
)
STEPS = 14
Damage = Callable[[Path], None]


@pytest.fixture(scope="module")
def whole(planted: SampleSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was never interrupted."""
    return train(planted, tmp_path_factory.mktemp("whole") / "run", PLAN, SplitSpec()).path


def assert_same(run: Path, whole: Path) -> None:
    for name in RESULTS:
        assert (run / name).read_bytes() == (whole / name).read_bytes(), name


def finish(planted: SampleSet, out: Path) -> list[int]:
    """The same training again; the steps that it took."""
    steps: list[int] = []
    callbacks = Callbacks(progress=lambda done, total: steps.append(done))
    train(planted, out, PLAN, SplitSpec(), launch=Launch(callbacks=callbacks))
    return steps


@pytest.mark.parametrize("write", [1, 2, 5, 30, 31, 36, 40])
def test_a_full_disk_costs_nothing(
    planted: SampleSet, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: int
) -> None:
    """Exit code 5 at any writing; with room the same command goes on to the same run."""
    plain, written, out = Path.write_bytes, list[Path](), tmp_path / "run"

    def full(self: Path, content: Any) -> int:
        written.append(self)
        if len(written) >= write:
            plain(self, bytes(content)[:10])
            raise OSError(errno.ENOSPC, "No space left on device", str(self))
        return plain(self, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(ResourceError, match="the disk is full") as caught:
        train(planted, out, PLAN, SplitSpec())
    monkeypatch.undo()
    assert caught.value.exit_code == 5
    assert not out.exists()
    train(planted, out, PLAN, SplitSpec())
    assert_same(out, whole)


def failing_at(target: str) -> Callable[..., Any]:
    """A crash when a file of that name is to be written."""
    plain = atomic.write_text

    def write(path: Path, text: str, *, private: bool = False) -> None:
        if path.name == target:
            raise CrashError
        plain(path, text, private=private)

    return write


@pytest.mark.parametrize("target", ["calibration.json", RECORD])
def test_a_crash_after_the_last_step_repeats_none(
    planted: SampleSet, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    """The state goes after the record has come."""
    monkeypatch.setattr(documents, "write_text", failing_at(target))
    with pytest.raises(CrashError):
        train(planted, tmp_path / "run", PLAN, SplitSpec())
    monkeypatch.undo()
    assert finish(planted, tmp_path / "run") == []
    assert_same(tmp_path / "run", whole)


def test_a_crash_before_the_run_gets_its_name_repeats_nothing(
    planted: SampleSet, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The finished folder is found again and put in its place; nothing else stays behind."""

    def crash(*args: Any) -> None:
        raise CrashError

    monkeypatch.setattr(atomic, "exchange", crash)
    with pytest.raises(CrashError):
        train(planted, tmp_path / "run", PLAN, SplitSpec())
    monkeypatch.undo()
    before = (tmp_path / ".run.part" / RECORD).read_bytes()
    assert finish(planted, tmp_path / "run") == []
    assert (tmp_path / "run" / RECORD).read_bytes() == before
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert names == {path.name for path in whole.iterdir()} == {*RESULTS, *OTHERS}
    assert {path.name for path in tmp_path.iterdir()} == {"run", "ledger.jsonl"}


OTHERS = ("run.json", "seal.json", "config.toml", "environment.json", "checkpoints", "state")


def test_force_keeps_the_old_run_until_the_new_one_is_there(
    planted: SampleSet, tmp_path: Path
) -> None:
    """A forced training that is cut short leaves it; the same command then replaces it."""
    out = tmp_path / "run"
    old = train(planted, out, PLAN, SplitSpec()).record.created
    with pytest.raises(CrashError):
        train(
            planted,
            out,
            PLAN,
            SplitSpec(),
            launch=Launch(force=True, callbacks=Callbacks(progress=crashing(9))),
        )
    assert open_run(out).record.created == old
    steps: list[int] = []
    callbacks = Callbacks(progress=lambda done, total: steps.append(done))
    new = train(planted, out, PLAN, SplitSpec(), launch=Launch(force=True, callbacks=callbacks))
    assert new.record.created != old
    assert min(steps) > 1


def test_another_process_in_the_same_run_is_refused(planted: SampleSet, tmp_path: Path) -> None:
    """2: it is at work; what it has written stays."""
    beside = unfinished_folder(tmp_path / "run")
    beside.mkdir()
    (beside / "key").write_text("its own")
    with locked(tmp_path / "run"), pytest.raises(UsageError, match="at work") as caught:
        train(planted, tmp_path / "run", PLAN, SplitSpec())
    assert caught.value.exit_code == 2
    assert (beside / "key").read_text() == "its own"


@pytest.fixture
def cut(planted: SampleSet, tmp_path: Path) -> Path:
    """The state of a training that was cut short in its second epoch."""
    with pytest.raises(CrashError):
        train(
            planted,
            tmp_path / "run",
            PLAN,
            SplitSpec(),
            launch=Launch(callbacks=Callbacks(progress=crashing(9))),
        )
    return tmp_path / ".run.part" / "state"


def flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def of_a_stranger(state: Path, content: bytes = b"\0" * 100) -> None:
    for path in state.glob("step-*"):
        path.write_bytes(content)


def gone(state: Path) -> None:
    for path in state.glob("step-*"):
        path.unlink()


def fewer_steps(state: Path) -> None:
    text = (state / "state.json").read_text()
    (state / "state.json").write_text(text.replace('"steps_done": 8', '"steps_done": 3'))


DAMAGES: dict[str, tuple[Damage, type[DataError] | type[IntegrityError]]] = {
    "tensors flipped": (
        lambda state: flipped(max(state.glob("step-*.safetensors"))),
        IntegrityError,
    ),
    "tensors gone": (gone, IntegrityError),
    "tensors of another": (of_a_stranger, IntegrityError),
    "numbers changed": (fewer_steps, IntegrityError),
    "no numbers": (lambda state: atomic.write_text(state / "state.json", "{"), IntegrityError),
    "no object": (lambda state: atomic.write_text(state / "state.json", "[]"), IntegrityError),
    "of a later version": (
        lambda state: atomic.write_text(
            state / "state.json", json.dumps({"schema": "quantsig.training-state/9"})
        ),
        DataError,
    ),
    "of a stranger": (
        lambda state: atomic.write_text(
            state / "state.json", json.dumps({"schema": "quantsig.training-state/1"})
        ),
        IntegrityError,
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_state_is_refused_by_name(
    planted: SampleSet, cut: Path, tmp_path: Path, name: str
) -> None:
    """6, or 3 where it is of another version; the file is named, and nothing is trained over it."""
    damage, error = DAMAGES[name]
    damage(cut)
    with pytest.raises(error) as caught:
        train(planted, tmp_path / "run", PLAN, SplitSpec())
    assert str(cut) in caught.value.where
    assert caught.value.exit_code == (6 if error is IntegrityError else 3)


def test_damaged_weights_are_not_scored_with(whole: Path, tmp_path: Path) -> None:
    """6: one bit is enough."""
    run = _copy(whole, tmp_path)
    flipped(run / WEIGHTS)
    with pytest.raises(IntegrityError, match="model.safetensors"):
        open_scorer(open_run(run))


def test_weights_of_another_model_are_refused(
    planted: SampleSet, whole: Path, tmp_path: Path
) -> None:
    """3, even where the record was made to fit."""
    other = train(
        planted, tmp_path / "other", Plan(train=replace(PLAN.train, model="logistic")), SplitSpec()
    )
    run = _copy(whole, tmp_path)
    (run / WEIGHTS).write_bytes((other.path / WEIGHTS).read_bytes())
    record = documents.read_json(run / RECORD)
    record["files"][WEIGHTS] = checksums.sha256_of(run / WEIGHTS)
    documents.write_json(run / RECORD, record)
    with pytest.raises(DataError, match="weights do not fit a bars_cnn"):
        open_scorer(open_run(run))


def _copy(run: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in run.glob("*.*"):
        if path.name == SEAL:  # held against a ledger that is elsewhere
            continue
        (copy / path.name).write_bytes(path.read_bytes())
    return copy
