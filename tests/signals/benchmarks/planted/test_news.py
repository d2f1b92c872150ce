"""Networks of news find the word that decides, and nothing where it came too late."""

import pytest
import torch

from quantsig.data.benchmarks.scale import FULL, QUICK
from quantsig.signals.benchmarks.planted.news import measure

CPU = torch.device("cpu")


def test_the_control_is_measured_beside_news_that_came_late() -> None:
    """Few cells and one epoch: the oracle knows the words that were there in time."""
    found = measure(QUICK, CPU, network="pen")
    assert set(found.figures) == {"average_precision", "share_of_oracle", "seconds"}
    rates, oracles = (found.details[name] for name in ("base_rates", "oracle_average_precisions"))
    assert oracles[0] > 3.0 * rates[0]
    assert len(found.details["late_average_precisions"]) == 1


@pytest.mark.soak
@pytest.mark.parametrize("network", ["han", "stocknet", "pen"])
def test_networks_of_news_find_the_word(network: str) -> None:
    """The median of three seeds; of late news nothing, but by chance."""
    found = measure(FULL, CPU, network=network)
    share = found.figures["share_of_oracle"]
    assert share is not None
    assert share >= 0.9
    late, rates = (found.details[name] for name in ("late_average_precisions", "late_base_rates"))
    for precision, rate in zip(late, rates, strict=True):
        assert precision < 1.3 * rate
