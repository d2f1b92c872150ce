"""What was tested, and whether there is anything in it."""

from datetime import datetime

import polars as pl

from quantsig.backtest.record import StatsRecord
from quantsig.backtest.verdict import LARGEST_P_VALUE
from quantsig.data.audit.finding import findings_of
from quantsig.data.language.saying import Said, join, retell, say, word
from quantsig.data.storage.records import Figures
from quantsig.reports.figures.backtest.calendar_returns import monthly_returns
from quantsig.reports.figures.backtest.equity_curves import equity_and_excess
from quantsig.reports.figures.backtest.newest_signals import newest_signals
from quantsig.reports.figures.backtest.scorecard import scorecard, together
from quantsig.reports.figures.backtest.stated_figures import stated
from quantsig.reports.inputs import TEST, Inputs, TradedFiles
from quantsig.reports.page.content import Banner, Figure, Number, Section
from quantsig.reports.page.numerals import count, day, names, number, share, things
from quantsig.reports.sections.advice import advice, answer_of
from quantsig.reports.sections.calibration import FLAT
from quantsig.signals.audit.record import Audit
from quantsig.signals.choice import Choice
from quantsig.signals.run_record import RunRecord

SKILL = "P(Sharpe beats luck)"  # a probability, though the field calls it a ratio
HEADLINES = {
    "edge": "Evidence of an edge",
    "no edge": "No evidence of an edge",
    "cannot tell": "It cannot be told whether there is an edge",
    "leak": "A leak is suspected",
}
SHORT_DAYS = 180  # a shorter backtest says little about a year


def section(inputs: Inputs) -> Section:
    """The verdict, the numbers it rests on, what is held now, and what to know before trusting."""
    return Section(
        title="Verdict",
        banner=banner(inputs, inputs.audit),
        scorecard=scorecard(inputs),
        warnings=tuple(_warnings(inputs)),
        paragraphs=(_tested(inputs),),
        numbers=(*earned(inputs), *_promise(inputs)),
        figures=(*equity_of(inputs.equity), *months_of(inputs.stats)),
        parts=newest_signals(inputs),
    )


def banner(inputs: TradedFiles, audit: Audit | None = None) -> Banner:
    """Whether there is an edge, what to do, and why."""
    stats, advised = inputs.stats, advice(inputs, audit)
    if stats is None:
        return Banner(
            headline="Not backtested yet",
            sentence="There is no result to judge until the signals of this run are backtested.",
        )
    if audit is not None and audit.failed:
        return Banner(
            headline=HEADLINES["leak"],
            advice=advised,
            sentence=say("The audit of this run found bars that its decisions cannot have known."),
            reasons=tuple(retell(found.sentence) for found in findings_of(audit.checks)),
            tone="caution",
        )
    verdict = stats.verdict
    leaks = stats.leaks and not verdict.edge
    headline = HEADLINES["leak" if leaks else answer_of(stats)]
    return Banner(
        headline=headline,
        advice=advised,
        sentence="" if headline.lower() in verdict.sentence.lower() else retell(verdict.sentence),
        reasons=tuple(map(retell, verdict.reasons)),
        tone="good" if verdict.edge else "caution",
    )


def _warnings(inputs: Inputs) -> list[str]:
    """What a reader has to know before believing any number below."""
    split, days = inputs.stats.split if inputs.stats else TEST, _days(inputs.stats)
    found = []
    if split != TEST:
        helped = "Backtested on the {split} split, which helped to choose the threshold."
        found.append(say(helped, split=word(split)))
    if inputs.openings > 1:
        looked = (
            "The test split was opened {n} times, by any run on these samples: each look makes the "
            "next result look better than it is."
        )
        found.append(say(looked, n=inputs.openings))
    if inputs.trials > 1:
        best = "{n} strategies are in the ledger: the best of several looks good by chance alone."
        found.append(say(best, n=count(inputs.trials)))
    if days is not None and days < SHORT_DAYS:
        short = (
            "The backtest covers {n} days: yearly figures are stretched far beyond what was seen."
        )
        found.append(say(short, n=days))
    if not inputs.run.is_trained:
        found += [retell(text, whole=True) for text in inputs.run.record.warnings]
    if inputs.calibration and inputs.calibration.flat:
        found.append(say(FLAT))
    return found + _broken_promise(inputs.choice)


def _days(stats: StatsRecord | None) -> int | None:
    """Days from the first bar of the backtest to its last."""
    if stats is None:
        return None
    return (datetime.fromisoformat(stats.end) - datetime.fromisoformat(stats.start)).days


def _broken_promise(choice: Choice | None) -> list[str]:
    """That the test precision lies below the interval that was promised, where it does."""
    if choice is None:
        return []
    reached = choice.reached.get("precision")
    low = choice.calibration.get("precision_low")
    if reached is None or low is None or reached >= low:
        return []
    broken = (
        "The precision on test rows, {reached}, is below the promised interval that starts at "
        "{low}."
        if choice.promise
        else "The precision on test rows, {reached}, is below the interval of the calibration "
        "rows that starts at {low}."
    )
    return [say(broken, reached=share(reached), low=share(low))]


def _tested(inputs: Inputs) -> str:
    """What was tested, on which period, at which costs, after how many trials."""
    record, stats = inputs.run.record, inputs.stats
    sentences = [_model(record)]
    if stats:
        traded = "Traded on {symbols} over the {split} split, {start} to {end} ({bars})."
        sentences.append(
            say(
                traded,
                symbols=names(stats.symbols),
                split=word(stats.split),
                start=day(stats.start),
                end=day(stats.end),
                bars=things(stats.bars, "bar"),
            )
        )
        if stats.split == TEST:
            sentences.append(say(_fixed(record), n=things(max(inputs.openings, 1), "time")))
        sentences.append(costs(stats.execution))
    sentences.append(say("Strategies tried, by the ledger: {n}.", n=count(inputs.trials)))
    return join(*sentences)


