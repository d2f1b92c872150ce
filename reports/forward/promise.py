"""Whether the promise of the choice is kept, after every window that came out."""

import numpy as np
from numpy.typing import NDArray
from plotly.graph_objects import Scatter

from quantsig.data.language.saying import say
from quantsig.reports.forward.inputs import ForwardInputs, closed_at
from quantsig.reports.page import theme
from quantsig.reports.page.content import Banner, Figure, Number, Section, Tone
from quantsig.reports.page.numerals import count, day, gain, interval, number, share, things
from quantsig.signals.forward.evidence import (
    BROKEN,
    FEWEST_WINDOWS,
    KEPT,
    PROVEN,
    TOO_EARLY,
    ForwardEvidence,
)

Floats = NDArray[np.float64]

HEADLINES: dict[str, tuple[str, Tone]] = {
    TOO_EARLY: ("Too early to tell", "neutral"),
    KEPT: ("Kept so far", "neutral"),
    BROKEN: ("The promise is broken", "caution"),
    PROVEN: ("The promise is proven", "good"),
}
WINDOWS = (
    "Signals of one moment, of whatever symbol, are one window; the next window is the first "
    "moment with a signal after all labels of that one have ended."
)


def promise(inputs: ForwardInputs) -> Section:
    """The state, the sequences, and how both grew."""
    evidence = inputs.evidence
    return Section(
        title="Promise",
        banner=state_banner(evidence),
        paragraphs=(say(WINDOWS),),
        numbers=_numbers(evidence),
        figures=(*_precision(inputs), *_capital(inputs)),
    )


def state_banner(evidence: ForwardEvidence) -> Banner:
    """The state of the promise in a sentence."""
    if evidence.promised is None:
        return Banner(
            headline="Watched without a promise",
            advice="The choice promised no precision; quantsig thresholds with a target precision "
            "makes one that does.",
        )
    headline, tone = HEADLINES[evidence.state]
    return Banner(headline=headline, advice=_advice(evidence), tone=tone)


def _advice(evidence: ForwardEvidence) -> str:
    told = {
        TOO_EARLY: "{windows} of at least {fewest} have come out.",
        KEPT: "Nothing in {windows} speaks against a precision of {promised}.",
        BROKEN: "A precision of {promised} is refused with {confidence} confidence since {day}. "
        "Stop trading it.",
        PROVEN: "A precision of {promised} is shown with {confidence} confidence since {day}, on "
        "signals that nobody had seen.",
    }[evidence.state]
    return say(
        told,
        windows=things(evidence.windows, "window"),
        fewest=count(FEWEST_WINDOWS),
        promised=share(evidence.promised),
        confidence=share(evidence.confidence, 0),
        day=day(evidence.broken_on if evidence.state == BROKEN else evidence.proven_on),
    )


def _numbers(evidence: ForwardEvidence) -> tuple[Number, ...]:
    sure = share(evidence.confidence, 0)
    return (
        Number(
            label="Promised",
            value=share(evidence.promised),
            meaning=say("Precision that the choice promised, with {sure} confidence.", sure=sure),
        ),
        Number(
            label="Precision so far",
            value=share(evidence.precision),
            meaning=say(
                "Share of the windows' signals that were events. Below it a confidence sequence, "
                "which holds at every look at once with {sure} (beta-binomial mixture; a window "
                "counts once).",
                sure=sure,
            ),
            beside=interval(evidence.precision_low, evidence.precision_high, share),
        ),
        Number(
            label="Windows",
            value=count(evidence.windows),
            meaning="That have come out: moments that do not repeat each other.",
            beside=things(evidence.signals, "signal"),
        ),
        Number(
            label="Return of a signal",
            value=gain(evidence.mean_return),
            meaning=say(
                "Mean over windows of the mean return of their trades after costs, each trade by "
                "itself. Its confidence sequence is of returns cut at {cap} (empirical Bernstein).",
                cap=share(evidence.return_cap),
            ),
            beside=interval(evidence.return_low, evidence.return_high, gain),
        ),
        Number(
            label="Capital against",
            value=number(evidence.against),
            meaning=say(
                "Of bets that the precision is lower than promised, 1 at the start. At {most} the "
                "promise is broken: where it is kept that happens with a chance of {chance} at "
                "most, however often one looks.",
                most=number(1.0 / (1.0 - evidence.confidence), 0),
                chance=share(1.0 - evidence.confidence, 0),
            ),
            beside=say("for it {capital}", capital=number(evidence.in_favour)),
        ),
    )


def _precision(inputs: ForwardInputs) -> tuple[Figure, ...]:
    """The confidence sequence of the precision over time, with the promise in it."""
    if not inputs.windows:
        return ()
    times = [round(closed_at(one).timestamp() * 1000) for one in inputs.windows]
    hits = np.cumsum([one.hits for one in inputs.windows])
    known = np.cumsum([one.signals - one.unknown for one in inputs.windows])
    low, high = inputs.curves.low.tolist(), inputs.curves.high.tolist()
    band = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
    lines = [
        Scatter(x=times, y=high, **band),
        Scatter(
            x=times,
            y=low,
            **{**band, "showlegend": True},
            fill="tonexty",
            fillcolor=theme.BLUE_SOFT,
            name=say("confidence sequence"),
        ),
        Scatter(
            x=times,
            y=(hits / np.maximum(known, 1)).tolist(),
            mode="lines",
            line={"color": theme.BLUE, "width": 1.6},
            name=say("precision so far"),
        ),
    ]
    if inputs.evidence.promised is not None:
        lines.append(
            Scatter(
                x=[times[0], times[-1]],
                y=[inputs.evidence.promised] * 2,
                mode="lines",
                line={"color": theme.ORANGE, "width": 1.4, "dash": "dash"},
                name=say("promised"),
            )
        )
    return (
        Figure(
            name="precision-sequence",
            title="Precision since the start",
            drawing=theme.draw(
                *lines,
                x={"type": "date"},
                y=theme.named("precision", tickformat=theme.PERCENT, range=[0, 1]),
                height_px=320,
            ),
            meaning="After each window the share of signals that were events, and the interval "
            "that holds the precision at all times together.",
            wide=True,
        ),
    )


def _capital(inputs: ForwardInputs) -> tuple[Figure, ...]:
    """Both capitals over time, and the mark that they have to reach."""
    if not len(inputs.curves.against):
        return ()
    times = [round(closed_at(one).timestamp() * 1000) for one in inputs.windows]
    mark = 1.0 / (1.0 - inputs.evidence.confidence)

    def line(values: Floats, name: str, colour: str) -> Scatter:
        return Scatter(
            x=times,
            y=np.exp(values).tolist(),
            mode="lines",
            line={"color": colour, "width": 1.6},
            name=say(name),
        )

    drawing = theme.draw(
        line(inputs.curves.against, "against the promise", theme.ORANGE),
        line(inputs.curves.in_favour, "for the promise", theme.BLUE),
        Scatter(
            x=[times[0], times[-1]],
            y=[mark, mark],
            mode="lines",
            line={"color": theme.INK, "width": 1.2, "dash": "dash"},
            name=say("mark"),
        ),
        x={"type": "date"},
        y=theme.named("capital", type="log"),
        height_px=280,
    )
    return (
        Figure(
            name="capital",
            title="Bets against the promise and for it",
            drawing=drawing,
            meaning="Whichever line first reaches the mark decides: the promise is broken, or "
            "proven.",
            wide=True,
        ),
    )
