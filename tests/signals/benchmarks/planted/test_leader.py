"""Networks of cross-sections find the planted leader."""

from dataclasses import replace

import pytest
import torch

from quantsig.data.benchmarks.scale import FULL, QUICK
from quantsig.signals.benchmarks.planted.leader import measure

CPU = torch.device("cpu")


def test_the_control_is_measured_beside_one_symbol_at_a_time() -> None:
    """Few bars and one epoch: figures of the network, the oracle, and of an LSTM alone."""
    found = measure(replace(QUICK, planted_times=500), CPU, network="panel_cnn")
    assert set(found.figures) == {"average_precision", "share_of_oracle", "seconds"}
    rates, oracles = (found.details[name] for name in ("base_rates", "oracle_average_precisions"))
    assert isinstance(rates, list)
    assert isinstance(oracles, list)
    assert oracles[0] > 1.5 * rates[0]


@pytest.mark.soak
@pytest.mark.parametrize(("network", "least"), [("dtml", 0.9), ("panel_cnn", 0.7)])
def test_networks_of_cross_sections_find_the_leader(network: str, least: float) -> None:
    """The median of three seeds; one symbol at a time is at the base rate."""
    found = measure(FULL, CPU, network=network)
    share = found.figures["share_of_oracle"]
    assert share is not None
    assert share >= least
    rates = found.details["base_rates"]
    alone = found.details["alone_average_precisions"]
    assert isinstance(rates, list)
    assert isinstance(alone, list)
    for rate, precision in zip(rates, alone, strict=True):
        assert precision < 1.3 * rate
