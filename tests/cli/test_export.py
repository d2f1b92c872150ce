"""`quantsig export`: what it writes, and what cannot be exported."""

from pathlib import Path

import pytest

from tests.cli.conftest import Quantsig, assert_done
from tests.golden.opened import open_workspace


@pytest.mark.filterwarnings("ignore")
def test_a_network_becomes_a_folder(quantsig: Quantsig, own_folder: Path) -> None:
    """All of it at once, or nothing; a second time it is left alone."""
    pytest.importorskip("onnxscript", reason="the extra onnx is not installed")
    open_workspace(own_folder)
    answer = assert_done(quantsig("export", "runs/first", "--onnx", "out", "--json"))
    assert set(answer.document["figures"]) == {
        "card.md",
        "example.py",
        "inputs.npy",
        "network.json",
        "network.onnx",
        "probabilities.npy",
    }
    again = quantsig("export", "runs/first", "--onnx", "out")
    assert again.code == 2
    assert len(again.complaint) == 3


def test_a_target_is_needed(quantsig: Quantsig, own_folder: Path) -> None:
    """Exit code 2, as any argument that is missing."""
    assert quantsig("export", "runs/first").code == 2
    assert quantsig("export", "runs/absent", "--onnx", "out").code == 3
    both = quantsig("export", "runs/first", "--onnx", "out", "--signals-for", "qlib")
    assert (both.code, len(both.complaint)) == (2, 3)


def test_signals_become_a_folder(quantsig: Quantsig, own_folder: Path) -> None:
    """Named after run and program; an unknown program is refused with the known ones."""
    open_workspace(own_folder)
    answer = assert_done(quantsig("export", "runs/first", "--signals-for", "backtrader", "--json"))
    assert answer.document["folder"] == "first-backtrader"
    assert "feeds/A.csv" in answer.document["figures"]
    assert (own_folder / "first-backtrader" / "feeds" / "A.csv").is_file()
    unknown = quantsig("export", "runs/first", "--signals-for", "zipline")
    assert (unknown.code, len(unknown.complaint)) == (3, 3)
    assert "freqtrade" in unknown.complaint[-1]
