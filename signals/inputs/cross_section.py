"""Every symbol of one time together: sequences (U, S + 1, C, N), and who is there (U, S + 1).

The universe is that of the run, in its order. The last slot is for a symbol outside of it, which
is judged beside the universe and shown to no one else.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray

from quantsig.data.errors import ConfigError
from quantsig.data.language.messages import phrase
from quantsig.data.samples.matrix import first_rows
from quantsig.data.samples.store import SampleSet
from quantsig.data.sequences.cross_section import ABSENT, member_rows
from quantsig.data.sequences.draw import sequences
from quantsig.data.sequences.spec import SequenceSpec
from quantsig.signals.inputs import INPUTS
from quantsig.signals.inputs.feed import Draw, Feed, Units, as_they_are
from quantsig.signals.inputs.held import HeldInputs, base_bars
from quantsig.signals.inputs.parts import Part
from quantsig.signals.shape import shape_of_samples

Ids = NDArray[np.int64]
SEQUENCES, PRESENT = "sequences", "present"
FIGURED_AT_ONCE = 4096  # samples in memory
AT_ONCE = 1 << 11  # sequences of a scoring batch, about
FEWEST = 2  # symbols of a cross-section
LONG_AGO = -(1 << 62)  # before every time in microseconds


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Board:
    """The symbols of a set as a universe sees them.

    Attributes:
        samples: whose bars are shown.
        spec: with a universe of S symbols.
        ranges: (2, S) rows of the symbols' first bars in the matrix, and those after their last.
        slot: (n,) of each sample's symbol; S where it is not of the universe.
        when_us: (n,) when each sample decides.
        drawn_by: (n,) the sample that its unit is drawn by.
    """

    samples: SampleSet
    spec: SequenceSpec
    ranges: Ids
    slot: Ids
    when_us: Ids
    drawn_by: Ids

    @property
    def symbols(self) -> int:
        """S."""
        return int(self.ranges.shape[1])

    def units(self, ids: Ids) -> Units:
        """Whole times; a sample of no universe is a unit by itself."""
        found, unit = np.unique(self.drawn_by[ids], return_inverse=True)
        return Units(ids=found, unit=unit.astype(np.int64), slot=self.slot[ids])

    def rows(self, ids: Ids) -> Ids:
        """(U, S + 1) rows of the bars that units by these ids show."""
        times_us, history = self.samples.matrix.times_us, self.samples.chart.history_bars
        own = self.samples.decision_rows[ids]
        foreign = self.slot[ids] == self.symbols
        since_us = np.where(foreign & (own > 0), times_us[own - 1], LONG_AGO)
        known = np.empty((len(ids), self.symbols), np.int64)
        member_rows(times_us, self.ranges, self.when_us[ids], since_us, history, known)
        return np.column_stack([known, np.where(foreign, own, ABSENT)])

    def draw(self, ids: Ids, out: dict[str, NDArray[Any]]) -> None:
        """Fill the parts of units; an absent symbol is zeros."""
        rows = self.rows(ids)
        present = rows != ABSENT
        out[PRESENT][:] = present
        drawn = out[SEQUENCES].reshape(-1, *out[SEQUENCES].shape[2:])
        there = present.ravel()
        drawn[~there] = 0.0
        bars, chart = self.samples.matrix, self.samples.chart
        drawn[there] = sequences(bars, rows.ravel()[there], chart, self.spec)

    def since_us(self, ids: Ids) -> Ids:
        """(n,) when the oldest bar closed that samples show, their own or another symbol's.

        A symbol that was halted within its window looks back further than those that were not.
        """
        times_us, history = self.samples.matrix.times_us, self.samples.chart.history_bars
        units = self.units(ids)
        oldest = np.empty(len(units.ids), np.int64)
        for start in range(0, len(oldest), FIGURED_AT_ONCE):
            rows = self.rows(units.ids[start : start + FIGURED_AT_ONCE])
            first = times_us[np.where(rows == ABSENT, 0, rows - history + 1)]
            shown = np.where(rows == ABSENT, np.iinfo(np.int64).max, first)
            oldest[start : start + len(rows)] = shown.min(axis=1)
        return oldest[units.unit]

    @property
    def parts(self) -> tuple[Part, ...]:
        """Of a unit."""
        return INPUTS["cross_section"].parts(shape_of_samples(self.samples, 1, self.spec))


def resolved(samples: SampleSet, spec: SequenceSpec, rows: Ids) -> SequenceSpec:
    """The spec with its universe by name: where none is set, every symbol that is learnt from.

    A symbol that is listed later is none of it: its place would be one that nothing was learnt of.

    Args:
        samples: that a model is trained on.
        spec: as it is set.
        rows: ids of the training rows.

    Raises:
        ConfigError: there are fewer than two, or one is not in the samples.
    """
    if not samples.drawn:
        return spec
    learnt = set(samples.index["symbol"].gather(rows).unique())
    universe = spec.universe or tuple(name for name in samples.symbol_bars if name in learnt)
    unknown = [name for name in universe if name not in samples.symbol_bars]
    if unknown:
        raise ConfigError(
            phrase("the samples have no symbol {name}.", name=unknown[0]),
            where="input.universe",
            remedy="Name symbols of the samples, or leave it out for all of them.",
        )
    if len(universe) < FEWEST:
        raise ConfigError(
            "a cross-section of one symbol shows no other.",
            where="input.universe",
            remedy="Build samples of more symbols, or train a model that reads sequences.",
        )
    return replace(spec, universe=universe)


def board_of(samples: SampleSet, spec: SequenceSpec) -> Board:
    """The symbols of a set, looked up once."""
    if spec.universe is None:
        spec = resolved(samples, spec, np.arange(len(samples)))
    universe = spec.universe or ()
    place = {name: number for number, name in enumerate(universe)}
    bars, starts = samples.symbol_bars, first_rows(samples.symbol_bars)
    first = np.array([starts.get(name, 0) for name in universe], np.int64)
    after = first + np.array([bars.get(name, 0) for name in universe], np.int64)
    symbols = samples.index["symbol"]
    names = symbols.unique().to_list()
    slots = [place.get(name, len(universe)) for name in names]
    slot = symbols.replace_strict(names, slots, return_dtype=pl.Int64).to_numpy()
    when_us = samples.matrix.times_us[samples.decision_rows]
    return Board(
        samples=samples,
        spec=spec,
        ranges=np.array([first, after]),
        slot=slot,
        when_us=when_us,
        drawn_by=_first_of_unit(when_us, slot == len(universe)),
    )


def since(samples: SampleSet, sample_ids: Ids, spec: SequenceSpec) -> Ids:
    """(n,) microseconds: when the oldest bar closed that each sample shows of any symbol."""
    return board_of(samples, spec).since_us(sample_ids)


def _first_of_unit(when_us: Ids, foreign: NDArray[np.bool_]) -> Ids:
    """(n,) the first sample of each one's time; foreign ones stand for themselves."""
    found = np.arange(len(when_us))
    own = np.flatnonzero(~foreign)
    _, earliest, time = np.unique(when_us[own], return_index=True, return_inverse=True)
    found[own] = own[earliest][time]
    return found


