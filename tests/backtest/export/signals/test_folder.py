"""The folder of exported signals: what it says, and what cannot be written."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from quantsig.backtest.execution import Execution
from quantsig.backtest.export.signals import TARGETS
from quantsig.backtest.export.signals.folder import export_signals
from quantsig.backtest.export.signals.target import file_names
from quantsig.cli.commands import export as verb
from quantsig.data.errors import ConfigError, DataError, UsageError
from quantsig.signals.runs import Run
from tests.backtest.export.signals.conftest import made_run


def test_the_verb_completes_what_there_is() -> None:
    """One list, though the verb loads none of the targets."""
    assert tuple(TARGETS) == verb.TARGETS


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_tells_what_it_wrote(hourly: Run, tmp_path: Path, target: str) -> None:
    """Document, README with the words on test rows, and a program; each file it names is there."""
    folder = export_signals(hourly, target, tmp_path / "out", execution=Execution(fee_bps=7))
    about = json.loads((folder / "export.json").read_text())
    taken = hourly.signals().filter("take", split="test").height
    assert (about["target"], about["split"], about["taken"]) == (target, "test", taken)
    assert about["fee"] == pytest.approx(7e-4)
    readme = (folder / "README.md").read_text()
    assert "opened when `quantsig signals` wrote them" in readme
    assert "{" not in readme
    script = (folder / TARGETS[target].script).read_text()
    assert target in script
    compile(script, target, "exec")
    assert all((folder / file).is_file() for file in about["files"].values() if "." in file)


def test_calibration_rows_are_said_to_flatter(hourly: Run, tmp_path: Path) -> None:
    """Of their own split, and none of the other."""
    folder = export_signals(
        hourly, "qlib", tmp_path / "out", split="calibration", execution=Execution()
    )
    assert "they flatter" in (folder / "README.md").read_text()


def test_a_folder_that_exists_is_left_alone(hourly: Run, tmp_path: Path) -> None:
    """Unless it is to be replaced."""
    (tmp_path / "old").write_text("mine")
    with pytest.raises(UsageError):
        export_signals(hourly, "qlib", tmp_path, execution=Execution())
    assert (tmp_path / "old").read_text() == "mine"


def test_unknown_names_list_the_known(hourly: Run, tmp_path: Path) -> None:
    """Of targets and of splits; nothing is written."""
    with pytest.raises(ConfigError, match="backtrader"):
        export_signals(hourly, "backtrade", tmp_path / "out", execution=Execution())
    with pytest.raises(ConfigError, match="calibration"):
        export_signals(hourly, "qlib", tmp_path / "out", split="train", execution=Execution())
    assert not (tmp_path / "out").exists()


def test_bars_that_are_no_candles_are_refused(tmp_path: Path) -> None:
    """freqtrade has no 17 minutes."""
    run = made_run(tmp_path, timedelta(minutes=17))
    with pytest.raises(DataError, match="17m"):
        export_signals(run, "freqtrade", tmp_path / "out", execution=Execution())
    assert not (tmp_path / "out").exists()


def test_two_symbols_never_share_a_file() -> None:
    """Nor do they where a disk knows no capitals."""
    assert file_names(["BTC/USDT:USDT", "^GSPC"], "run") == {
        "BTC/USDT:USDT": "BTC_USDT_USDT",
        "^GSPC": "^GSPC",
    }
    with pytest.raises(DataError, match="btc_usdt"):
        file_names(["BTC/USDT", "btc.usdt"], "run")
