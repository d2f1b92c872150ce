"""How `--help` reads: headings, defaults, values, whole sentences."""

import re
from collections.abc import Iterable

import pytest
from typer.main import get_command

from quantsig.backtest.sweep.grid import RANKED_BY
from quantsig.cli.app import app
from quantsig.cli.commands.signals import FORMS
from quantsig.cli.commands.sweep import RANKED
from quantsig.cli.options.help import first_sentence, settings_of_verb
from quantsig.cli.options.of_settings import option_of
from quantsig.settings_tree import known_keys
from quantsig.signals.inference.exports import FORMATS
from tests.cli.conftest import Quantsig
from tests.cli.test_app import every_verb

HEADING = re.compile(r"^(\w[^:]*):$", re.MULTILINE)
MOST_OPTIONS = 14  # under one heading


def lines_of(text: str) -> str:
    """A text whose wrapped lines are one again."""
    return " ".join(text.split())


def test_options_stand_under_headings(quantsig: Quantsig) -> None:
    """Those of the verb first, those that most verbs have last."""
    out = quantsig("backtest", "--help").out
    assert HEADING.findall(out) == [
        "Arguments",
        "Options",
        "How signals are traded",
        "How bars are read",
        "News",
        "Settings and output",
    ]


@pytest.mark.parametrize("words", [*every_verb()], ids=" ".join)
def test_no_heading_has_too_many(quantsig: Quantsig, words: tuple[str, ...]) -> None:
    """A list is read at a glance."""
    parts = HEADING.split(quantsig(*words, "--help").out)[2::2]
    assert max(len(re.findall(r"^  -", part, re.MULTILINE)) for part in parts) <= MOST_OPTIONS


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("train", "Which model; see: quantsig models. [default: resnet18]"),
        ("walk", "At most so many. [default: 10]"),
        ("train", "--device [auto|cpu|cuda]"),
        ("backtest", "--fill-price [open|close|typical]"),
        ("backtest", "One account for all symbols, or for each. [default: own-cash]"),
        ("backtest", "[default: drop-unfinished]"),
        ("samples build", "Charts to draw. [default: auto]"),
        ("samples build", "--bar-label [open|close] Whether a bar is stamped with its open"),
        ("judge", "--kind [score|probability]"),
        ("signals", "--format [parquet|csv|json]"),
        ("sweep", "--by FIGURE What is best: sharpe, total_return"),
    ],
)
def test_defaults_and_values_are_shown(quantsig: Quantsig, words: str, said: str) -> None:
    """Those of the settings, wherever a verb sets one."""
    assert said in lines_of(quantsig(*words.split(), "--help").out)


def test_a_default_is_not_broken(quantsig: Quantsig, monkeypatch: pytest.MonkeyPatch) -> None:
    """At no width."""
    for columns in (50, 60, 70, 80, 100):
        monkeypatch.setenv("COLUMNS", str(columns))
        assert "[default:\n" not in quantsig("backtest", "--help").out


def test_the_list_of_verbs_cuts_no_sentence(
    quantsig: Quantsig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each verb's first sentence is there to its end at 60 and 80 columns."""
    for columns in (60, 80):
        monkeypatch.setenv("COLUMNS", str(columns))
        out = quantsig("--help").out
        assert "..." not in out.replace("COMMAND [ARGS]...", "")
        listed = out.partition("To begin with:")[2]
        assert all(len(line) <= columns for line in listed.splitlines())
        for name, verb in get_command(app).commands.items():  # type: ignore[attr-defined]
            assert f"{name} {lines_of(first_sentence(verb.help))}" in lines_of(out)


@pytest.mark.parametrize(("shown", "table"), [(RANKED, RANKED_BY), (FORMS, FORMATS)])
def test_names_that_are_shown_are_those_of_the_table(
    shown: Iterable[str], table: Iterable[str]
) -> None:
    """The tables stand in rooms that are too heavy to import for a help."""
    assert tuple(shown) == tuple(table)


@pytest.mark.parametrize("words", [*every_verb()], ids=" ".join)
def test_an_option_sets_the_setting_that_it_says(words: tuple[str, ...]) -> None:
    """As `config explain` names it."""
    verb = get_command(app)
    for word in words:
        verb = verb.commands[word]  # type: ignore[attr-defined]
    for name, setting in settings_of_verb(verb).items():
        declared = next(one for one in verb.params if one.name == name)
        assert setting in known_keys()
        if setting != "samples.path":  # which verbs also take as an argument
            assert str(option_of(setting)).partition("/")[0] in declared.opts