def _model(record: RunRecord) -> Said:
    """What gave the scores, and what they are held against."""
    if record.judged is not None:
        return say(
            "Scores of a model that is not in this run ({source}), held against the label {label}.",
            source=record.judged.source,
            label=record.label.name,
        )
    if record.ensemble is not None:
        return say(
            "The mean of {n} runs ({models}), which foresee the label {label}.",
            n=count(len(record.ensemble)),
            models=names([one.model for one in record.ensemble]),
            label=record.label.name,
        )
    model = record.model.name
    if record.chart is None:  # the samples were imported, and their labels
        return say("Model {model}, trained to foresee the imported labels.", model=model)
    return say(
        "Model {model}, trained to foresee the label {label}.",
        model=model,
        label=record.label.name,
    )


def _fixed(record: RunRecord) -> str:
    """What was fixed before the test rows were looked at here."""
    if record.judged is not None:
        return "The threshold was fixed on earlier rows; this period was opened {n} here."
    return "Weights and threshold were fixed on earlier rows; this period was opened {n}."


def costs(execution: Figures) -> Said:
    """What a trade pays, and when it is filled."""
    return say(
        "Costs per side: {fee} bps in fees and {slippage} bps of slippage; fills at the open "
        "{delay} after the decision.",
        fee=number(execution["fee_bps"], 1),
        slippage=number(execution["slippage_bps"], 1),
        delay=things(execution["delay_bars"], "bar"),
    )


def earned(inputs: TradedFiles) -> tuple[Number, ...]:
    """The numbers that a verdict rests on, beside those that stand in the scorecard."""
    stats = inputs.stats
    if stats is None:
        return ()
    told = together(inputs) or stated(stats, ("total_return", "sharpe", "max_drawdown"))
    return (*told, _trades(stats), *_expectancy(stats), *by_chance(stats), *_deflated(stats))


def _trades(stats: StatsRecord) -> Number:
    return Number(
        label="Trades",
        value=count(stats.figures.get("trades")),
        meaning="Round trips from entry to exit.",
        beside=say("{share} of them won", share=share(stats.figures.get("win_rate"))),
    )


def _expectancy(stats: StatsRecord) -> tuple[Number, ...]:
    return stated(stats, ("expectancy",)) if stats.figures.get("trades") else ()


def by_chance(stats: StatsRecord) -> list[Number]:
    """How often the same trades at other times did as well."""
    found = stats.random_entries
    if found.p_value is None:
        return []
    return [
        Number(
            label="Random entries as good",
            value=share(found.p_value),
            meaning=say(
                "Share of {draws} shifts of all {trades} trades together, by whole sessions and at "
                "the same costs, whose mean return over its error was at least as high; the "
                "strategy counts as one of them."
                if found.together
                else "Share of {draws} draws of {trades} random entries, held as long and at the "
                "same costs, whose total return was at least as high; the strategy counts as one "
                "of them.",
                draws=count(found.draws),
                trades=count(found.trades),
            ),
            beside=say("below {limit} is good", limit=share(LARGEST_P_VALUE, 0)),
        )
    ]


def _deflated(stats: StatsRecord) -> list[Number]:
    """The Sharpe ratio after what trying several strategies gives by chance."""
    found = stats.deflated
    if found is None or found.deflated_sharpe is None:
        return []
    return [
        Number(
            label=SKILL,
            value=share(found.deflated_sharpe),
            meaning=say(
                "The deflated Sharpe ratio: the probability that the true Sharpe ratio is above "
                "what the best of {trials} trials would show by chance (Bailey and López de Prado "
                "2014); above 95 % is good.",
                trials=count(found.trials),
            ),
            beside=things(found.trials, "trial"),
        )
    ]


def _promise(inputs: Inputs) -> list[Number]:
    choice = inputs.choice
    if choice is None:
        return []
    promise, outcome = choice.calibration, choice.reached
    shown = outcome or promise
    rows = word("test" if outcome else "calibration")
    return [
        Number(
            label=say("Precision ({split})", split=rows),
            value=share(shown.get("precision")),
            meaning=say(
                "Signals in which the event happened, over signals; {signals} on {split} rows at "
                "the frozen threshold {threshold}.",
                signals=things(shown.get("signals"), "signal"),
                split=rows,
                threshold=inputs.threshold,
            ),
            beside=say(
                "promised {promised}, base rate {rate}"
                if choice.promise
                else "on calibration {promised}, base rate {rate}",
                promised=share(promise.get("precision")),
                rate=share(shown.get("base_rate")),
            ),
        ),
        Number(
            label=say("Recall ({split})", split=rows),
            value=share(shown.get("recall")),
            meaning=say(
                "Signals in which the event happened, over all events of the {split} rows.",
                split=rows,
            ),
            beside=say("on calibration {value}", value=share(promise.get("recall"))),
        ),
    ]


def equity_of(equity: pl.DataFrame | None) -> tuple[Figure, ...]:
    """The equity beside that of the market, and what it has beyond it, where there is one."""
    return () if equity is None or equity.is_empty() else (equity_and_excess(equity),)


def months_of(stats: StatsRecord | None) -> tuple[Figure, ...]:
    """The return of every month, where that is kept."""
    return () if stats is None else monthly_returns(stats.monthly)
