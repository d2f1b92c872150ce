"""What the backtest allows to say: an edge, no edge, or that it cannot be told yet.

An edge is claimed where all of this holds, after costs: 30 trades; a mean return above zero; a
leak is not suspected; the trades beat themselves at other times (p below 5 %); the alpha over
always holding the market at the same exposure lies above zero with its whole 95 % interval; and
the Sharpe ratio in excess of that market survives what was tried on the same rows. The tests of
timing and of alpha see different noise, so both fail by chance together far less often than each:
`quantsig bench verdict` counts how often a claim is false, and how often a true one is made.
"""

import math
from dataclasses import dataclass

from scipy.special import ndtri

from quantsig.backtest.comparisons.alpha import Alpha
from quantsig.backtest.messages import BacktestSentence
from quantsig.backtest.record import Answer, Check, DeflatedSharpe, NeededTime, Verdict

LEAST_TRADES = 30
LARGEST_P_VALUE = 0.05
LEAST_DEFLATED_SHARPE = 0.95
CONFIDENCE, POWER = 0.95, 0.80  # of the test that more time would have to pass
HOPELESS = 10.0  # times the tested time; an effect that needs more is none that this can tell

SENTENCES: dict[Answer, str] = {
    "edge": BacktestSentence.EDGE(),
    "no edge": BacktestSentence.NO_EDGE(),
    "cannot tell": BacktestSentence.CANNOT_TELL(),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """What a verdict rests on."""

    trades: int
    expectancy: float | None  # mean return of a trade after costs
    p_value: float | None  # against the same trades at other times; None without trades
    alpha: Alpha | None  # None where it is not defined
    deflated: DeflatedSharpe
    leaks: tuple[str, ...]  # each suspicion, a sentence
    sessions: int  # returns that were seen
    sessions_a_year: float | None


def judge(evidence: Evidence) -> Verdict:
    """An edge is there only where every condition holds; one that cannot be tested fails.

    Where one fails the answer is "no edge" if nothing was earned, or beyond the market, or so
    little that ten times the tested time would not show it; else it cannot be told.
    """
    checks = (
        _enough(evidence.trades),
        _earns(evidence.expectancy),
        _beats_chance(evidence.p_value),
        _beats_holding(evidence.alpha),
        _survives_trials(evidence.deflated),
    )
    failed = tuple(check.sentence for check in checks if not check.holds)
    if evidence.leaks:
        return Verdict(
            answer="cannot tell",
            edge=False,
            sentence=BacktestSentence.LEAK_SUSPECTED(),
            reasons=evidence.leaks + failed,
            checks=checks,
            needed=None,
        )
    if not failed:
        met = tuple(check.sentence for check in checks)
        return _verdict("edge", met, checks, None)
    needed = needed_to_tell(evidence)
    if needed is None:
        return _verdict("no edge", failed, checks, None)
    return _verdict("cannot tell", (*failed, _time(needed)), checks, needed)


def needed_to_tell(evidence: Evidence) -> NeededTime | None:
    """How much more would tell, at the effect that was seen; None where nothing would.

    A test of size 5 % (two-sided) finds an effect with probability 80 % once its mean lies
    1.96 + .84 errors from zero; errors shrink with the root of time. The effect is the weaker
    one of alpha's t and the normal quantile of the p-value.
    """
    enough = LEAST_TRADES / max(evidence.trades, 1)
    if evidence.expectancy is None or evidence.alpha is None or evidence.p_value is None:
        return _stretched(evidence, enough) if evidence.trades < LEAST_TRADES else None
    seen = min(evidence.alpha.t, float(-ndtri(evidence.p_value)))
    if evidence.expectancy <= 0 or seen <= 0:
        return _stretched(evidence, enough) if evidence.trades < LEAST_TRADES else None
    asked = float(ndtri(0.5 + CONFIDENCE / 2) + ndtri(POWER))
    times = max((asked / seen) ** 2, enough)
    if times > HOPELESS and evidence.trades >= LEAST_TRADES:
        return None
    return _stretched(evidence, max(times, 1.0))


def _stretched(evidence: Evidence, times: float) -> NeededTime:
    sessions = math.ceil(evidence.sessions * times)
    year = evidence.sessions_a_year
    return NeededTime(
        sessions=sessions,
        years=sessions / year if year else None,
        trades=max(math.ceil(evidence.trades * times), LEAST_TRADES),
    )


def _verdict(
    answer: Answer, reasons: tuple[str, ...], checks: tuple[Check, ...], needed: NeededTime | None
) -> Verdict:
    return Verdict(
        answer=answer,
        edge=answer == "edge",
        sentence=SENTENCES[answer],
        reasons=reasons,
        checks=checks,
        needed=needed,
    )


def _time(needed: NeededTime) -> str:
    if needed.years is None:
        return BacktestSentence.TRADES_WOULD_TELL(trades=needed.trades)
    return BacktestSentence.TIME_WOULD_TELL(years=needed.years, trades=needed.trades)


def _enough(trades: int) -> Check:
    return Check(
        name="trades",
        holds=trades >= LEAST_TRADES,
        value=trades,
        limit=LEAST_TRADES,
        sentence=BacktestSentence.COUNT_OF_TRADES(trades=trades, least=LEAST_TRADES),
    )


def _earns(mean: float | None) -> Check:
    if mean is None:
        said = BacktestSentence.NO_MEAN()
    else:
        earned = BacktestSentence.MEAN_ABOVE if mean > 0 else BacktestSentence.MEAN_NOT_ABOVE
        said = earned(mean=mean)
    holds = mean is not None and mean > 0
    return Check(name="expectancy", holds=holds, value=mean, limit=0.0, sentence=said)


def _beats_chance(p_value: float | None) -> Check:
    if p_value is None:
        said = BacktestSentence.NO_RANDOM_ENTRIES()
    else:
        said = BacktestSentence.RANDOM_ENTRIES(share=p_value, limit=LARGEST_P_VALUE)
    holds = p_value is not None and p_value < LARGEST_P_VALUE
    return Check(
        name="random_entries", holds=holds, value=p_value, limit=LARGEST_P_VALUE, sentence=said
    )


def _beats_holding(found: Alpha | None) -> Check:
    low = None if found is None else found.low
    if low is None:
        said = BacktestSentence.NO_ALPHA()
    else:
        beats = BacktestSentence.ALPHA_ABOVE if low > 0 else BacktestSentence.ALPHA_NOT_ABOVE
        said = beats(low=low)
    holds = low is not None and low > 0
    return Check(name="alpha", holds=holds, value=low, limit=0.0, sentence=said)


def _survives_trials(deflated: DeflatedSharpe) -> Check:
    sure, trials = deflated.deflated_sharpe, deflated.trials
    if sure is None:
        said = BacktestSentence.NO_SHARPE()
    elif trials == 1:
        said = BacktestSentence.SHARPE_OF_ONE_TRIAL(sure=sure, limit=LEAST_DEFLATED_SHARPE)
    else:
        said = BacktestSentence.SHARPE_OF_TRIALS(
            trials=trials, sure=sure, limit=LEAST_DEFLATED_SHARPE
        )
    holds = sure is not None and sure > LEAST_DEFLATED_SHARPE
    return Check(
        name="deflated_sharpe",
        holds=holds,
        value=sure,
        limit=LEAST_DEFLATED_SHARPE,
        sentence=said,
    )
