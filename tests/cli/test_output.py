"""What people and programs are shown."""

import json
import math

import pytest

from quantsig.cli.output import (
    print_document,
    print_figures,
    print_table,
    printable,
    readable,
    stage,
)


def test_a_document_is_json_without_nan(capsys: pytest.CaptureFixture[str]) -> None:
    """What does not exist is null, so that any parser reads it."""
    print_document("demo", {"sharpe": math.nan, "trades": 3}, path="run")
    assert json.loads(capsys.readouterr().out) == {
        "schema": "quantsig.demo/1",
        "figures": {"sharpe": None, "trades": 3},
        "path": "run",
    }


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("precision", 0.4957, "49.57%"),
        ("max_drawdown", -0.125, "-12.50%"),
        ("sharpe", 1.23456, "1.235"),
        ("trades", 12345, "12,345"),
        ("sharpe", None, "-"),
        ("precision", math.nan, "-"),
        ("edge", False, "False"),
        ("model", "resnet18", "resnet18"),
    ],
)
def test_a_figure_for_people(name: str, value: object, text: str) -> None:
    """Fractions are percent, what is missing is a dash."""
    assert readable(name, value) == text


def test_figures_are_lined_up(capsys: pytest.CaptureFixture[str]) -> None:
    """One a line, names without underscores."""
    print_figures({"base_rate": 0.1, "trades": 2})
    assert capsys.readouterr().out == "base rate  10.00%\ntrades     2\n"


def test_a_table_has_the_named_columns(capsys: pytest.CaptureFixture[str]) -> None:
    """Under their headings; a row without a value shows a dash; text in brackets is text."""
    print_table([{"run": "[a]", "recall": 0.5}, {"run": "b"}], {"run": "run", "recall": "found"})
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines == [["run", "found"], ["[a]", "50.00%"], ["b", "-"]]


def test_a_stage_is_two_lines_on_stderr_without_a_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Start and end; nothing on stdout, and no bar in a log."""
    with stage("Training") as progress:
        progress(1, 2)
    captured = capsys.readouterr()
    first, second = captured.err.splitlines()
    assert captured.out == ""
    assert first == "Training ..."
    assert second.startswith("Training: done in ")


def test_a_long_stage_says_how_far_it_is_and_what_is_left(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At most a line in ten seconds: a quarter took 20 s, so three more take 60."""
    clock = iter([0.0, 5.0, 20.0, 25.0, 80.0])
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    with stage("Simple models") as progress:
        for done in (0, 1, 2):
            progress(done, 4)
    lines = capsys.readouterr().err.splitlines()
    assert lines[1:] == [
        "Simple models: 25%, about 1 min 0 s left",
        "Simple models: done in 80.0 s",
    ]


def test_no_time_is_foretold_from_the_first_moments(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One step of a thousand took 20 s, as what it needs was compiled: 5 h would be wrong."""
    clock = iter([0.0, 20.0, 40.0, 80.0])
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    with stage("Training") as progress:
        for done in (1, 500):
            progress(done, 1_000)
    lines = capsys.readouterr().err.splitlines()
    assert lines[1:] == ["Training: 50%, about 40 s left", "Training: done in 80.0 s"]


def test_a_stage_is_a_bar_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bar shows the share that is done."""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with stage("Training") as progress:
        progress(1, 2)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Training" in captured.err
    assert "100%" in captured.err


def test_a_stage_that_fails_is_not_done(capsys: pytest.CaptureFixture[str]) -> None:
    """No word of success after an error."""
    with pytest.raises(ZeroDivisionError), stage("Training"):
        raise ZeroDivisionError
    assert "done" not in capsys.readouterr().err


def test_control_characters_of_foreign_names_never_reach_a_terminal() -> None:
    """A file name may hold an escape sequence; letters of any language stay."""
    assert readable("file", "a\x1b[2J\tb 涨.zst") == "a\\x1b[2J\\tb 涨.zst"
    assert printable("two\nlines") == "two\nlines"
