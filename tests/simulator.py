"""A plain backtest to check the product against: one time, one symbol, one event after the other.

It shares no code with the product and no idea either: no kernel, no barrier walk, no vectorbt.
A position is followed from bar to bar with what it knows so far; money is in whole currency.
"""

import itertools
import math
import statistics
from collections import Counter
from dataclasses import dataclass, field

DAY = 86_400_000_000
NOTHING = 1e-9  # part of an account's first money


@dataclass(frozen=True)
class Bar:
    time: int
    open: float
    high: float
    low: float
    close: float
    volume: float = 1.0
    factor: float = 1.0


def day_of(bar: "Bar") -> int:
    """A bar is of the UTC day that it closes in; one that closes at midnight of the day before."""
    return (bar.time - 1) // DAY


@dataclass(frozen=True)
class Signal:
    bar: int
    direction: int
    holding: int
    stop: float | None = None
    target: float | None = None
    probability: float = 0.5


@dataclass(frozen=True)
class Rules:
    delay: int = 1
    price: str = "open"
    directions: str = "both"
    fee: float = 0.0
    minimum_fee: float = 0.0
    slippage: float = 0.0
    trailing: float | None = None
    maintenance: float | None = None
    sizing: str = "fraction"
    fraction: float = 1.0
    cash: float | None = None
    volatility: float = 0.01
    volatility_bars: int = 20
    kelly_share: float = 0.5
    kelly_win: float | None = None
    kelly_loss: float | None = None
    lot: float = 0.0
    capital: float = 1.0
    shared: bool = False
    same_day_sale: bool = True
    limit: float | None = None
    tick: float = 0.01
    idle_bars_fill: bool = True


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
    slippage: float
    profit: float
    reason: str


@dataclass
class Account:
    start: float
    cash: float
    lost: int | None = None
    positions: "dict[str, Position]" = field(default_factory=dict)

    @property
    def free(self) -> float:
        """Cash beside the proceeds of shorts and as much again."""
        return self.cash - sum(2 * p.shares * p.price for p in self.positions.values() if p.short)


@dataclass
class Position:
    signal: Signal
    number: int  # of the entry bar
    time: int
    shares: float
    price: float
    fee: float
    slipped: float
    stop: float | None
    target: float | None
    called: float | None
    best: float

    @property
    def short(self) -> bool:
        return self.signal.direction < 0

    def stops(self, rules: Rules) -> list[tuple[float, str]]:
        """Every stop with its name, the plain one before those at the same price."""
        found = [] if self.stop is None else [(self.stop, "stop")]
        if rules.trailing is not None:
            away = 1 + rules.trailing if self.short else 1 - rules.trailing
            found.append((self.best * away, "trailing stop"))
        if self.called is not None:
            found.append((self.called, "margin call"))
        return found


