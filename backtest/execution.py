"""One definition of execution: every setting of how a signal is traded and what that costs.

A decision at the close of bar t fills `delay_bars` later, at one price of that bar, against us
by the slippage. The trade ends at a stop, at its target, after its holding limit, or at the last
close where the bars end first. Imports nothing heavy.
"""

import math
from dataclasses import dataclass
from typing import Literal, get_args

from quantsig.data.errors import refused, unknown_name
from quantsig.data.language.messages import phrase, term

FillPrice = Literal["open", "close", "typical"]
Sizing = Literal["fraction", "equal_weight", "fixed_cash", "volatility_target", "kelly"]
Directions = Literal["both", "long", "short"]

WHOLE_BPS = 10_000.0
MOST_BARS = 1_000_000_000  # of a setting; more than anybody has


@dataclass(frozen=True, kw_only=True, slots=True)
class Execution:
    """How a signal is traded, and what that costs.

    Money is in the currency of the prices; an account begins with its part of `start_capital`.
    """

    delay_bars: int | None = None  # from the decision to the entry; None: that of the label
    holding_bars: int | None = None  # from entry to timed exit; None: the horizon of the label
    fill_price: FillPrice = "open"  # of entries and timed exits; typical: (high + low + close) / 3
    directions: Directions = "both"  # the others' signals are counted and not traded
    # costs
    fee_bps: float = 1.0  # per side, basis points of the traded value
    minimum_fee: float = 0.0  # per side, money
    slippage_bps: float = 1.0  # per side, basis points of the price, against us
    # exits
    stop_loss: float | None = None  # fraction of the entry's price; None: the signal's own
    take_profit: float | None = None  # fraction of the entry's price; None: the signal's own
    trailing_stop: float | None = None  # fraction of the best price up to the bar before
    maintenance_margin: float | None = None  # of a short's value; None: it is never called
    # size
    sizing: Sizing = "fraction"
    size_fraction: float = 1.0  # of the account, entry fee included; the largest of every sizing
    fixed_cash: float | None = None  # fixed_cash: money a trade
    target_volatility: float = 0.01  # volatility_target: of the account's return in one bar
    volatility_bars: int = 20  # volatility_target: bars up to the decision that it is taken from
    kelly_share: float = 0.5  # kelly: of the fraction that grows fastest
    kelly_win: float | None = None  # kelly: mean win, a fraction; None: the target
    kelly_loss: float | None = None  # kelly: mean loss, a fraction; None: the stop
    lot_size: float = 0.0  # shares that a trade is a multiple of; 0: any part of a share
    # account
    start_capital: float = 1e6  # money of all accounts together
    shared_cash: bool = False  # one account for all symbols, or an equal one for each
    # market
    same_session_sale: bool = True  # false: what was bought is sold in a later session (T+1)
    price_limit: float | None = None  # of a session, a fraction of the close of the one before
    price_tick: float = 0.01  # money that price limits are rounded to; 0: not at all
    trade_without_volume: bool = True  # false: a bar whose volume is zero fills nothing

    @property
    def looks_back(self) -> bool:
        """Whether an order depends on bars before the first that is traded."""
        return self.price_limit is not None or self.sizing == "volatility_target"

    def __post_init__(self) -> None:
        for name, (good, remedy) in self._checks().items():
            if not good:
                raise refused(f"backtest.{name}", getattr(self, name), remedy)
        for name, kind in (
            ("fill_price", FillPrice),
            ("directions", Directions),
            ("sizing", Sizing),
        ):
            known = get_args(kind)
            if getattr(self, name) not in known:
                raise unknown_name(name, getattr(self, name), known, where=f"backtest.{name}")
        if self.sizing == "fixed_cash" and self.fixed_cash is None:
            raise refused("backtest.fixed_cash", None, "Give the money of one trade.")

    @property
    def fee(self) -> float:
        """Fee per side as a fraction of the traded value."""
        return self.fee_bps / WHOLE_BPS

    @property
    def slippage(self) -> float:
        """Slippage per side as a fraction of the price."""
        return self.slippage_bps / WHOLE_BPS

    def _checks(self) -> dict[str, tuple[bool, str]]:
        """Whether each number makes sense, and what to give instead."""
        bars = {
            name: (
                value is None or least <= value <= MOST_BARS,
                phrase("Give at least {least}.", least=least)
                if value is None or value < least
                else TOO_MANY,
            )
            for name, value, least in (
                ("delay_bars", self.delay_bars, 1),
                ("holding_bars", self.holding_bars, 1),
                ("volatility_bars", self.volatility_bars, 2),
            )
        }
        return (
            bars
            | {name: _basis_points(getattr(self, name)) for name in ("fee_bps", "slippage_bps")}
            | {name: _part(getattr(self, name)) for name in PARTS}
            | {name: _whole_part(getattr(self, name)) for name in ("size_fraction", "kelly_share")}
            | {name: _positive(getattr(self, name)) for name in POSITIVE}
            | {name: _not_negative(getattr(self, name)) for name in NOT_NEGATIVE}
        )


TOO_MANY = phrase("Give at most {most}.", most=MOST_BARS)
PARTS = ("stop_loss", "trailing_stop", "maintenance_margin", "price_limit")
POSITIVE = (
    "take_profit",
    "fixed_cash",
    "target_volatility",
    "kelly_win",
    "kelly_loss",
    "start_capital",
)
NOT_NEGATIVE = ("minimum_fee", "lot_size", "price_tick")


def _basis_points(value: float) -> tuple[bool, str]:
    return 0 <= value < WHOLE_BPS, term("Give 0 to below 10000.")


def _part(value: float | None) -> tuple[bool, str]:
    good = value is None or 0 < value < 1
    return good, term("Give a fraction between 0 and 1, or leave it out.")


def _whole_part(value: float) -> tuple[bool, str]:
    return 0 < value <= 1, term("Give a fraction above 0 and at most 1.")


def _positive(value: float | None) -> tuple[bool, str]:
    return value is None or 0 < value < math.inf, term("Give a number above 0.")


def _not_negative(value: float) -> tuple[bool, str]:
    return 0 <= value < math.inf, term("Give 0 or more.")
