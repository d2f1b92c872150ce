"""`quantsig demo`: which folder it may write, and what it finds."""

from pathlib import Path

import pytest

from quantsig.cli.commands.demo import claim_folder
from quantsig.data.errors import UsageError
from quantsig.data.storage.documents import read_json
from tests.cli.conftest import Quantsig

OUT = Path("quantsig-demo")


def finish() -> None:
    claim_folder(OUT, force=False)
    (OUT / "run").mkdir()
    (OUT / "run" / "report.html").touch()


def test_a_new_or_empty_folder_is_claimed() -> None:
    """The usual case."""
    OUT.mkdir()
    claim_folder(OUT, force=False)
    assert (OUT / "demo.json").is_file()


def test_an_interrupted_demo_is_done_again() -> None:
    """A folder without a report needs no --force."""
    claim_folder(OUT, force=False)
    claim_folder(OUT, force=False)


def test_a_finished_demo_is_replaced_only_with_force() -> None:
    """Its report may be what someone wants to keep."""
    finish()
    with pytest.raises(UsageError, match="--force"):
        claim_folder(OUT, force=False)
    claim_folder(OUT, force=True)


@pytest.mark.parametrize("force", [False, True])
def test_a_folder_of_something_else_is_never_claimed(force: bool) -> None:
    """--force replaces demos, not other people's samples."""
    (OUT / "samples").mkdir(parents=True)
    with pytest.raises(UsageError, match="no demo wrote"):
        claim_folder(OUT, force=force)


def test_a_file_is_never_claimed() -> None:
    """A file of that name is in the way."""
    OUT.touch()
    with pytest.raises(UsageError):
        claim_folder(OUT, force=True)


@pytest.mark.soak
def test_the_demo_on_real_bars_says_what_it_found(quantsig: Quantsig, own_folder: Path) -> None:
    """Every figure that scripts rely on is a number, and the report is where it says."""
    answer = quantsig("demo", "--json")
    assert answer.code == 0, answer.err
    assert answer.document["schema"] == "quantsig.demo/1"
    figures = answer.document["figures"]
    for name in ("precision", "recall", "average_precision", "base_rate", "total_return", "sharpe"):
        assert isinstance(figures[name], float), name
    assert figures["trades"] > 0
    assert Path(figures["report"]).resolve() == own_folder / "quantsig-demo/run/report.html"
    assert Path(figures["report"]).is_file()
    assert answer.document["verdict"]["edge"] is False


@pytest.mark.soak
def test_the_planted_demo_finds_the_pattern(quantsig: Quantsig) -> None:
    """Average precision .9 and .9 of the oracle's, and profit clear of always-long.

    No market is foreseen so well, so that a leak is suspected, and nothing else stands against it.
    """
    answer = quantsig("demo", "--planted", "--json")
    assert answer.code == 0, answer.err
    figures = answer.document["figures"]
    assert figures["average_precision"] >= 0.9
    assert figures["average_precision"] >= 0.9 * figures["oracle_average_precision"]
    verdict = answer.document["verdict"]
    assert all(check["holds"] for check in verdict["checks"])
    stats = read_json(Path("quantsig-demo/run/backtest/stats.json"))
    assert verdict["reasons"] == stats["leaks"] != []
    assert figures["total_return"] > stats["always_long"]["total_return"] + 0.5
