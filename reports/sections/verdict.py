"""What was tested, and whether there is anything in it."""

from datetime import datetime

from quantsig.reports.equity_curves import equity_line
from quantsig.reports.inputs import TEST, Document, Inputs
from quantsig.reports.numerals import count, day, gain, interval, names, number, share, things
from quantsig.reports.page import Banner, Figure, Number, Section
from quantsig.reports.sections.calibration import FLAT

SHORT_DAYS = 180  # a shorter backtest says little about a year


def section(inputs: Inputs) -> Section:
    """The verdict, the warnings, and the numbers it rests on."""
    return Section(
        title="Verdict",
        banner=_banner(inputs.stats),
        warnings=tuple(_warnings(inputs)),
        paragraphs=tuple(_tested(inputs)),
        numbers=_numbers(inputs),
        figures=_figures(inputs),
    )


def _banner(stats: Document | None) -> Banner:
    if stats is None:
        return Banner(
            headline="Not backtested yet",
            sentence="There is no result to judge until the signals of this run are backtested.",
        )
    verdict = stats["verdict"]
    edge = bool(verdict["edge"])
    headline = "Evidence of an edge" if edge else "No evidence of an edge"
    sentence = verdict["sentence"]
    return Banner(
        headline=headline,
        sentence="" if headline.lower() in sentence.lower() else sentence,
        reasons=tuple(verdict["reasons"]),
        tone="good" if edge else "caution",
    )


def _warnings(inputs: Inputs) -> list[str]:
    """What a reader has to know before believing any number below."""
    split = (inputs.stats or {}).get("split", TEST)
    days = _days(inputs.stats)
    found = {
        f"Backtested on the {split} split, which helped to choose the threshold.": split != TEST,
        f"The test split was opened {inputs.openings} times for this run: each look makes the "
        "next result look better than it is.": inputs.openings > 1,
        f"{count(inputs.trials)} strategies are in the ledger: the best of several looks good by "
        "chance alone.": inputs.trials > 1,
        f"The backtest covers {days} days: yearly figures are stretched far beyond "
        "what was seen.": days is not None and days < SHORT_DAYS,
        FLAT: (inputs.calibration or {}).get("slope") == 0,
        _broken_promise(inputs.choice): _is_broken(inputs.choice),
    }
    return [sentence for sentence, holds in found.items() if holds]


def _days(stats: Document | None) -> int | None:
    """Days from the first bar of the backtest to its last."""
    if stats is None:
        return None
    return (datetime.fromisoformat(stats["end"]) - datetime.fromisoformat(stats["start"])).days


def _is_broken(choice: Document | None) -> bool:
    """Whether the test precision lies below the interval that was promised."""
    reached = ((choice or {}).get("test") or {}).get("precision")
    low = ((choice or {}).get("calibration") or {}).get("precision_low")
    return reached is not None and low is not None and reached < low


def _broken_promise(choice: Document | None) -> str:
    outcome, promise = ((choice or {}).get(name) or {} for name in ("test", "calibration"))
    return (
        f"The precision on test rows, {share(outcome.get('precision'))}, is below the promised "
        f"interval that starts at {share(promise.get('precision_low'))}."
    )


def _tested(inputs: Inputs) -> list[str]:
    """What was tested, on which period, at which costs, after how many trials."""
    record, stats = inputs.run.record, inputs.stats
    drawn = record.get("chart", True)  # null: the samples were imported, and their labels
    label = f"the label {record['label']['name']}" if drawn else "the imported labels"
    sentences = [f"Model {record['model']['name']}, trained to foresee {label}."]
    if stats:
        sentences.append(
            f"Traded on {names(stats['symbols'])} over the {stats['split']} split, "
            f"{day(stats['start'])} to {day(stats['end'])} ({things(stats['bars'], 'bar')})."
        )
        sentences.append(_costs(stats["execution"]))
    sentences.append(f"Strategies tried, by the ledger: {count(inputs.trials)}.")
    return [" ".join(sentences)]


def _costs(execution: Document) -> str:
    return (
        f"Costs per side: {number(execution['fee_bps'], 1)} bps in fees and "
        f"{number(execution['slippage_bps'], 1)} bps of slippage; fills at the open "
        f"{things(execution['delay_bars'], 'bar')} after the decision."
    )


def _numbers(inputs: Inputs) -> tuple[Number, ...]:
    return (*_money(inputs.stats), *_promise(inputs.choice))


def _money(stats: Document | None) -> list[Number]:
    if stats is None:
        return []
    figures, hold = stats["figures"], stats.get("always_long") or {}
    per_year = number(figures.get("periods_per_year"), 1)
    bars = things(stats["bars"], "bar")
    sharpe = interval(figures.get("sharpe_low"), figures.get("sharpe_high"), number)
    return [
        Number(
            label="Total return",
            value=gain(figures.get("total_return"), 1),
            meaning=f"Last equity over first equity less one, after costs; {bars}.",
            beside=f"always long {gain(hold.get('total_return'), 1)}",
        ),
        Number(
            label="Sharpe ratio",
            value=number(figures.get("sharpe")),
            meaning="Mean over standard deviation of the returns per session, times the root of "
            f"{per_year} sessions a year; {bars}; 95 % interval.",
            beside=sharpe or f"always long {number(hold.get('sharpe'))}",
        ),
        Number(
            label="Worst drawdown",
            value=share(figures.get("max_drawdown")),
            meaning="Lowest equity over the highest before it, less one.",
            beside=f"always long {share(hold.get('max_drawdown'))}",
        ),
        Number(
            label="Trades",
            value=count(figures.get("trades")),
            meaning="Round trips from entry to exit.",
            beside=f"{share(figures.get('win_rate'))} of them won",
        ),
    ]


def _promise(choice: Document | None) -> list[Number]:
    if choice is None:
        return []
    promise, outcome = choice.get("calibration") or {}, choice.get("test") or {}
    shown = outcome or promise
    rows = "test" if outcome else "calibration"
    return [
        Number(
            label=f"Precision ({rows})",
            value=share(shown.get("precision")),
            meaning=f"True positives over signals; {count(shown.get('signals'))} signals "
            f"on {rows} rows at the frozen threshold {number(choice.get('threshold'), 3)}.",
            beside=f"promised {share(promise.get('precision'))}, "
            f"base rate {share(shown.get('base_rate'))}",
        ),
        Number(
            label=f"Recall ({rows})",
            value=share(shown.get("recall")),
            meaning=f"True positives over all positives of the {rows} rows.",
            beside=f"promised {share(promise.get('recall'))}",
        ),
    ]


def _figures(inputs: Inputs) -> tuple[Figure, ...]:
    if inputs.equity is None or inputs.equity.is_empty():
        return ()
    return (
        Figure(
            name="equity-line",
            title="What one unit of money became",
            drawing=equity_line(inputs.equity, points=800),
            meaning="Equity after costs, starting at 1, beside buying and holding all symbols.",
            wide=True,
        ),
    )
