"""Single trades told from the chart that was seen to the exit: best, middle and worst."""

from collections.abc import Mapping

import polars as pl
from plotly.graph_objects import Scatter

from quantsig.backtest.record import StatsRecord
from quantsig.data.language.saying import join, say, word
from quantsig.reports.figures.backtest.headlines import headlines
from quantsig.reports.figures.backtest.story_trades import (
    Row,
    Story,
    bars_around,
    bars_before,
    choose_stories,
)
from quantsig.reports.figures.candles import breaks, candles, fold, milliseconds
from quantsig.reports.figures.signals.saliency import saliency
from quantsig.reports.inputs import Inputs
from quantsig.reports.page import theme
from quantsig.reports.page.content import Figure, Picture, Section, Subsection, Table
from quantsig.reports.page.numerals import count, day, gain, moment, number, price, share, things

CANDLES = 160
CHOSEN = (
    "These trades of the {split} split were chosen by how they ended, after the fact: the best, "
    "the middle and the worst of {trades} by return. They show what a signal looks like, and "
    "prove nothing. Of all trades {share} made a profit."
)
SEEN = (
    "The finest of the pictures that the model saw when it decided, its planes in colour: price, "
    "and below it volume where there is any. Nothing in it is later than the decision."
)
FOLLOWED = (
    "Bars from a little before the decision (dashed line) to a little after the exit. The model "
    "saw nothing to the right of the dashed line."
)


def section(inputs: Inputs) -> Section:
    """A part for each story."""
    stories = choose_stories(inputs)
    read = headlines(inputs, stories)
    if inputs.stats is None:
        return Section(title="Stories", missing="No backtest yet, so there are no trades to tell.")
    if not stories:
        return Section(
            title="Stories", missing="No signal led to a trade, so there is none to tell."
        )
    return Section(
        title="Stories",
        paragraphs=(_chosen(inputs.stats), *_gone(inputs, stories)),
        parts=tuple(_part(inputs, story, name, read) for name, story in _names(stories)),
    )


def _chosen(stats: StatsRecord) -> str:
    return say(
        CHOSEN,
        split=word(stats.split),
        trades=things(stats.figures["trades"], "trade"),
        share=share(stats.figures.get("win_rate")),
    )


def _gone(inputs: Inputs, stories: tuple[Story, ...]) -> tuple[str, ...]:
    """That pictures or prices cannot be drawn, where they cannot."""
    found = {
        "The charts that were seen cannot be drawn: the sample set cannot be opened any more, or "
        "its pictures show no prices.": all(story.picture is None for story in stories),
        "What happened next cannot be drawn: the bars cannot be opened.": inputs.bars is None,
    }
    return tuple(say(sentence) for sentence, holds in found.items() if holds)


def _names(stories: tuple[Story, ...]) -> list[tuple[str, Story]]:
    """Each story with a name of letters and hyphens."""
    letters = "abcdefghij"
    return [(f"after-{letters[n]}", story) for n, story in enumerate(stories)]


def _part(inputs: Inputs, story: Story, name: str, read: Mapping[int, Table]) -> Subsection:
    trade = story.trade
    told = read.get(story.rank)
    return Subsection(
        title=say(
            "{kind}: {symbol}, {day}, {gain}",
            kind=say(story.kind),
            symbol=trade["symbol"],
            day=day(trade["decision_time"]),
            gain=gain(trade["return"]),
        ),
        paragraphs=(_told(inputs, story),),
        pictures=_picture(story),
        figures=(*_looked_at(inputs, story, name), *_followed(inputs, story, name)),
        tables=() if told is None else (told,),
    )


def _told(inputs: Inputs, story: Story) -> str:
    """The trade in sentences."""
    trade, write = story.trade, day if inputs.daily else moment
    side = say("Bought") if trade["direction"] > 0 else say("Sold short")
    return join(
        say(
            "Decided {decided} at a probability of {probability}, threshold {threshold}.",
            decided=write(trade["decision_time"]),
            probability=number(trade["probability"], 3),
            threshold=inputs.threshold,
        ),
        say(
            "{side} at {entry_price} ({entered}), left at {exit_price} ({left}) after {bars}; "
            "ended by: {reason}. Return after costs {gain}, rank {rank} of {trades}.",
            side=side,
            entry_price=price(trade["entry_price"]),
            entered=write(trade["entry_time"]),
            exit_price=price(trade["exit_price"]),
            left=write(trade["exit_time"]),
            bars=things(trade["holding_bars"], "bar"),
            reason=word(trade["reason"]),
            gain=gain(trade["return"]),
            rank=count(story.rank),
            trades=count(story.trades),
        ),
    )


def _picture(story: Story) -> tuple[Picture, ...]:
    if story.picture is None:
        return ()
    seen = story.picture
    title = "The chart at the decision"
    return (Picture(title=title, png=seen.png, red_up=seen.red_up, meaning=SEEN),)


def _looked_at(inputs: Inputs, story: Story, name: str) -> tuple[Figure, ...]:
    """Which bars made the score, where the run was asked."""
    before = pl.DataFrame() if inputs.bars is None else bars_before(inputs.bars, story.trade)
    return saliency(inputs.explanation, story.sample_id, before, f"{name}-looked-at")


def _followed(inputs: Inputs, story: Story, name: str) -> tuple[Figure, ...]:
    """The price from the decision to the exit."""
    if inputs.bars is None:
        return ()
    around = bars_around(inputs.bars, story.trade)
    if around.is_empty():
        return ()
    folded = fold(around, CANDLES)
    (decided,) = milliseconds(pl.Series([story.trade["decision_time"]]))
    return (
        Figure(
            name=name,
            title="What happened next",
            drawing=theme.draw(
                candles(folded.bars, say("price")),
                *_ends(story.trade),
                x={
                    "type": "date",
                    "rangeslider": {"visible": False},
                    "rangebreaks": breaks(around["timestamp"]),
                },
                y=theme.named("price", tickformat=",.6~g"),
                height_px=330,
                showlegend=True,
                **theme.upright(decided, say("decision")),
            ),
            meaning=FOLLOWED,
        ),
    )


def _ends(trade: Row) -> list[Scatter]:
    """The entry and the exit, joined."""
    colour = theme.GAIN if trade["return"] > 0 else theme.LOSS
    times = [milliseconds(pl.Series([trade[f"{end}_time"]]))[0] for end in ("entry", "exit")]
    prices = [trade["entry_price"], trade["exit_price"]]
    symbol = "triangle-up" if trade["direction"] > 0 else "triangle-down"
    joined = {"mode": "lines", "showlegend": False, "hoverinfo": "skip"}
    return [
        Scatter(x=times, y=prices, line={"color": theme.SOFT_INK, "dash": "dot"}, **joined),
        _mark(times[0], prices[0], name=say("entry"), symbol=symbol, colour=theme.INK),
        _mark(times[1], prices[1], name=say("exit"), symbol="x", colour=colour),
    ]


def _mark(time: float, value: float, *, name: str, symbol: str, colour: str) -> Scatter:
    return Scatter(
        name=name,
        x=[time],
        y=[value],
        mode="markers",
        marker={"symbol": symbol, "size": 11, "color": colour},
        hovertemplate="%{y:,.6~g}",
    )
