"""Results in order, whoever does the tasks and whatever becomes of the workers."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

from quantsig.data.errors import CheckFailed, ConfigError, DataError, QuantsigError, ResourceError
from quantsig.data.tasks import ray as ray_home
from quantsig.data.tasks.local import _gpus_of
from quantsig.data.tasks.run import run_tasks
from quantsig.data.tasks.task import Refused, Task, packed
from quantsig.data.tasks.workers import HERE, Workers
from tests.data.tasks import some_tasks
from tests.data.tasks.some_tasks import Marked

TWO = Workers(count=2)


def named(*works: object) -> list[Task]:
    return [Task(name=f"task {number}", work=work) for number, work in enumerate(works)]


def marked(folder: Path, **lost: int) -> list[Task]:
    return named(
        *(Marked(folder=folder, number=one, lost=lost.get(f"of_{one}", 0)) for one in range(3))
    )


def tries(folder: Path, number: int) -> int:
    return len(list(folder.glob(f"{number}-*")))


@pytest.mark.parametrize("on", [HERE, TWO], ids=["here", "two"])
def test_results_come_in_the_order_of_the_tasks(on: Workers) -> None:
    """What tasks tell comes in that order too."""
    heard: list[tuple[object, ...]] = []
    found = run_tasks(some_tasks.square, named(3, 1, 2), on=on, hear=lambda *one: heard.append(one))
    assert list(found) == [9, 1, 4]
    told = [what for name, *what in heard if name == "tell"]
    assert told == [["squaring 3"], ["squaring 1"], ["squaring 2"]]


def test_a_task_that_ends_first_waits_for_its_turn() -> None:
    """Progress counts it all the same."""
    done: list[tuple[object, ...]] = []
    found = run_tasks(
        some_tasks.slow_at_first, named(0, 1, 2), on=TWO, hear=lambda *one: done.append(one)
    )
    assert list(found) == [0, 1, 2]
    assert done == [("progress", one, 3) for one in (1, 2, 3)]


def test_no_task_starts_no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor a cluster."""
    monkeypatch.setenv(ray_home.ADDRESS, "nobody.invalid:1")
    assert list(run_tasks(some_tasks.square, [], on=Workers(home="ray"))) == []


def test_one_worker_here_is_this_process() -> None:
    """As long as it is asked for no GPU."""
    assert list(run_tasks(some_tasks.whose, named(0))) == [os.getpid()]
    other = list(run_tasks(some_tasks.whose, named(0, 1), on=Workers(gpus_per_task=1)))
    assert other[0] == other[1] != os.getpid()


def test_a_task_whose_process_was_killed_is_tried_again(tmp_path: Path) -> None:
    """The others are done once."""
    said: list[str] = []
    found = run_tasks(
        some_tasks.killed,
        marked(tmp_path, of_1=2),
        on=TWO,
        hear=lambda name, *what: said.extend(map(str, what)) if name == "tell" else None,
    )
    assert list(found) == [0, 1, 2]
    assert [tries(tmp_path, number) for number in range(3)] == [1, 3, 1]
    assert said == ["task 1 is tried again (its process went away)"] * 2


def test_a_task_that_is_lost_each_time_is_named(tmp_path: Path) -> None:
    """After three tries."""
    with pytest.raises(ResourceError, match=r"task 1 failed 3 times.*its process went away"):
        list(run_tasks(some_tasks.killed, marked(tmp_path, of_1=9), on=TWO))
    assert tries(tmp_path, 1) == 3


def test_an_error_that_nobody_foresaw_is_named_with_its_trace(tmp_path: Path) -> None:
    """It may have been of the moment, so it is tried three times, too."""
    with pytest.raises(QuantsigError, match=r"task 1 failed 3 times.*ZeroDivisionError") as caught:
        list(run_tasks(some_tasks.broken, marked(tmp_path), on=TWO))
    assert tries(tmp_path, 1) == 3
    assert "in broken" in caught.value.__notes__[0]


def test_what_a_task_refuses_keeps_its_kind(tmp_path: Path) -> None:
    """And is not tried again; its name comes before its words."""
    with pytest.raises(CheckFailed) as caught:
        list(run_tasks(some_tasks.refusing, marked(tmp_path), on=TWO))
    assert caught.value.args == ("task 1: it diverged.", "there", "Lower the rate.")
    assert tries(tmp_path, 1) == 1


def test_whoever_stops_asks_the_workers_to(tmp_path: Path) -> None:
    """A task at work may save what it has."""
    running = run_tasks(some_tasks.waiting, named(tmp_path), on=Workers(gpus_per_task=1))

    def watch() -> None:
        while not (tmp_path / "begun").is_file():
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job of nohup ignores it
    try:
        threading.Thread(target=watch, daemon=True).start()
        with pytest.raises(KeyboardInterrupt):
            next(running)
    finally:
        signal.signal(signal.SIGINT, before)
    assert (tmp_path / "asked").is_file()


def test_a_worker_does_not_outlive_whoever_started_it(tmp_path: Path) -> None:
    """Killed outright, a driver can end nothing; its workers see that it is gone."""
    script = (
        "from pathlib import Path\n"
        "from quantsig.data.tasks.run import run_tasks\n"
        "from quantsig.data.tasks.task import Task\n"
        "from quantsig.data.tasks.workers import Workers\n"
        "from tests.data.tasks.some_tasks import waiting\n"
        "if __name__ == '__main__':\n"
        f"    work = Task(name='one', work=Path({str(tmp_path)!r}))\n"
        "    list(run_tasks(waiting, [work], on=Workers(gpus_per_task=1)))\n"
    )
    (tmp_path / "driver.py").write_text(script)
    root = str(Path(__file__).parents[3])
    driver = subprocess.Popen(
        [sys.executable, tmp_path / "driver.py"], env=os.environ | {"PYTHONPATH": root}
    )
    while not (tmp_path / "begun").is_file() or not (tmp_path / "begun").read_text():
        assert driver.poll() is None
        time.sleep(0.05)
    driver.kill()
    driver.wait()
    for _ in range(400):
        if (tmp_path / "asked").is_file():
            return
        time.sleep(0.05)
    raise AssertionError("the worker goes on")


