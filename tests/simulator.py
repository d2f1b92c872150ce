"""A plain backtest to check the product against: one account, one bar, one event at a time.

It shares no code with the product and no idea either: no kernel, no barrier walk, no vectorbt.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Bar:
    time: int
    open: float
    high: float
    low: float
    close: float


@dataclass(frozen=True)
class Signal:
    bar: int
    direction: int
    holding: int
    stop: float | None = None
    target: float | None = None


@dataclass(frozen=True)
class Rules:
    delay: int = 1
    fee: float = 0.0
    slippage: float = 0.0
    fraction: float = 1.0


@dataclass(frozen=True)
class Trade:
    symbol: str
    direction: int
    entry_time: int
    exit_time: int
    entry_price: float
    exit_price: float
    size: float
    fees: float
    profit: float
    reason: str


@dataclass
class Position:
    signal: Signal
    entry_bar: int
    entry_time: int
    entry_price: float
    units: float
    fee: float
    stop: float | None
    target: float | None


@dataclass
class Account:
    symbol: str
    cash: float
    rules: Rules
    position: Position | None = None
    trades: list[Trade] = field(default_factory=list)
    values: dict[int, float] = field(default_factory=dict)
    blocked: int = 0
    unfilled: int = 0

    def run(self, bars: list[Bar], signals: list[Signal]) -> None:
        for number, bar in enumerate(bars):
            self.leave_on_time(number, bar)
            for signal in signals:
                if signal.bar + self.rules.delay == number:
                    self.enter(number, bar, signal)
            self.leave_inside(bar)
            if number == len(bars) - 1 and self.position:
                self.leave(bar, bar.close, "end")
            self.values[bar.time] = self.value(bar.close)
        self.unfilled = sum(signal.bar + self.rules.delay >= len(bars) for signal in signals)

    def value(self, price: float) -> float:
        return self.cash + (self.position.units * price if self.position else 0.0)

    def enter(self, number: int, bar: Bar, signal: Signal) -> None:
        if self.position:
            self.blocked += 1
            return
        sign = signal.direction
        price = bar.open + sign * bar.open * self.rules.slippage
        budget = self.cash * self.rules.fraction
        units = budget / (price + price * self.rules.fee)
        fee = units * price * self.rules.fee
        self.cash -= sign * units * price + fee
        self.position = Position(
            signal=signal,
            entry_bar=number,
            entry_time=bar.time,
            entry_price=price,
            units=sign * units,
            fee=fee,
            stop=None if signal.stop is None else bar.open * (1 - sign * signal.stop),
            target=None if signal.target is None else bar.open * (1 + sign * signal.target),
        )

    def leave_on_time(self, number: int, bar: Bar) -> None:
        held = self.position
        if held and number == held.entry_bar + held.signal.holding:
            self.leave(bar, bar.open, "time")

    def leave_inside(self, bar: Bar) -> None:
        held = self.position
        if not held:
            return
        if held.units > 0:
            if held.stop is not None and bar.low <= held.stop:
                self.leave(bar, min(bar.open, held.stop), "stop")
            elif held.target is not None and bar.high >= held.target:
                self.leave(bar, max(bar.open, held.target), "target", limit=held.target)
        elif held.stop is not None and bar.high >= held.stop:
            self.leave(bar, max(bar.open, held.stop), "stop")
        elif held.target is not None and bar.low <= held.target:
            self.leave(bar, min(bar.open, held.target), "target", limit=held.target)

    def leave(self, bar: Bar, price: float, reason: str, limit: float | None = None) -> None:
        held = self.position
        assert held is not None
        sign = held.signal.direction
        price -= sign * price * self.rules.slippage
        if limit is not None:
            price = max(price, limit) if sign > 0 else min(price, limit)
        fee = abs(held.units) * price * self.rules.fee
        self.cash += held.units * price - fee
        self.trades.append(
            Trade(
                symbol=self.symbol,
                direction=sign,
                entry_time=held.entry_time,
                exit_time=bar.time,
                entry_price=held.entry_price,
                exit_price=price,
                size=abs(held.units),
                fees=held.fee + fee,
                profit=held.units * (price - held.entry_price) - held.fee - fee,
                reason=reason,
            )
        )
        self.position = None


def simulate(
    bars: dict[str, list[Bar]], signals: dict[str, list[Signal]], rules: Rules
) -> tuple[dict[str, Account], list[float]]:
    """The accounts by symbol, and the equity at every time that any symbol has a bar."""
    accounts = {name: Account(name, 1.0 / len(bars), rules) for name in bars}
    for name, account in accounts.items():
        account.run(bars[name], signals[name])
    times = sorted({bar.time for series in bars.values() for bar in series})
    return accounts, [
        sum(_worth(account, time, len(bars)) for account in accounts.values()) for time in times
    ]


def _worth(account: Account, time: int, accounts: int) -> float:
    past = [value for moment, value in account.values.items() if moment <= time]
    return past[-1] if past else 1.0 / accounts