def feed(samples: SampleSet, spec: SequenceSpec, device: torch.device) -> Feed:
    """Whole times of a set of storage `bars`."""
    board = board_of(samples, spec)
    if len(samples):
        board.draw(np.zeros(1, np.int64), _empty(board.parts))  # compiles what the threads share
    return Feed(
        parts=board.parts,
        draw=board.draw,
        finish=as_they_are,
        units=board.units,
        scored_at_once=max(1, AT_ONCE // (board.symbols + 1)),
        sequences=lambda drawn: drawn[SEQUENCES][drawn[PRESENT]],
    )


def _empty(found: tuple[Part, ...]) -> dict[str, NDArray[Any]]:
    return {part.name: np.empty((1, *part.shape), part.dtype) for part in found}


def hold(samples: SampleSet, sample_ids: Ids, spec: SequenceSpec) -> HeldInputs:
    """The own channels of samples, then those of every symbol beside them; absent ones are NaN.

    What a sample's symbol shows stands in the own channels alone.
    """
    board = board_of(samples, spec)
    channels, universe = board.spec.channels(samples.chart), board.spec.universe or ()
    slots, (count, bars) = board.symbols + 1, samples.sequence_shape(spec)
    values = np.empty((len(sample_ids), slots, count, bars), np.float32)
    present = np.empty((len(sample_ids), slots), bool)
    board.draw(sample_ids, {SEQUENCES: values, PRESENT: present})
    values[~present] = np.nan
    slot = board.slot[sample_ids]
    own = values[np.arange(len(slot)), slot]
    beside = values[:, : board.symbols].reshape(len(slot), -1, bars)
    sides = [(name.replace(".", "_"), channel) for name in universe for channel in channels]
    names = (*channels, *(f"{symbol}.{channel}" for symbol, channel in sides))
    return HeldInputs(
        reads="cross_section",
        chart=samples.chart,
        values=np.concatenate([own, beside], axis=1),
        names=names,
        smallest=(*channels, *(symbol for symbol, _ in sides)),
        ages=base_bars(np.arange(bars)[::-1], names),
        fed=lambda draw, device: _held_feed(board, slot, draw),
    )


def _held_feed(board: Board, slot: Ids, draw: Draw) -> Feed:
    """Held samples again, each a unit by itself."""
    (_, count, bars), symbols = board.parts[0].shape, board.symbols

    def drawn(places: Ids, out: dict[str, NDArray[Any]]) -> None:
        held = np.empty((len(places), count * (symbols + 1), bars), np.float32)
        draw(places, held)
        numbers = out[SEQUENCES]
        numbers[:, :symbols] = held[:, count:].reshape(len(places), symbols, count, bars)
        numbers[:, symbols] = np.nan
        numbers[np.arange(len(places)), own_slot(places)] = held[:, :count]
        out[PRESENT][:] = ~np.isnan(numbers[:, :, 0, -1])
        np.nan_to_num(numbers, copy=False)

    def own_slot(places: Ids) -> Ids:
        return slot[places % len(slot)] if len(slot) > 1 else np.repeat(slot, len(places))

    def units(places: Ids) -> Units:
        return Units(ids=places, unit=np.arange(len(places)), slot=own_slot(places))

    at_once = max(1, AT_ONCE // (symbols + 1))
    return Feed(
        parts=board.parts, draw=drawn, finish=as_they_are, units=units, scored_at_once=at_once
    )


def figures(samples: SampleSet, sample_ids: Ids, spec: SequenceSpec) -> NDArray[np.float64]:
    """(n, C + 1) what each channel says of the newest bar, and the share of the universe there."""
    board = board_of(samples, spec)
    newest = np.empty((len(sample_ids), samples.sequence_shape(spec)[0] + 1))
    for start in range(0, len(sample_ids), FIGURED_AT_ONCE):
        ids = sample_ids[start : start + FIGURED_AT_ONCE]
        part = newest[start : start + len(ids)]
        part[:, :-1] = samples.sequences(ids, spec)[:, :, -1]
        part[:, -1] = (board.rows(ids)[:, : board.symbols] != ABSENT).mean(axis=1)
    return newest


def figure_names(samples: SampleSet, spec: SequenceSpec) -> tuple[str, ...]:
    """The channels, and the members."""
    return (*spec.channels(samples.chart), "members")
