"""Which doubts were tested, and what is said of those that were not."""

from pathlib import Path

import pytest

from quantsig.backtest.record import AlphaFigures
from quantsig.data.storage.documents import read_json
from quantsig.reports.inputs import read_inputs
from quantsig.reports.page.content import Figure, Section
from quantsig.reports.sections.trust import section
from quantsig.reports.sections.verdict import SKILL
from tests.reports.backtest_files import Traded, write_sweep, write_traded_run, write_walk
from tests.reports.conftest import Recipe, write_synthetic_run
from tests.stats_records import with_stats

SETTINGS = '[train]\nmodel = "resnet18"\nepochs = {epochs}\nseed = {seed}\n'


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run of sixty trades, neither swept nor walked."""
    return write_traded_run(tmp_path / "runs" / "run", Traded())


def checks(shown: Section) -> dict[str, tuple[str, str]]:
    """Answer and explanation of every doubt; a dash of those that are folded away."""
    found = {}
    for table in shown.tables:
        for row in table.rows if table.columns[0].label == "Doubt" else ():
            assert table.folded == (len(row) == 2)
            found[str(row[0])] = (str(row[1]) if len(row) > 2 else "–", str(row[-1]))
    return found


def figures(shown: Section) -> dict[str, Figure]:
    return {item.name: item for item in shown.figures}


def test_what_was_not_tested_says_how_it_would_be(run: Path) -> None:
    """A dash, and the command or the reason."""
    found = checks(section(read_inputs(run)))
    assert found["The best setting of a sweep"] == ("–", "No sweep in this run: quantsig sweep.")
    assert found["The stretch of time it was trained on"][0] == "–"
    assert "quantsig walk" in found["The stretch of time it was trained on"][1]
    assert found["A look into the future"][1].startswith("Not audited: quantsig audit")


def test_the_deflated_sharpe_ratio_names_its_trials(run: Path) -> None:
    """With how many independent ones they count for."""
    shown = section(read_inputs(run))
    (deflated,) = [item for item in shown.numbers if item.label == SKILL]
    assert deflated.value.startswith("42.0")
    assert deflated.beside == "24 trials, as good as 11.3 independent ones"
    assert "24 strategies were tried." in deflated.meaning


def test_a_deflated_sharpe_ratio_that_does_not_exist_says_why(tmp_path: Path) -> None:
    """As the backtest wrote it down."""
    run = write_traded_run(tmp_path / "runs" / "run", Traded(trades=0))
    found = checks(section(read_inputs(run)))
    assert found["The best of many trials"] == ("–", "the returns do not vary")


def test_an_earlier_backtest_is_told_how_to_get_it(run: Path) -> None:
    """Its stats.json knows no deflation."""
    earlier = with_stats(read_inputs(run), deflated=None)
    answer, how = checks(section(earlier))["The best of many trials"]
    assert answer == "–"
    assert "another quantsig backtest" in how


def test_suspicions_of_a_leak_stand_among_the_doubts(run: Path) -> None:
    """Each in its own words; none seen where none was found, and a dash of earlier files."""
    inputs = read_inputs(run)
    said = "The Sharpe ratio is 9.0 a year, and above 3 with 95 % confidence: too good."
    leaks: list[tuple[str, ...] | None] = [(said,), (), None]
    found = [checks(section(with_stats(inputs, leaks=each))) for each in leaks]
    answers = [one["A leak of the future"] for one in found]
    assert answers[0] == ("suspected", said)
    assert [answer for answer, _ in answers[1:]] == ["none seen", "–"]


def test_alpha_stands_with_its_interval(run: Path) -> None:
    """A year: the interval of a session times the 252 sessions of one."""
    inputs = read_inputs(run)
    assert inputs.stats is not None
    alpha = AlphaFigures(alpha_a_year=0.252, beta=0.2, low=5e-4, high=1.5e-3)
    figures = {**inputs.stats.figures, "periods_per_year": 252.0}
    shown = section(with_stats(inputs, figures=figures, alpha=alpha))
    (number,) = [item for item in shown.numbers if item.label == "Alpha over always-long"]
    assert (number.value, number.beside) == ("+25.20\u202f%", "+12.60\u202f% to +37.80\u202f%")


def test_the_probability_of_overfitting_is_that_of_the_sweep(run: Path) -> None:
    """With the ranks it was counted from: the same number above and below zero."""
    write_sweep(run)
    shown = section(read_inputs(run))
    assert checks(shown)["The best setting of a sweep"][0].startswith("31.0")
    logits = read_json(run / "sweep" / "sweep.json")["overfitting"]["logits"]
    (bars,) = figures(shown)["overfitting"].drawing.data
    below = sum(n for x, n in zip(bars.x, bars.y, strict=True) if x < 0)
    assert below == sum(value < 0 for value in logits)
    assert sum(bars.y) == len(logits)


def test_paths_of_the_same_samples_are_shown(run: Path) -> None:
    """Four of five lie above zero; their median is the third."""
    write_walk(run)
    shown = section(read_inputs(run))
    answer, _ = checks(shown)["The stretch of time it was trained on"]
    assert answer == "4 of 5 paths above zero"
    assert "Median 0.40" in figures(shown)["paths"].meaning


def test_paths_of_other_samples_are_not(run: Path) -> None:
    """A walk on another sample set says nothing about this run."""
    write_walk(run, fingerprint="another")
    assert read_inputs(run).crossing is None


def test_runs_that_differ_in_their_seed_alone_are_its_spread(tmp_path: Path) -> None:
    """Another number of epochs is another run; this one is coloured."""
    for name, seed, epochs in (("a", 1, 5), ("b", 2, 5), ("c", 3, 9)):
        config = SETTINGS.format(seed=seed, epochs=epochs)
        write_synthetic_run(tmp_path / "runs" / name, Recipe(days=300, config=config))
    inputs = read_inputs(tmp_path / "runs" / "b")
    assert [(row.run, row.seed) for row in inputs.seeds] == [("a", 1), ("b", 2)]
    (dots,) = figures(section(inputs))["seeds"].drawing.data
    assert list(dots.x) == ["1", "2"]
    assert dots.marker.color == ("var(--grey)", "var(--blue)")


def test_without_a_result_there_is_nothing_to_doubt(tmp_path: Path) -> None:
    """After training alone the section says so."""
    run = write_synthetic_run(tmp_path / "runs" / "run", Recipe(steps=("train",)))
    assert "quantsig backtest" in section(read_inputs(run)).missing
