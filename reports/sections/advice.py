"""One sentence on what to do with a run, from the figures that its verdict rests on."""

from datetime import datetime

from quantsig.backtest.record import Answer, StatsRecord
from quantsig.backtest.verdict import LARGEST_P_VALUE
from quantsig.data.audit.finding import findings_of
from quantsig.data.language.saying import Said, say
from quantsig.reports.inputs import TradedFiles
from quantsig.reports.page.numerals import count, gain, number, share, things
from quantsig.signals.audit.record import Audit

YEAR_DAYS = 365.2425
CLEAR_T = 2.0  # of alpha; from here on it is not called none


def advice(inputs: TradedFiles, audit: Audit | None = None) -> str:
    """What to do; nothing where nothing was traded yet."""
    stats = inputs.stats
    if stats is None:
        return ""
    if audit is not None and audit.failed:
        return say(
            "Claim nothing and trade nothing: by its audit ({n}) these figures may rest on what "
            "nobody knew yet.",
            n=things(len(findings_of(audit.checks)), "finding"),
        )
    if stats.leaks and not stats.verdict.edge:
        return say("Claim nothing and trade nothing until the suspected leak is explained.")
    if not stats.figures.get("trades"):
        return say("There is nothing to trade: no signal led to a trade.")
    ways = {"edge": _edge, "no edge": _no_edge, "cannot tell": _cannot_tell}
    return ways[answer_of(stats)](inputs, stats)


def answer_of(stats: StatsRecord) -> Answer:
    """The answer of the verdict; earlier versions know only whether there is an edge."""
    return stats.verdict.answer or ("edge" if stats.verdict.edge else "no edge")


def _edge(inputs: TradedFiles, stats: StatsRecord) -> Said:
    fields = {
        "mean": gain(stats.figures.get("expectancy")),
        "fee": number(stats.execution["fee_bps"], 1),
        "slippage": number(stats.execution["slippage_bps"], 1),
    }
    beyond = _beside_market(inputs)
    if not beyond:
        return say(
            "It claims {mean} a trade after {fee} bps of fees and {slippage} bps of slippage a "
            "side: follow it forward before any money does.",
            **fields,
        )
    return say(
        "It claims {mean} a trade after {fee} bps of fees and {slippage} bps of slippage a side, "
        "and {alpha} a year beyond {beta} of the market (t {t}): follow it forward before any "
        "money does.",
        **fields,
        **beyond,
    )


def _no_edge(inputs: TradedFiles, stats: StatsRecord) -> Said:
    mean, beyond = stats.figures.get("expectancy"), _beside_market(inputs)
    if mean is not None and mean <= 0:
        return say("Do not trade it: after costs it made {mean} a trade.", mean=gain(mean))
    if not beyond or _beats_market(inputs):
        return _chance(stats)
    needed, seen = stats.figures.get("minimum_track_record_years"), _years(stats)
    if needed is None or needed <= seen:
        return say(
            "Do not trade it: it is {beta} of the market with no alpha to speak of ({alpha} a "
            "year, t {t}).",
            **beyond,
        )
    return say(
        "Do not trade it: it is {beta} of the market with no alpha to speak of ({alpha} a year, "
        "t {t}), and even its Sharpe ratio would need {needed} years of record, not {seen}.",
        **beyond,
        needed=number(needed, 1),
        seen=number(seen, 1),
    )


def _beats_market(inputs: TradedFiles) -> bool:
    """Whether alpha is above zero by more than two of its errors."""
    t = inputs.market.together.get("alpha_t") if inputs.market else None
    return t is not None and t > CLEAR_T


def _chance(stats: StatsRecord) -> Said:
    """Of what beats the market, or cannot be held against it: that it is no better than luck."""
    lucky = stats.random_entries.p_value
    if lucky is None or lucky < LARGEST_P_VALUE:
        return say("Do not trade it: nothing shows that it earns more than chance.")
    return say(
        "Do not trade it: the same trades at other times did as well in {share} of the draws.",
        share=share(lucky),
    )


def _cannot_tell(inputs: TradedFiles, stats: StatsRecord) -> Said:
    needed = stats.verdict.needed
    if needed is None:
        return say("Do not trade it yet: this record cannot tell whether there is anything in it.")
    trades = {"trades": count(needed.trades), "now": count(stats.figures.get("trades"))}
    if needed.years is None:
        return say(
            "Do not trade it yet: if it goes on like this, {trades} trades in all would tell; "
            "there are {now}.",
            **trades,
        )
    return say(
        "Do not trade it yet: if it goes on like this, {years} years and {trades} trades in all "
        "would tell; there are {seen} and {now}.",
        years=number(needed.years, 1),
        seen=number(_years(stats), 1),
        **trades,
    )


def _beside_market(inputs: TradedFiles) -> dict[str, str]:
    """Beta, alpha and its t as they are written; empty where there is no alpha."""
    found = inputs.market.together if inputs.market else {}
    alpha, beta, t = (found.get(name) for name in ("alpha_a_year", "beta", "alpha_t"))
    if alpha is None or beta is None or t is None:
        return {}
    return {"alpha": gain(alpha, 1), "beta": number(beta), "t": number(t)}


def _years(stats: StatsRecord) -> float:
    """From the first bar of the backtest to its last."""
    start, end = (datetime.fromisoformat(time) for time in (stats.start, stats.end))
    return (end - start).days / YEAR_DAYS
