"""Minutes of histdata.com: no header, semicolons, New York's standard time all the year."""

from collections.abc import Sequence

from quantsig.data.tables.fields import match
from quantsig.data.tables.layout import Layout

VALUE = r"\d+(\.\d+)?"


def _fits_row(fields: Sequence[str]) -> bool:
    return match(fields, r"\d{8} \d{6}", VALUE, VALUE, VALUE, VALUE, r"\d+")


HISTDATA = Layout(
    name="histdata",
    about="minutes of histdata.com",
    header=("timestamp", "open", "high", "low", "close", "volume"),
    timezone="Etc/GMT+5",
    bar_label="open",
    fits_row=_fits_row,
)
