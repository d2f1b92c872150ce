"""Volumes named after the assets of a pair: `Volume BTC` counts coins, `Volume USDT` money."""

import re
from collections.abc import Iterable, Sequence

from quantsig.data.tables.columns import plain

NAMED_AFTER = re.compile(r"vol(?:ume)? ([a-z0-9]{2,10})")


def assets(names: Iterable[str]) -> dict[str, str]:
    """Each column that is a volume of one asset, and the asset in capitals."""
    found = ((name, NAMED_AFTER.fullmatch(plain(name))) for name in names)
    return {name: match[1].upper() for name, match in found if match}


def base_volume(names: Sequence[str], symbols: Iterable[str]) -> str | None:
    """The column that counts units of what the pairs trade, which their names begin with.

    Args:
        names: of the columns.
        symbols: as the file spells them, such as BTC/USDT or BTCUSDT.

    Returns:
        None where no such column, or more than one, is that of every symbol.
    """
    spelt = {re.sub(r"[^A-Z0-9]", "", symbol.upper()) for symbol in symbols}
    held = assets(names)
    bought = [name for name, asset in held.items() if all(one.startswith(asset) for one in spelt)]
    paid = [name for name, asset in held.items() if all(one.endswith(asset) for one in spelt)]
    others = [name for name in held if name not in paid]  # XBTUSD is of the volumes BTC and USD
    found = [name for name in bought if name not in paid] or (others if paid else [])
    return found[0] if spelt and len(found) == 1 else None
