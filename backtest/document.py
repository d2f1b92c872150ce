"""What stats.json, equity.parquet and trades.parquet say about some accounts."""

from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from quantsig.backtest import point_figures as statistics
from quantsig.backtest.comparisons import holding as comparisons
from quantsig.backtest.comparisons.alpha import Alpha, alpha, excess_over
from quantsig.backtest.comparisons.holding import hold
from quantsig.backtest.comparisons.joint_rotation import Signals
from quantsig.backtest.comparisons.random_entries import RandomEntries, random_entries
from quantsig.backtest.execution import Execution
from quantsig.backtest.leaks import in_the_bars, in_the_result
from quantsig.backtest.market import Floats, Integers, Market, to_times
from quantsig.backtest.messages import BacktestSentence
from quantsig.backtest.record import AccountsRecord, AlphaFigures, CurveFigures, OtherTimes
from quantsig.backtest.significance.deflated_sharpe import deflated
from quantsig.backtest.significance.trials import Trials
from quantsig.backtest.statistics.calendar_returns import monthly, yearly
from quantsig.backtest.statistics.drawdowns import deepest_drawdowns, drawdowns
from quantsig.backtest.statistics.excursions import excursions
from quantsig.backtest.statistics.figures import Figures, UndefinedFigure, collect
from quantsig.backtest.statistics.returns import sharpe, total_return
from quantsig.backtest.statistics.sessions import sessions
from quantsig.backtest.statistics.short_period import remarks_on_period
from quantsig.backtest.statistics.trades import per_symbol
from quantsig.backtest.trading.accounts import Accounts
from quantsig.backtest.verdict import Evidence, judge
from quantsig.data.calendar.sessions import SessionCalendar


@dataclass(frozen=True, kw_only=True, slots=True)
class Scrutiny:
    """What a result has to stand up to, beside its own accounts."""

    seed: int  # of the random entries, where there are more than are drawn
    trials: Trials = field(default_factory=Trials)  # on these rows; this one may be among them
    strategy: str = "this strategy"  # its id there
    leaks: tuple[str, ...] = ()  # why the signals may have known the future, a sentence each


@dataclass(frozen=True, kw_only=True, slots=True)
class Description:
    """The files of a backtest, and what the ledger keeps of it."""

    record: AccountsRecord
    equity: pl.DataFrame
    trades: pl.DataFrame
    sharpes: Figures  # `sharpe` and `excess_sharpe` per session; see `session_sharpes`
    sessions: int  # returns


@dataclass(frozen=True, kw_only=True, slots=True)
class _Comparison:
    """What the accounts are compared with."""

    held: Floats  # (T,) equity of buy and hold
    balanced: Floats  # (T,) equity of equal weights, rebalanced each session
    chance: RandomEntries
    alpha: Alpha | None  # over `balanced`
    why_no_alpha: str


def describe(
    accounts: Accounts,
    market: Market,
    signals: Signals,
    execution: Execution,
    scrutiny: Scrutiny,
) -> Description:
    """Everything that the accounts say; see docs/artefacts.md for the entries.

    Args:
        accounts: what became of the money.
        market: the bars that were traded.
        signals: that were traded on them.
        execution: how; gives delay and costs of what the accounts are compared with.
        scrutiny: what the result has to stand up to.
    """
    lived = excursions(accounts.trades, market, execution.fill_price)
    balanced = comparisons.equal_weight(market, accounts.times, execution)
    found, why_not = _alpha(accounts, balanced)
    compared = _Comparison(
        held=hold(market, execution).equity,
        balanced=balanced,
        chance=random_entries(accounts, market, signals, execution, seed=scrutiny.seed),
        alpha=found,
        why_no_alpha=why_not,
    )
    figures, missing = statistics.point_figures(accounts, lived)
    ends, missing_ends = statistics.intervals(accounts, execution.fill_price)
    sharpes = session_sharpes(accounts, balanced)
    tried = scrutiny.trials.including(scrutiny.strategy, sharpes["excess_sharpe"])
    earned, _ = _session_returns(accounts, balanced)
    suspected = (*scrutiny.leaks, *in_the_bars(market), *in_the_result(figures, earned))
    judged = replace(scrutiny, trials=tried, leaks=suspected)
    return Description(
        record=_record(accounts, compared, figures | ends, missing | missing_ends, judged),
        equity=_equity_frame(accounts, compared),
        trades=accounts.trades.with_columns(
            pl.Series("mae", lived.adverse), pl.Series("mfe", lived.favourable)
        ),
        sharpes=sharpes,
        sessions=len(earned),
    )


