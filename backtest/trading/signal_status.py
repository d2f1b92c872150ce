"""What becomes of a signal: it is traded, or there is a reason why it is not."""

from enum import IntEnum


class SignalStatus(IntEnum):
    """By the numbers that compiled loops keep."""

    TRADED = 0
    POSITION_OPEN = 1
    NO_BAR_TO_FILL = 2
    PRICE_LIMIT = 3
    SUSPENDED = 4
    NO_CASH = 5
    BELOW_ONE_LOT = 6
    ACCOUNT_BANKRUPT = 7
    NO_STAKE = 8
    OTHER_DIRECTION = 9

    @property
    def text(self) -> str:
        """As stats.json counts it."""
        return self.name.lower().replace("_", " ")


ALWAYS_COUNTED = (SignalStatus.POSITION_OPEN, SignalStatus.NO_BAR_TO_FILL)
