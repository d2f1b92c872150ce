"""Volumes that are named after the assets of a pair."""

import pytest

from quantsig.data.sources.pair_volumes import base_volume


@pytest.mark.parametrize(
    ("names", "symbols", "base"),
    [
        (["Volume BTC", "Volume USDT"], ["BTC/USDT"], "Volume BTC"),
        (["volume_usdt", "volume_eth"], ["ETHUSDT"], "volume_eth"),
        (["Volume BTC", "Volume USD"], ["XBTUSD"], "Volume BTC"),  # the other one is the money
        (["Volume USD"], ["BTC/USD"], None),
        (["Volume BTC", "Volume ETH"], ["BTC/USD", "ETH/USD"], None),
        (["Volume BTC", "Volume USDT"], ["SOL/EUR"], None),
        (["Volume BTC"], [], None),
    ],
)
def test_the_volume_of_what_is_traded(
    names: list[str], symbols: list[str], base: str | None
) -> None:
    """The asset that every symbol begins with; where none does, none is taken."""
    assert base_volume(names, symbols) == base
