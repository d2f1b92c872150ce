"""Signals wait for the end of a step, then do what they always did."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from quantsig.data.samples.store import SampleSet
from quantsig.signals.training.interrupt import stop_request
from tests.planted import build, planted_frame

pytestmark = pytest.mark.xdist_group("interrupt")
VERB = "import sys; from quantsig.cli.app import main; sys.exit(main())"
ENDLESS = "while True: sum(range(10_000_000))"
RESULTS = ("model.safetensors", "metrics.parquet", "predictions.parquet", "calibration.json")


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
from quantsig.signals.training.interrupt import stop_request
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


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> SampleSet:
    """A small planted set."""
    return build(planted_frame(cells=700), tmp_path_factory.mktemp("interrupt") / "samples")


def train_verb(samples: Path, out: Path) -> list[str]:
    """The command of a training of some steps."""
    flags = ["--model", "small", "--epochs", "4", "--batch-size", "8", "--device", "cpu"]
    call = [sys.executable, "-c", VERB, "train", str(samples), "--out", str(out), *flags]
    return [*call, "--set", "train.patience=4", "--set", "train.save_minutes=0.001"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_stopped_verb_goes_on_to_the_same_run(
    samples: SampleSet, tmp_path: Path, number: signal.Signals, whole: Path
) -> None:
    """Stopped in the middle it exits with 128 + n; the same command ends as if it had not been."""
    out = tmp_path / "run"
    state = tmp_path / ".run.part" / "state" / "state.json"
    with subprocess.Popen(train_verb(samples.path, out), cwd=tmp_path) as process:
        while not state.exists():
            time.sleep(0.05)
        process.send_signal(number)
        code = process.wait(120)
    assert code == (-number if number == signal.SIGKILL else 128 + number)
    assert not out.exists()
    assert subprocess.run(train_verb(samples.path, out), cwd=tmp_path, check=False).returncode == 0
    for name in RESULTS:
        assert (out / name).read_bytes() == (whole / name).read_bytes(), name


@pytest.fixture(scope="module")
def whole(samples: SampleSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was never interrupted."""
    out = tmp_path_factory.mktemp("whole") / "run"
    subprocess.run(train_verb(samples.path, out), cwd=out.parent, check=True)
    return out