def session_sharpes(accounts: Accounts, balanced: Floats) -> Figures:
    """Sharpe ratios per session, not annualised, as the ledger keeps them of a trial.

    `sharpe` is of the session returns, `excess_sharpe` of what they are beyond beta times those
    of the market.

    Args:
        accounts: what became of the money.
        balanced: (T,) equity of the market, equal weights.
    """
    own, market = _session_returns(accounts, balanced)
    return collect(
        {
            "sharpe": lambda: sharpe(own, 1.0),
            "excess_sharpe": lambda: sharpe(excess_over(own, market)[0], 1.0),
        }
    )[0]


def _session_returns(accounts: Accounts, balanced: Floats) -> tuple[Floats, Floats]:
    """(P,) returns of the account's and of the market's sessions."""
    own, market = (
        sessions(accounts.times, line, accounts.calendar).returns
        for line in (accounts.equity, balanced)
    )
    return own, market


def _alpha(accounts: Accounts, balanced: Floats) -> tuple[Alpha | None, str]:
    own, market = _session_returns(accounts, balanced)
    try:
        return alpha(own, market), ""
    except UndefinedFigure as reason:
        return None, reason.reason


def _record(
    accounts: Accounts,
    compared: _Comparison,
    figures: Figures,
    missing: dict[str, str],
    scrutiny: Scrutiny,
) -> AccountsRecord:
    times, equity = accounts.times, accounts.equity
    chance, days = _chance(accounts, compared.chance), sessions(times, equity, accounts.calendar)
    balanced = sessions(times, compared.balanced, accounts.calendar).returns
    against_trials = deflated(excess_over(days.returns, balanced)[0], scrutiny.trials)
    if chance.p_value is None:
        missing = {**missing, "random_entries": BacktestSentence.NO_TRADES()}
    if compared.alpha is None:
        missing = {**missing, "alpha": compared.why_no_alpha}
    verdict = judge(
        Evidence(
            trades=accounts.trades.height,
            expectancy=figures["expectancy"],
            p_value=chance.p_value,
            alpha=compared.alpha,
            deflated=against_trials,
            leaks=scrutiny.leaks,
            sessions=len(days.returns),
            sessions_a_year=figures["periods_per_year"],
        )
    )
    return AccountsRecord(
        symbols=tuple(accounts.symbols),
        bars=len(times),
        figures=figures,
        missing=missing,
        alpha=_alpha_figures(compared.alpha, figures["periods_per_year"]),
        deflated=against_trials,
        random_entries=chance,
        always_long=_curve(times, compared.held, accounts.calendar),
        equal_weight=_curve(times, compared.balanced, accounts.calendar),
        bankrupt=accounts.bankrupt.isoformat() if accounts.bankrupt else None,
        verdict=verdict,
        leaks=scrutiny.leaks,
        remarks=remarks_on_period(days),
        monthly=monthly(times, equity, accounts.calendar),
        yearly=yearly(accounts.trades, times, equity, accounts.calendar),
        drawdowns=deepest_drawdowns(times, equity),
        per_symbol=per_symbol(accounts.trades, accounts.symbols, accounts.values),
        seed=scrutiny.seed,
    )


def _chance(accounts: Accounts, chance: RandomEntries) -> OtherTimes:
    """How the trades stand among themselves at other times."""
    draws = len(chance.drawn)
    names = ("mean", "low", "high", "p_value", "t")
    if not draws:
        return OtherTimes(draws=0, trades=accounts.trades.height, **dict.fromkeys(names))
    low, high = np.quantile(chance.returns, [0.05, 0.95])
    values = (chance.returns.mean(), low, high, chance.p_value, chance.t)
    figures = {name: float(value) for name, value in zip(names, values, strict=True)}
    return OtherTimes(draws=draws, trades=accounts.trades.height, **figures)


def _alpha_figures(found: Alpha | None, per_year: float | None) -> AlphaFigures:
    """Alpha per session and, times the sessions of a year, per year."""
    if found is None:
        return AlphaFigures()
    return AlphaFigures(
        alpha=found.alpha,
        low=found.low,
        high=found.high,
        beta=found.beta,
        t=found.t,
        alpha_a_year=None if per_year is None else found.alpha * per_year,
    )


def _curve(times: Integers, equity: Floats, calendar: SessionCalendar) -> CurveFigures:
    days = sessions(times, equity, calendar)
    figures, _ = collect(
        {
            "total_return": lambda: total_return(equity),
            "sharpe": lambda: sharpe(days.returns, days.per_year),
            "max_drawdown": lambda: float(drawdowns(equity).min()),
        }
    )
    return CurveFigures(**figures)


def _equity_frame(accounts: Accounts, compared: _Comparison) -> pl.DataFrame:
    low, median, high = compared.chance.band
    return pl.DataFrame(
        {
            "timestamp": to_times(accounts.times),
            "equity": accounts.equity,
            "drawdown": drawdowns(accounts.equity),
            "exposure": accounts.exposure,
            "turnover": accounts.turnover,
            "always_long": compared.held,
            "equal_weight": compared.balanced,
            "random_low": low,
            "random_median": median,
            "random_high": high,
        }
    )
