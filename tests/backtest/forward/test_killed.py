"""A replay whose process is killed at random moments, held against one that was not."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from quantsig.data.bars import CheckedBars
from quantsig.signals.forward.lines import TERMS
from quantsig.signals.layout import journal_file
from quantsig.signals.runs import Run, open_run
from tests.backtest.forward.replays import copied, lines_of, replayed
from tests.backtest.forward.test_call import BEGIN

pytestmark = pytest.mark.xdist_group("forward")

BARS = 40  # that are fed
REPLAY = """
import sys
from pathlib import Path
from quantsig.signals.runs import open_run
from tests.backtest.forward.replays import replayed, two_symbols
bars = two_symbols()
run = open_run(Path(sys.argv[1]))
print("ready", flush=True)
replayed(run, bars, int(sys.argv[2]), int(sys.argv[3]))
"""
VARIES = {"recorded", "late", "chain"}


def said(run: Run) -> list[dict[str, Any]]:
    """What lines say, in an order that does not depend on when they were written."""
    lines = [
        {name: value for name, value in line.items() if name not in VARIES}
        for line in lines_of(run)
        if line["kind"] != TERMS
    ]
    return sorted(lines, key=lambda line: json.dumps(line, sort_keys=True))


def newest_count(run: Run, bars: CheckedBars) -> int:
    """How many bars there were at the newest decision of the journal."""
    if not journal_file(run.path).exists():
        return BEGIN
    times = [line["decision_time"] for line in lines_of(run) if line["kind"] == "decision"]
    stamps = [time.isoformat(timespec="microseconds") for time in moments(bars)]
    return stamps.index(max(times)) + 1 if times else BEGIN


def moments(bars: CheckedBars) -> list[Any]:
    return bars.bars["timestamp"].unique().sort().to_list()


def killed_replay(run: Run, bars: CheckedBars, kills: int, seed: int) -> int:
    """Replay in processes that are killed at random moments; how often that was in the middle."""
    chance, done = random.Random(seed), 0
    while done < kills:
        begin = newest_count(run, bars)
        process = subprocess.Popen(
            [sys.executable, "-c", REPLAY, str(run.path), str(begin), str(BEGIN + BARS)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=Path(__file__).parents[3],
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(chance.random() * 1.5)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        done += 1
        if newest_count(run, bars) >= BEGIN + BARS:
            break
    return done


@pytest.mark.parametrize(("runs", "kills"), [(1, 1), pytest.param(20, 10, marks=pytest.mark.soak)])
def test_killed_at_random_the_lines_are_the_same(
    trained_run: Run, held_bars: CheckedBars, tmp_path: Path, runs: int, kills: int
) -> None:
    """The journal is whole after each, and in the end says what the uninterrupted one does."""
    whole = copied(trained_run, tmp_path / "whole")
    replayed(whole, held_bars, BEGIN, BEGIN + BARS)
    for number in range(runs):
        run = copied(trained_run, tmp_path / str(number))
        killed_replay(run, held_bars, kills, seed=number)
        again = open_run(run.path)
        replayed(again, held_bars, newest_count(again, held_bars), BEGIN + BARS)
        assert said(again) == said(whole)
