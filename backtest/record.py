"""stats.json: what was traded, what it came to, and what that is held against."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from quantsig.data.storage.documents import write_json
from quantsig.data.storage.records import LEFT_OUT, Figures, check_moment, document_of, read_record
from quantsig.signals.seal import sealed

SCHEMAS = ("quantsig.stats/3", "quantsig.stats/2", "quantsig.stats/1")  # written, and read
WALKED = "walk"  # the split of a walk's signals

Answer = Literal["edge", "no edge", "cannot tell"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One condition of an edge."""

    name: str
    holds: bool
    value: float | None
    limit: float
    sentence: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NeededTime:
    """What would tell, were the effect as large as it was seen."""

    sessions: int  # in all, those seen included
    years: float | None
    trades: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """Whether there is an edge, and why; the first formats know no more than that."""

    answer: Answer | None = None
    edge: bool  # the answer is "edge"
    sentence: str
    reasons: tuple[str, ...]  # each failed condition, or each met one where there is an edge
    checks: tuple[Check, ...] = ()
    needed: NeededTime | None = None  # where the answer is "cannot tell" for want of time


@dataclass(frozen=True, kw_only=True, slots=True)
class AlphaFigures:
    """Alpha over always-long at the same exposure; None where it is not defined."""

    alpha: float | None = None  # per session
    low: float | None = None  # of its 95 % interval, per session
    high: float | None = None
    beta: float | None = None
    t: float | None = None
    alpha_a_year: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DeflatedSharpe:
    """The Sharpe ratio against what the best of all that was tried shows by chance."""

    trials: int
    independent_trials: float
    average_correlation: float
    sharpe_variance: float
    expected_maximum: float | None
    probabilistic_sharpe: float | None
    deflated_sharpe: float | None
    how: str  # what was counted and how it entered, a sentence
    missing: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class OtherTimes:
    """What the trades would have earned at other times; None where there were none."""

    draws: int
    trades: int
    mean: float | None  # of the total return
    low: float | None  # its 5 % quantile
    high: float | None
    p_value: float | None
    t: float | None = None  # of the trades; the first formats drew symbol by symbol

    @property
    def together(self) -> bool:
        """Whether all trades were moved together, as they are since the third format."""
        return self.t is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class CurveFigures:
    """What holding came to."""

    total_return: float | None
    sharpe: float | None
    max_drawdown: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawdown:
    """A time under the highest equity so far."""

    start: str  # of the high before it; UTC, ISO 8601
    bottom: str
    end: str | None  # when that high was reached again; None: not yet
    depth: float  # <= 0
    days: float  # from the start to the end, or to the last bar


@dataclass(frozen=True, kw_only=True, slots=True)
class Ladders:
    """The backtest again, a row a step."""

    costs: tuple[Figures, ...]  # at multiples of them
    delays: tuple[Figures, ...]  # of the entry


@dataclass(frozen=True, kw_only=True, slots=True)
class SweepOverfitting:
    """The probability of backtest overfitting, or why it is not known."""

    probability: float | None
    missing: str | None = field(default=None, metadata=LEFT_OUT)
    loss_probability: float | None = field(default=None, metadata=LEFT_OUT)
    slope: float | None = field(default=None, metadata=LEFT_OUT)
    strategies: int | None = field(default=None, metadata=LEFT_OUT)
    splits: int | None = field(default=None, metadata=LEFT_OUT)
    blocks: int | None = field(default=None, metadata=LEFT_OUT)
    logits: tuple[float, ...] | None = field(default=None, metadata=LEFT_OUT)  # of every split


