"""Which function PATH.py:NAME means, and what it is."""

from pathlib import Path

import pytest

from quantsig.data.audit.functions import load_function
from quantsig.data.errors import DataError, UsageError

SOURCE = """
from quantsig.data.charts.panels import Panel
from quantsig.data.deferred import Deferred

def feature(bars, window=5): ...
def label(prices, spec): ...
def panel(windows, geometry, out): ...
def none(): ...
LIMIT = 3
EXTENTS = Deferred("quantsig.data.charts.panels.candles", "extents")
CANDLES = Panel(planes=("up", "down", "wicks"), extents=EXTENTS)
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "own.py"
    path.write_text(SOURCE)
    return path


@pytest.mark.parametrize("name", ["feature", "label", "panel"])
def test_the_arguments_tell_the_kind(source: Path, name: str) -> None:
    """One for a feature, two for a label, three for a panel; defaults do not count."""
    assert load_function(f"{source}:{name}").kind == name


def test_a_panel_may_be_named_as_one(source: Path) -> None:
    """Then its planes have names."""
    assert load_function(f"{source}:CANDLES").planes == ("up", "down", "wicks")


@pytest.mark.parametrize("name", ["none", "LIMIT", "missing"])
def test_what_is_no_function_of_bars_is_refused(source: Path, name: str) -> None:
    """A function of nothing, a number, and what is not there."""
    with pytest.raises(DataError, match=f"{name} is no feature"):
        load_function(f"{source}:{name}")


def test_a_file_that_cannot_be_run_is_refused(tmp_path: Path) -> None:
    """Its error is told, and a file that is not there is a wrong argument."""
    (tmp_path / "broken.py").write_text("import nothing_of_this_name")
    with pytest.raises(DataError, match="ModuleNotFoundError"):
        load_function(f"{tmp_path / 'broken.py'}:f")
    with pytest.raises(UsageError, match="no such file"):
        load_function(f"{tmp_path / 'absent.py'}:f")
