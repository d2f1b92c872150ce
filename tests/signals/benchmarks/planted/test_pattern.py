"""Networks of sequences find the planted pattern."""

from dataclasses import replace

import pytest
import torch

from quantsig.data.benchmarks.scale import FULL
from quantsig.signals.benchmarks.planted.pattern import measure

CPU = torch.device("cpu")
SMALL = replace(FULL, planted_cells=1_500, planted_seeds=1, planted_sequence_epochs=10)


def test_an_lstm_finds_the_pattern_in_few_bars() -> None:
    """One seed of a third of the bars and half the epochs, against an oracle."""
    found = measure(SMALL, CPU, network="lstm").figures["share_of_oracle"]
    assert found is not None
    assert found > 0.7


@pytest.mark.soak
@pytest.mark.parametrize(
    ("network", "least"),
    [("lstm", 0.9), ("bilstm", 0.9), ("alstm", 0.9), ("cnn_lstm", 0.9), ("scinet", 0.8)],
)
def test_networks_of_sequences_find_the_pattern(network: str, least: float) -> None:
    """The median of three seeds, on bars of each seed's own."""
    found = measure(FULL, CPU, network=network).figures["share_of_oracle"]
    assert found is not None
    assert found >= least