@pytest.mark.parametrize(
    ("asked", "seen"),
    [
        (0.0, [None, None, None, None]),
        (0.5, ["0", "0", "1", "1"]),
        (1.0, ["0", "1", "2", "3"]),
        (2.0, ["0,1", "2,3", "4,5", "6,7"]),
    ],
)
def test_gpus_are_dealt_to_workers(asked: float, seen: list[str | None]) -> None:
    """Fractions share one."""
    assert [_gpus_of(slot, asked) for slot in range(4)] == seen


def test_gpus_are_dealt_of_those_that_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Round and round where there are too few."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,7")
    assert [_gpus_of(slot, 1.0) for slot in range(3)] == ["3", "7", "3"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"home": "rya"}, "unknown home"),
        ({"count": 0}, "workers"),
        ({"gpus_per_task": -1.0}, "gpus_per_task"),
        ({"gpus_per_task": 1.5}, "gpus_per_task"),
        ({"gpus_per_task": float("nan")}, "gpus_per_task"),
    ],
)
def test_workers_that_make_no_sense_are_refused(wrong: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Workers(**wrong)  # type: ignore[arg-type]


def test_an_address_that_nobody_answers_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within seconds, as a resource that is not there."""
    monkeypatch.setenv(ray_home.ADDRESS, "127.0.0.1:1")
    monkeypatch.setattr(ray_home, "ANSWER_WITHIN_S", 0.2)
    monkeypatch.setattr(ray_home, "_module", lambda: None)
    with pytest.raises(ResourceError, match="no cluster answers") as caught:
        list(run_tasks(some_tasks.square, named(1), on=Workers(home="ray")))
    assert caught.value.where == "RAY_ADDRESS=127.0.0.1:1"


def listener(answer: bytes | None) -> socket.socket:
    """Whoever takes calls, and says one thing or nothing."""
    heard = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        calls = []
        while True:
            try:
                calls.append(heard.accept()[0])
            except OSError:
                return
            if answer is not None:
                calls[-1].sendall(answer)

    threading.Thread(target=serve, daemon=True).start()
    return heard


@pytest.mark.parametrize("answer", [None, b"220 mail.example.org ESMTP\r\n"])
def test_what_listens_but_is_no_cluster_is_told(
    answer: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ray itself would ask it for minutes."""
    monkeypatch.setattr(ray_home, "ANSWER_WITHIN_S", 0.5)
    with listener(answer) as heard, pytest.raises(ResourceError, match="no cluster answers"):
        ray_home._refuse_silent(f"127.0.0.1:{heard.getsockname()[1]}")


def test_what_speaks_as_a_cluster_does_is_asked() -> None:
    with listener(bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))) as heard:
        ray_home._refuse_silent(f"127.0.0.1:{heard.getsockname()[1]}")


def test_without_ray_it_is_said_how_to_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ConfigError) as caught:
        list(run_tasks(some_tasks.square, named(1), on=Workers(home="ray")))
    assert 'pip install "quantsig[ray]"' in caught.value.remedy


def test_a_worker_of_another_version_is_refused() -> None:
    """Before it does anything."""
    task = packed(some_tasks.square, 3)
    found = ray_home._outcome_there({"quantsig": "0.0.0"}, task)
    assert "has quantsig" in getattr(found, "what", "")


def test_a_worker_that_lacks_what_a_task_names_says_so(tmp_path: Path) -> None:
    """The samples are opened where the task is unpacked; the machine is named."""
    task = packed(some_tasks.whose, some_tasks.Opened(tmp_path / "samples"))
    found = ray_home._outcome_there({}, task)
    assert isinstance(found, Refused)
    assert found.kind is DataError
    assert found.where == f"{tmp_path / 'samples'}, {socket.gethostname()}"
    with pytest.raises(DataError, match="task 0: there is no samples"):
        list(run_tasks(some_tasks.whose, named(some_tasks.Opened(tmp_path / "samples")), on=TWO))


@pytest.mark.soak  # most of a minute, and a cluster's own ports and processes
@pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")
def test_a_cluster_does_the_same(tmp_path: Path) -> None:
    """In a process of its own, for Ray leaves threads and warnings behind: order, and a kill."""
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from quantsig.data.tasks.run import run_tasks\n"
        "from quantsig.data.tasks.workers import Workers\n"
        "from tests.data.tasks.test_run import marked\n"
        "from tests.data.tasks.some_tasks import killed\n"
        "tasks = marked(Path(sys.argv[1]), of_1=1)\n"
        "print(list(run_tasks(killed, tasks, on=Workers(home='ray', count=2))))\n"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path],
        env={k: v for k, v in os.environ.items() if k != ray_home.ADDRESS},
        cwd=root,
        capture_output=True,
        check=True,
        text=True,
        timeout=300.0,  # what a worker cannot load would be waited for without end
    )
    assert done.stdout.splitlines()[-1] == "[0, 1, 2]"
    assert [tries(tmp_path, number) for number in range(3)] == [1, 2, 1]
