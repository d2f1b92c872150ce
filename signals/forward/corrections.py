"""What is not as it was when a decision rested on it: corrected, late, gone, or going back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl

from quantsig.data.bars import CheckedBars
from quantsig.data.errors import DataError
from quantsig.data.language.messages import phrase
from quantsig.data.samples.parts import symbol_runs
from quantsig.signals.forward.grounds import Grounds
from quantsig.signals.forward.lines import REVISION, Line, moment_of, stamp
from quantsig.signals.forward.standing import Decided, Standing

GONE = "gone"  # in place of a hash: the bar of the decision is no more


@dataclass(frozen=True, kw_only=True, slots=True)
class Revisions:
    """What became of that which decisions rest on.

    Attributes:
        lines: for the journal, a decision each.
        vanished: symbols with pending decisions, and no bars at all.
    """

    lines: list[Line]
    vanished: list[str]


def refuse_going_back(bars: CheckedBars, newest: Mapping[str, str]) -> None:
    """Refuse bars of a symbol that end before its newest decision.

    Args:
        bars: all that there are.
        newest: the time of the newest decision of each symbol.

    Raises:
        DataError: the newest bar of one is older.
    """
    for symbol, own in symbol_runs(bars.bars).items():
        ended = own["timestamp"][-1]
        if symbol in newest and ended < moment_of(newest[symbol]):
            raise DataError(
                phrase(
                    "the bars of {symbol} go back: they end at {ended}, and its newest decision is "
                    "of {decided}.",
                    symbol=symbol,
                    ended=stamp(ended)[:16],
                    decided=newest[symbol][:16],
                ),
                where=", ".join(bars.sources[:3]),
                remedy="Give the bars that were there before, and those that came since.",
            )


def revisions(standing: Standing, grounds: Grounds, recorded: datetime) -> Revisions:
    """What of that which pending decisions rest on is not as it was seen last.

    Args:
        standing: what has not come out.
        grounds: where decisions look.
        recorded: what the clock says.
    """
    known = grounds.by_symbol
    own: dict[str, list[Decided]] = {}
    for key in standing.pending:
        own.setdefault(key[0], []).append(key)
    lines: list[Line] = []
    for symbol in sorted(own.keys() & known.keys()):
        for key, found in _hashes(own[symbol], symbol, grounds).items():
            if found != standing.known_hash(key):
                line = {"kind": REVISION, "recorded": stamp(recorded), "symbol": symbol}
                lines.append({**line, "decision_time": key[1], "bars_sha256": found})
    return Revisions(
        lines=sorted(lines, key=lambda line: (line["decision_time"], line["symbol"])),
        vanished=sorted(own.keys() - known.keys()),
    )


def _hashes(keys: list[Decided], symbol: str, grounds: Grounds) -> dict[Decided, str]:
    """Of each decision of a symbol, as far as the bars reach back; `GONE` where its own is not."""
    times = grounds.by_symbol[symbol]["timestamp"]
    wanted = pl.Series([moment_of(time) for _, time in keys]).cast(times.dtype)
    places = times.search_sorted(wanted).to_numpy().astype(np.int64)
    there = (times.gather(np.minimum(places, len(times) - 1)) == wanted).to_numpy()
    hashes = iter(grounds.hashes(symbol, places[there]))
    found = [next(hashes) if is_there else GONE for is_there in there]
    return {
        key: text
        for key, text, place in zip(keys, found, places.tolist(), strict=True)
        if place >= grounds.rule.bars_before
    }
