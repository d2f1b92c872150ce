"""`quantsig search`."""

import re
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from quantsig.cli.config import FILE
from quantsig.signals.search.space import DEFAULT
from tests.cli.conftest import Quantsig
from tests.planted import build, planted_frame

pytestmark = pytest.mark.xdist_group("search")
QUICK = ("--model", "small", "--epochs", 1, "--set", "train.batch_size=64")
SPACE = '[search]\n"optimiser.learning_rate" = [1e-4, 1e-2]\n'


@pytest.fixture
def set_at_hand(own_folder: Path) -> Path:
    """A small planted set in the current folder."""
    return build(planted_frame(cells=600), own_folder / "samples").path


def test_the_template_shows_the_default_space() -> None:
    """Its commented lines, read as they stand, are what is searched without them."""
    template = files("quantsig.cli").joinpath("quantsig.toml").read_text(encoding="utf-8")
    lines = template.partition("[search]")[2].partition("\n[")[0].splitlines()
    shown = [line.removeprefix("# ") for line in lines if re.match(r'# "[\w.]+" = \[[^"]', line)]
    assert tomllib.loads("\n".join(shown)) == DEFAULT


@pytest.mark.usefixtures("set_at_hand")
def test_trials_are_shown_best_first_and_go_on(quantsig: Quantsig) -> None:
    """The space is that of the settings; the command again adds the trials that are missing."""
    FILE.write_text(SPACE)
    first = quantsig("search", "samples", "--trials", 1, *QUICK)
    assert first.code == 0, first.err
    heading, row, best = (line.split() for line in first.out.splitlines())
    assert heading == ["trial", "state", "average_precision", "epochs", "optimiser.learning_rate"]
    assert row[:2] == ["0", "done"]
    assert best == ["runs/search/trial-000"]
    document = quantsig("search", "samples", "--trials", 2, *QUICK, "--json").document
    assert document["figures"]["trials"] == document["figures"]["done"] == 2
    values = [row["value"] for row in document["rows"]]
    assert values == sorted(values, reverse=True)
    assert document["figures"]["best"] == values[0]
    assert sorted(row["run"] for row in document["rows"]) == ["trial-000", "trial-001"]


@pytest.mark.usefixtures("set_at_hand")
def test_a_search_in_which_every_trial_fails_is_a_failed_check(quantsig: Quantsig) -> None:
    """The table comes first, then the reason."""
    FILE.write_text('[search]\n"schedule.warmup_epochs" = [7]\n')
    answer = quantsig("search", "--trials", 1, *QUICK, "--set", "schedule.name=warmup_epochs")
    assert answer.code == 4
    assert "failed" in answer.out
    assert "warmup_epochs cannot be 7" in answer.complaint[-1]


@pytest.mark.parametrize(
    ("text", "words", "code", "said"),
    [
        ("", ("--trials", 0), 2, "--trials"),
        ("", ("--objective", "f2"), 3, "f1"),
        ('[search]\n"optimiser.lerning_rate" = [1, 2]\n', (), 3, "optimiser.learning_rate"),
        ('[search]\n"train.model" = []\n', (), 3, "two numbers"),
        ('[search]\n"optimiser.momentum" = [0.9, 0.5]\n', (), 3, "lower end"),
        ("search = 3\n", (), 3, "dictionary"),
        ("", ("--trials", "many"), 2, "search --help"),
    ],
)
@pytest.mark.usefixtures("set_at_hand")
def test_what_is_wrong_is_told_in_three_lines(
    quantsig: Quantsig, text: str, words: tuple[object, ...], code: int, said: str
) -> None:
    """Before anything is trained or written."""
    FILE.write_text(text)
    answer = quantsig("search", "samples", *QUICK, *words)
    assert answer.code == code
    assert len(answer.complaint) == 3
    assert said in "\n".join(answer.complaint)
    assert not Path("runs").exists()