@dataclass(frozen=True, kw_only=True, slots=True)
class PortfolioFigures:
    """What one part of the symbols earned under one weighting."""

    weights: str  # equal or value
    decile: int | None = field(default=None, metadata=LEFT_OUT)  # None: the last less the first
    times: int
    mean_return: float | None  # per holding, before costs
    t: float | None
    sharpe: float | None = None
    turnover: float | None
    mean_after_costs: float | None
    missing: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class InformationCoefficient:
    """The rank correlation of probability and return over time.

    Attributes:
        mean, deviation: over the times, the deviation with ddof 1.
        t: by Newey and West, over the decisions that overlap.
        positive: share of times above zero.
        times: that have one.
        by_month: year, month, mean and times, of the sessions.
        missing: why a figure is None.
    """

    mean: float | None
    deviation: float | None
    t: float | None
    positive: float | None
    times: int
    by_month: tuple[Figures, ...]
    missing: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class DecilesRecord:
    """Portfolios of the symbols by the rank of their probability."""

    deciles: int
    symbols: int
    times: int
    times_left_out: int  # with too few symbols
    overlap: int
    value_weights: str = "dollar volume"  # or market value
    without_value: int = 0  # rows without such a weight
    holdings_a_year: float | None = None
    portfolios: tuple[PortfolioFigures, ...]
    long_short: tuple[PortfolioFigures, ...]
    information_coefficient: InformationCoefficient
    missing: str | None  # why there are no portfolios


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountsRecord:
    """What some accounts say by themselves; what the first formats lack has a default.

    Attributes:
        symbols: that were traded.
        bars: times that have one.
        figures: those of `FIGURES`.
        missing: why a figure is None.
        alpha: over always-long.
        deflated: by what else was tried.
        random_entries: the same trades at other times.
        always_long: bought once and held.
        equal_weight: rebalanced each session.
        bankrupt: when the account was lost.
        verdict: what all of it allows to say.
        leaks: suspicions, a sentence each.
        remarks: what is to be known of the period, a sentence each.
        monthly: year, month and return.
        yearly: year, return, max_drawdown and trades.
        drawdowns: the deepest first.
        per_symbol: the symbol and its figures.
        seed: of the random entries.
    """

    symbols: tuple[str, ...]
    bars: int
    figures: Figures
    missing: Mapping[str, str]
    alpha: AlphaFigures = AlphaFigures()
    deflated: DeflatedSharpe | None = None
    random_entries: OtherTimes
    always_long: CurveFigures
    equal_weight: CurveFigures | None = None
    bankrupt: str | None = None
    verdict: Verdict
    leaks: tuple[str, ...] | None = None
    remarks: tuple[str, ...] | None = field(default=None, metadata=LEFT_OUT)
    monthly: tuple[Figures, ...] | None = None
    yearly: tuple[Figures, ...]
    drawdowns: tuple[Drawdown, ...] | None = None
    per_symbol: tuple[Figures, ...]
    seed: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class StatsRecord(AccountsRecord):
    """All of stats.json.

    Attributes:
        trial_id: names the strategy.
        choice_id: of the frozen choice in it.
        split: calibration, test, bars, or walk.
        start: the first decision.
        end: the end of the last label.
        execution: the settings as they were used; "from the signal" where each brought its own.
        ignored: signals that were not traded, by the reason.
        ladders: at other costs and delays.
        overfitting: of the run's newest sweep.
        deciles: where they were asked for.
    """

    trial_id: str
    choice_id: str | None = None
    split: str
    start: str
    end: str
    execution: Figures
    ignored: Mapping[str, int]
    ladders: Ladders | None = None
    overfitting: SweepOverfitting | None = None
    deciles: DecilesRecord | None = field(default=None, metadata=LEFT_OUT)

    def __post_init__(self) -> None:
        check_moment("start", self.start)
        check_moment("end", self.end)

    def as_dict(self) -> dict[str, Any]:
        """The document that keeps it."""
        document = document_of(self, SCHEMAS[0])
        if self.split == WALKED:  # which is not swept
            del document["overfitting"]
        return document


def read_stats(source: Path) -> StatsRecord:
    """Read a stats.json.

    Raises:
        DataError: another version wrote it.
        IntegrityError: it is damaged.
    """
    remedy = "Use the version of quantsig that wrote it, or trade again: quantsig backtest `force`"
    return read_record(sealed(source), StatsRecord, *SCHEMAS, remedy=remedy)


def write_stats(target: Path, stats: StatsRecord) -> None:
    """Replace `target` by a stats.json, atomically."""
    write_json(target, stats.as_dict())
