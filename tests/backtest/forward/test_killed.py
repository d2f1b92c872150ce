"""A replay whose process is killed at random moments, held against one that was not."""

import json
import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from quantsig.data.bars import CheckedBars
from quantsig.data.demo.planted import CELL_BARS
from quantsig.signals.forward.lines import TERMS
from quantsig.signals.layout import journal_file
from quantsig.signals.runs import Run, open_run
from tests.backtest.forward.killer import Killer, Replay
from tests.backtest.forward.replays import (
    HELD_CELLS,
    copied,
    lines_of,
    replayed,
    trained,
    two_symbols,
)
from tests.backtest.forward.test_call import BEGIN

pytestmark = pytest.mark.xdist_group("forward")

VARIES = {"recorded", "late", "chain"}
FEW = 16  # bars that are fed where only a few processes are killed
YEAR_CELLS = 51  # of 255 bars, as many as a year of days has
MOST_REPLAYS = 10  # beyond one a kill; of a machine whose pace changes some end unkilled


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


@dataclass
class Pace:
    """When the next process is killed.

    Attributes:
        chance: of the moment.
        bar_s: how long a bar takes, as far as is known.
    """

    chance: random.Random
    bar_s: float


def killed_replay(
    run: Run, bars: CheckedBars, held_cells: int, last: int, kills: int, pace: Pace
) -> int:
    """Replay in processes that are killed at random moments; how often one was in the middle.

    The moments are drawn so that they fall all over the bars, however fast the machine is.
    """
    done = 0
    with Killer() as killer:
        while done < kills:
            begin = newest_count(run, bars)
            each = max(last - begin, 1) / (kills - done) * pace.bar_s
            ended = killer.run(
                Replay(
                    run=str(run.path),
                    held_cells=held_cells,
                    first=begin,
                    last=last,
                    seconds=2 * each * pace.chance.random(),
                )
            )
            if ended.code != -9:
                assert ended.code == 0
                return done
            done += 1
            fed = newest_count(run, bars) - begin  # after a journal that is whole
            took = ended.seconds / fed if fed else 1.5 * pace.bar_s
            pace.bar_s = 0.7 * pace.bar_s + 0.3 * took
    return done


def test_killed_a_few_times_the_lines_are_the_same(
    trained_run: Run, held_bars: CheckedBars, tmp_path: Path
) -> None:
    """The journal is whole after each, and in the end says what the uninterrupted one does."""
    held(trained_run, held_bars, tmp_path, cells=HELD_CELLS, last=BEGIN + FEW, kills=3)


@pytest.mark.soak
def test_killed_at_two_hundred_moments_of_a_year(tmp_path: Path) -> None:
    """The same of a year of bars."""
    bars = two_symbols(YEAR_CELLS)
    run = trained(bars, tmp_path / "trained")
    last = BEGIN + YEAR_CELLS * CELL_BARS
    held(run, bars, tmp_path, cells=YEAR_CELLS, last=last, kills=200)


def held(run: Run, bars: CheckedBars, folder: Path, *, cells: int, last: int, kills: int) -> None:
    """Hold replays that are killed against one that is not, until so many processes were."""
    whole, done = copied(run, folder / "whole"), 0
    began = time.perf_counter()
    replayed(whole, bars, BEGIN, last)
    pace = Pace(random.Random(37), (time.perf_counter() - began) / (last - BEGIN))
    for number in range(MOST_REPLAYS + kills):
        broken = copied(run, folder / str(number))
        done += killed_replay(broken, bars, cells, last, kills - done, pace)
        again = open_run(broken.path)
        replayed(again, bars, newest_count(again, bars), last)
        assert said(again) == said(whole)
        if done >= kills:
            return
    raise AssertionError(f"{done} of {kills} were killed before they came to an end")
