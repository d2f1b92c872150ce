"""Signals wait for the end of a step, then do what they always did."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SplitSpec
from quantsig.signals.training.fit import train
from quantsig.signals.training.resume.interrupt import stop_request
from quantsig.signals.training.settings import Plan, TrainSettings
from quantsig.signals.training.tracking.launch import Launch
from tests.planted import build, planted_frame
from tests.signals.training.conftest import RESULTS

pytestmark = pytest.mark.xdist_group("interrupt")
PLAN = Plan(train=TrainSettings(model="bars_cnn", epochs=2, batch_size=32))
ENDLESS = "while True: sum(range(10_000_000))"


class StoppedError(Exception):
    """What the handler before raises."""


def raising(number: int, frame: object) -> None:
    """A handler as the command line has one."""
    raise StoppedError


@pytest.fixture
def handled() -> object:
    """SIGTERM raises."""
    before = signal.signal(signal.SIGTERM, raising)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("handled")
def test_a_patient_request_waits_until_it_is_obeyed() -> None:
    """The signal is remembered; whoever handled it before gets it then."""
    with pytest.raises(StoppedError), stop_request() as stop:
        stop.patient = True
        signal.raise_signal(signal.SIGTERM)
        assert stop.number == signal.SIGTERM
        stop.obey()
    assert signal.getsignal(signal.SIGTERM) is raising


@pytest.mark.usefixtures("handled")
def test_an_impatient_request_acts_at_once() -> None:
    """Where there is nothing to save."""
    with pytest.raises(StoppedError), stop_request():
        signal.raise_signal(signal.SIGTERM)


def test_a_step_that_never_ends_is_ended() -> None:
    """The process exits with 143 although its main thread hears nothing."""
    program = f"""
from quantsig.signals.training.resume.interrupt import stop_request
with stop_request(0.2) as stop:
    stop.patient = True
    print("ready", flush=True)
    {ENDLESS}
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 128 + signal.SIGTERM


@pytest.mark.usefixtures("handled")
def test_a_signal_after_the_last_step_is_not_lost() -> None:
    """It came while patient, and nobody asked again: it is obeyed when listening ends."""
    with pytest.raises(StoppedError), stop_request() as stop:
        stop.patient = True
        signal.raise_signal(signal.SIGTERM)


@pytest.mark.usefixtures("handled")
def test_a_failure_goes_before_a_signal() -> None:
    """What went wrong is told, not that it was stopped."""
    with pytest.raises(KeyError), stop_request() as stop:
        stop.patient = True
        signal.raise_signal(signal.SIGTERM)
        raise KeyError


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> SampleSet:
    """A small planted set."""
    return build(planted_frame(cells=300), tmp_path_factory.mktemp("interrupt") / "samples")


@pytest.fixture(scope="module")
def verbs() -> Iterator[subprocess.Popen[str]]:
    """A process that runs verbs."""
    call = [sys.executable, "-m", "tests.signals.training.slow_verb"]
    pipe = subprocess.PIPE
    with subprocess.Popen(call, stdin=pipe, stdout=pipe, text=True) as process:
        yield process


def stopped(verbs: subprocess.Popen[str], place: str, number: signal.Signals, *words: str) -> int:
    """The exit code of a verb that was sent a signal at a place."""
    assert verbs.stdin is not None
    assert verbs.stdout is not None
    print(json.dumps([place, words]), file=verbs.stdin, flush=True)
    os.kill(int(verbs.stdout.readline()), number)
    return int(verbs.stdout.readline())


@pytest.mark.parametrize(
    ("place", "number"),
    [
        pytest.param("step", signal.SIGTERM, marks=pytest.mark.soak),
        ("step", signal.SIGINT),
        ("step", signal.SIGKILL),
        ("scoring", signal.SIGTERM),
        ("calibration", signal.SIGTERM),
    ],
)
def test_a_stopped_verb_goes_on_to_the_same_run(
    samples: SampleSet,
    whole: Path,
    tmp_path: Path,
    verbs: subprocess.Popen[str],
    place: str,
    number: signal.Signals,
) -> None:
    """Stopped at a place it exits with 128 + n; the same training ends as if it had not been."""
    out = tmp_path / "run"
    flags = ("--model", "bars_cnn", "--epochs", "2", "--batch-size", "32", "--device", "cpu")
    code = stopped(verbs, place, number, "train", str(samples.path), "--out", str(out), *flags)
    assert code == (-number if number == signal.SIGKILL else 128 + number)
    assert not out.exists()
    train(samples, out, PLAN, SplitSpec(), launch=Launch(device="cpu"))
    for name in RESULTS:
        assert (out / name).read_bytes() == (whole / name).read_bytes(), name


@pytest.fixture(scope="module")
def whole(samples: SampleSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was never interrupted."""
    out = tmp_path_factory.mktemp("whole") / "run"
    return train(samples, out, PLAN, SplitSpec(), launch=Launch(device="cpu")).path
