"""The Sharpe ratio of a strategy against what the best of all that was tried shows by chance."""

from quantsig.backtest.market import Floats
from quantsig.backtest.messages import BacktestSentence
from quantsig.backtest.record import DeflatedSharpe
from quantsig.backtest.significance.deflation import (
    Moments,
    expected_maximum,
    independent_trials,
    moments,
    probabilistic_sharpe,
)
from quantsig.backtest.significance.trials import Trials
from quantsig.backtest.statistics.figures import Figures, collect
from quantsig.data.language.messages import Message


def deflated(returns: Floats, trials: Trials) -> DeflatedSharpe:
    """The Sharpe ratio of these returns, deflated by the trials.

    The deflated Sharpe ratio is the probability that the true Sharpe ratio lies above the one
    that the best of so many strategies without skill would show (Bailey and López de Prado 2014).
    Where fewer than two Sharpe ratios are known, their variance is taken to be that of the
    estimate of a strategy without skill, 1 / (n - 1).

    Args:
        returns: (P,) session returns in excess of the market at the same exposure, so that what
            every strategy owes to a rising market is no skill of the best.
        trials: everything that was tried on the same rows, this strategy included.
    """
    independent = independent_trials(trials.count, trials.average_correlation)
    known = trials.sharpe_variance
    variance = 1.0 / max(len(returns) - 1, 1) if known is None else known
    figures, missing = _figures(returns, expected_maximum(independent, variance))
    return DeflatedSharpe(
        trials=trials.count,
        independent_trials=independent,
        average_correlation=trials.average_correlation,
        sharpe_variance=variance,
        **figures,
        how=_how(trials, independent, variance, assumed=known is None),
        missing=missing,
    )


def _figures(returns: Floats, highest: float) -> tuple[Figures, dict[str, str]]:
    def seen() -> Moments:
        return moments(returns)

    return collect(
        {
            "expected_maximum": lambda: highest,
            "probabilistic_sharpe": lambda: probabilistic_sharpe(seen()),
            "deflated_sharpe": lambda: probabilistic_sharpe(seen(), highest),
        }
    )


def _how(trials: Trials, independent: float, variance: float, *, assumed: bool) -> str:
    """In one sentence, what was counted and how it entered."""
    if trials.count <= 1:
        return BacktestSentence.NOTHING_TO_DEFLATE()
    how = BacktestSentence.DEFLATED_WITHOUT_SKILL if assumed else BacktestSentence.DEFLATED_BY_KNOWN
    return how(
        trials=trials.count,
        kinds=_kinds(trials),
        correlation=trials.average_correlation,
        independent=independent,
        variance=variance,
    )


def _kinds(trials: Trials) -> tuple[Message, ...]:
    counts = {
        BacktestSentence.TRIED_TRADED: len(trials.traded),
        BacktestSentence.TRIED_UNTRADED: len(trials.untraded),
        BacktestSentence.TRIED_CELLS: trials.cells,
    }
    return tuple(kind(n=count) for kind, count in counts.items() if count)
