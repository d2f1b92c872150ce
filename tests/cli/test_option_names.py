"""How messages of the rooms are spelled on the command line."""

import ast
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from quantsig.cli.app import app
from quantsig.cli.option_names import NAMED, OPTIONS, as_typed
from quantsig.cli.output import note
from quantsig.cli.trouble import explain
from quantsig.data.errors import UsageError
from quantsig.settings_tree import known_keys
from tests.test_structure import SOURCES, tree


@pytest.mark.parametrize(
    ("said", "typed"),
    [
        ("Sort the rows by time, or pass `sort`.", "Sort the rows by time, or pass --sort."),
        ("`allow_different`", "--allow-different"),
        ("`label.rise` 3.2", "--rise 3.2"),
        ("about 10% would with: `label.flat` 0.1", "about 10% would with: --set label.flat=0.1"),
        ("`a b` stays, and so does bars.sort", "`a b` stays, and so does bars.sort"),
    ],
)
def test_a_name_is_spelled_as_an_option(said: str, typed: str) -> None:
    """A setting without an option of its own is set by name."""
    assert as_typed(said) == typed


def test_errors_and_notes_are_spelled(capsys: pytest.CaptureFixture[str]) -> None:
    """All three lines of an error."""
    error = UsageError("Without `meta`.", where="`split` test", remedy="Pass `force`.")
    assert explain(error, verbose=False) == 2
    note("see `adjust`")
    said = ["error: Without --meta.", "  at --split test", "  Pass --force.", "see --adjust"]
    assert capsys.readouterr().err.splitlines() == said


def options_of(command: Any) -> set[str]:
    """Every option of a verb, or of the verbs of a group."""
    own = {flag for one in command.params for flag in (*one.opts, *one.secondary_opts)}
    return own.union(*map(options_of, getattr(command, "commands", {}).values()))


def names_in(source: Path) -> set[str]:
    """What a file names between backquotes in its messages; docstrings do so too, of code."""
    described = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree(source))
        if isinstance(node, described) and node.body and isinstance(node.body[0], ast.Expr)
    }
    return {
        found[0].strip()
        for node in ast.walk(tree(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if id(node) not in docstrings
        for found in NAMED.finditer(node.value)
    }


def test_what_the_rooms_name_can_be_typed() -> None:
    """Every name in a message is an option of some verb, or a setting."""
    rooms = [
        source
        for source in SOURCES
        if source.parts[0] != "cli" and "benchmarks" not in source.parts
    ]
    names = set().union(*map(names_in, rooms))
    settings = {f"--set {name}=" for name in known_keys()}
    assert "`sort`" in names
    assert {as_typed(name) for name in names} - options_of(get_command(app)) - settings == set()
    assert set(OPTIONS) <= set(known_keys())
