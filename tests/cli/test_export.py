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