class Simulation:
    def __init__(
        self, bars: dict[str, list[Bar]], signals: dict[str, list[Signal]], rules: Rules
    ) -> None:
        self.bars, self.signals, self.rules = bars, signals, rules
        part = rules.capital if rules.shared else rules.capital / len(bars)
        owners = {"all": list(bars)} if rules.shared else {name: [name] for name in bars}
        self.accounts: dict[str, Account] = {}
        for names in owners.values():
            account = Account(part, part)
            self.accounts |= dict.fromkeys(names, account)
        self.number = dict.fromkeys(bars, -1)
        self.mark = {name: series[0].open for name, series in bars.items()}
        self.trades: list[Trade] = []
        self.ignored: dict[str, Counter[str]] = {name: Counter() for name in bars}
        self.equity: list[float] = []

    def run(self) -> None:
        for name, series in self.bars.items():
            late = [s for s in self.signals[name] if s.bar + self.rules.delay >= len(series)]
            for signal in late:
                reason = "no bar to fill" if self.wanted(signal) else "other direction"
                self.ignored[name][reason] += 1
        for time in sorted({bar.time for series in self.bars.values() for bar in series}):
            self.step(time)

    def step(self, time: int) -> None:
        here = {}
        for name, series in self.bars.items():
            following = self.number[name] + 1
            if following < len(series) and series[following].time == time:
                self.number[name] = following
                here[name] = series[following]
        if self.rules.price != "close":
            self.mark |= {name: bar.open for name, bar in here.items()}
            for name, bar in here.items():
                self.leave_on_time(name, bar)
            self.enter_all(here)
        for name, bar in here.items():
            self.live_through(name, bar)
        self.mark |= {name: bar.close for name, bar in here.items()}
        self.stop_the_ruined(time)
        if self.rules.price == "close":
            self.enter_all(here)
        own = {id(account): account for account in self.accounts.values()}
        self.equity.append(sum(self.worth(account) for account in own.values()))

    # what orders are filled

    def price_of(self, bar: Bar) -> float:
        typical = (bar.high + bar.low + bar.close) / 3
        return {"open": bar.open, "close": bar.close, "typical": typical}[self.rules.price]

    def idle(self, bar: Bar) -> bool:
        return not self.rules.idle_bars_fill and bar.volume <= 0

    def fills(self, name: str, number: int, price: float, buying: bool) -> bool:
        """Whether an order at this price is filled in this bar."""
        bar = self.bars[name][number]
        if self.idle(bar):
            return False
        before = [b for b in self.bars[name][:number] if day_of(b) < day_of(bar)]
        if self.rules.limit is None or not before:
            return True
        reference = self.rounded(before[-1].close / bar.factor)  # as the exchange prints it
        if buying:
            return (
                price / bar.factor < self.rounded(reference * (1 + self.rules.limit)) * 0.999999999
            )
        return price / bar.factor > self.rounded(reference * (1 - self.rules.limit)) * 1.000000001

    def rounded(self, price: float) -> float:
        if not self.rules.tick:
            return price
        return math.floor(price / self.rules.tick + 0.500001) * self.rules.tick

    def may_leave(self, name: str, position: Position, price: float) -> bool:
        number = self.number[name]
        today = day_of(self.bars[name][number]) == (position.time - 1) // DAY
        if not position.short and not self.rules.same_day_sale and today:
            return False
        return self.fills(name, number, price, buying=position.short)

    # entries

    def wanted(self, signal: Signal) -> bool:
        allowed = {"both": (1, -1), "long": (1,), "short": (-1,)}[self.rules.directions]
        return signal.direction in allowed

    def enter_all(self, here: dict[str, Bar]) -> None:
        due = []
        for name in here:
            for signal in self.signals[name]:
                if signal.bar + self.rules.delay != self.number[name]:
                    continue
                if self.wanted(signal):
                    due.append((name, signal))
                else:
                    self.ignored[name]["other direction"] += 1
        due.sort(key=lambda pair: -pair[1].probability)
        worth = {name: self.worth(self.accounts[name]) for name in here}
        hopeful = []
        for name, signal in due:
            reason = self.hindrance(name, signal)
            if reason:
                self.ignored[name][reason] += 1
            else:
                hopeful.append((name, signal))
        claims = {
            name: len(self.accounts[name].positions)
            + len({other for other, _ in hopeful if self.accounts[other] is self.accounts[name]})
            for name in here
        }
        for name, signal in hopeful:
            self.enter(name, signal, worth[name], claims[name])

    def hindrance(self, name: str, signal: Signal) -> str | None:
        account, number = self.accounts[name], self.number[name]
        if account.lost is not None:
            return "account bankrupt"
        if name in account.positions:
            return "position open"
        if not self.stake(name, signal) > 0:
            return "no stake"
        if self.rules.price == "close" and number == len(self.bars[name]) - 1:
            return "no bar to fill"
        bar = self.bars[name][number]
        if not self.fills(name, number, self.price_of(bar), buying=signal.direction > 0):
            return "suspended" if self.idle(bar) else "price limit"
        return None

    def stake(self, name: str, signal: Signal) -> float:
        """Part of the account; money for fixed cash; 0 where it is not known."""
        rules = self.rules
        if rules.sizing == "fixed_cash":
            assert rules.cash is not None
            return rules.cash
        if rules.sizing == "volatility_target":
            seen = [bar.close for bar in self.bars[name][: signal.bar + 1]]
            moves = [b / a - 1 for a, b in itertools.pairwise(seen)]
            if len(moves) < rules.volatility_bars:
                return 0.0
            usual = statistics.stdev(moves[-rules.volatility_bars :])
            return min(rules.fraction, rules.volatility / usual) if usual else rules.fraction
        if rules.sizing == "kelly":
            return min(rules.fraction, self.kelly(signal))
        return rules.fraction

    def kelly(self, signal: Signal) -> float:
        win = signal.target if self.rules.kelly_win is None else self.rules.kelly_win
        loss = signal.stop if self.rules.kelly_loss is None else self.rules.kelly_loss
        if win is None or loss is None:
            return 0.0
        win -= 2 * (self.rules.fee + self.rules.slippage)
        loss += 2 * (self.rules.fee + self.rules.slippage)
        if win <= 0:
            return 0.0
        odds = win / loss
        edge = signal.probability * odds - (1 - signal.probability)
        return max(edge / odds / loss, 0.0) * self.rules.kelly_share

    def enter(self, name: str, signal: Signal, worth: float, claims: int) -> None:
        rules, account = self.rules, self.accounts[name]
        if name in account.positions:
            self.ignored[name]["position open"] += 1
            return
        bar, sign = self.bars[name][self.number[name]], signal.direction
        quoted = self.price_of(bar)
        price = quoted + sign * quoted * rules.slippage
        stake = self.stake(name, signal)
        if rules.sizing == "equal_weight":
            stake = stake * worth / claims
        elif rules.sizing != "fixed_cash":
            stake = stake * worth
        budget = min(stake, account.free)
        value = budget / (1 + rules.fee)
        if value * rules.fee < rules.minimum_fee:
            value = budget - rules.minimum_fee
        if value < NOTHING * account.start:
            self.ignored[name]["no cash"] += 1
            return
        shares = value / price
        if rules.lot:
            lots = math.floor(shares * bar.factor / rules.lot + 1e-9)
            if not lots:
                self.ignored[name]["below one lot"] += 1
                return
            shares = lots * rules.lot / bar.factor
        fee = self.fee(shares * price, buying=sign > 0)
        account.cash -= sign * shares * price + fee
        call = None
        if sign < 0 and rules.maintenance is not None:
            call = 2 * price / (1 + rules.maintenance)
        account.positions[name] = Position(
            signal=signal,
            number=self.number[name],
            time=bar.time,
            shares=shares,
            price=price,
            fee=fee,
            slipped=abs(price - quoted),
            stop=None if signal.stop is None else quoted * (1 - sign * signal.stop),
            target=None if signal.target is None else quoted * (1 + sign * signal.target),
            called=call,
            best=quoted,
        )

    def fee(self, value: float, buying: bool) -> float:
        fee = max(value * self.rules.fee, self.rules.minimum_fee)
        return fee if buying else min(fee, value)

    # exits

    def leave_on_time(self, name: str, bar: Bar) -> None:
        held = self.accounts[name].positions.get(name)
        if held and self.number[name] >= held.number + held.signal.holding:
            price = self.price_of(bar)
            if self.may_leave(name, held, price):
                self.leave(name, bar.time, price, "time")

    def live_through(self, name: str, bar: Bar) -> None:
        positions = self.accounts[name].positions
        held = positions.get(name)
        if held and (self.rules.price == "open" or self.number[name] > held.number):
            self.leave_inside(name, held, bar)
            held.best = min(held.best, bar.low) if held.short else max(held.best, bar.high)
        if self.rules.price == "close":
            self.leave_on_time(name, bar)
        if name in positions and bar is self.bars[name][-1]:
            self.leave(name, bar.time, bar.close, "end")

    def leave_inside(self, name: str, held: Position, bar: Bar) -> None:
        stops = held.stops(self.rules)
        if held.short:
            nearest = min(stops, key=lambda stop: stop[0], default=None)
            stopped = nearest is not None and bar.high >= nearest[0]
            reached = held.target is not None and bar.low <= held.target
            worse, better = max, min
        else:
            nearest = max(stops, key=lambda stop: stop[0], default=None)
            stopped = nearest is not None and bar.low <= nearest[0]
            reached = held.target is not None and bar.high >= held.target
            worse, better = min, max
        if nearest is not None and stopped:
            price = worse(bar.open, nearest[0])
            if self.may_leave(name, held, price):
                self.leave(name, bar.time, price, nearest[1])
        elif held.target is not None and reached:
            price = better(bar.open, held.target)
            if self.may_leave(name, held, price):
                self.leave(name, bar.time, price, "target", limit=held.target)

    def leave(
        self, name: str, time: int, quoted: float, reason: str, limit: float | None = None
    ) -> None:
        account = self.accounts[name]
        held = account.positions.pop(name)
        sign = held.signal.direction
        price = quoted - sign * quoted * self.rules.slippage
        if limit is not None:
            price = max(price, limit) if sign > 0 else min(price, limit)
        fee = self.fee(held.shares * price, buying=held.short)
        account.cash += sign * held.shares * price - fee
        self.trades.append(
            Trade(
                symbol=name,
                direction=sign,
                entry_time=held.time,
                exit_time=time,
                entry_price=held.price,
                exit_price=price,
                size=held.shares,
                fees=held.fee + fee,
                slippage=held.shares * (held.slipped + abs(price - quoted)),
                profit=sign * held.shares * (price - held.price) - held.fee - fee,
                reason=reason,
            )
        )

    # accounts

    def worth(self, account: Account) -> float:
        held = account.positions.items()
        return account.cash + sum(
            p.signal.direction * p.shares * self.mark[name] for name, p in held
        )

    def stop_the_ruined(self, time: int) -> None:
        for account in self.accounts.values():
            if account.lost is None and self.worth(account) < NOTHING * account.start:
                account.lost = time
                for held in list(account.positions):
                    latest = self.bars[held][self.number[held]]
                    self.leave(held, latest.time, latest.close, "bankrupt")


def simulate(
    bars: dict[str, list[Bar]], signals: dict[str, list[Signal]], rules: Rules
) -> Simulation:
    """The finished simulation of these bars and signals."""
    simulation = Simulation(bars, signals, rules)
    simulation.run()
    return simulation
