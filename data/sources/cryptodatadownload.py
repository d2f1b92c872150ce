"""Candles of CryptoDataDownload: a link above the header, and a volume per asset of the pair."""

from collections.abc import Collection, Sequence

from quantsig.data.sources.pair_volumes import assets
from quantsig.data.tables.layout import Layout

LINK = "cryptodatadownload.com"


def has_link(lines: Sequence[str]) -> bool:
    """Whether lines above a header name the source."""
    return any(LINK in line.lower() for line in lines)


def _fits_names(names: Collection[str]) -> bool:
    """A pair of volumes beside a date and a symbol."""
    return {"date", "symbol"} <= set(names) and len(assets(names)) > 1


CRYPTODATADOWNLOAD = Layout(
    name="cryptodatadownload",
    about="candles of CryptoDataDownload",
    columns={"timestamp": "unix"},
    timezone="UTC",
    bar_label="open",
    fits_names=_fits_names,
)
