"""What the verbs of `quantsig samples` print of a set."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from quantsig.cli.output import note, print_document, print_figures
from quantsig.data.language.messages import first_few, phrase, term

if TYPE_CHECKING:
    from quantsig.data.samples.manifest import Manifest
    from quantsig.data.samples.store import SampleSet
    from quantsig.data.split_spec import SplitSpec

NAMED = 5  # symbols that one remark lists


def show(
    samples: "SampleSet", *, verb: str, json: bool = False, source: bool = True, **more: Any
) -> None:
    """Print what a sample set holds, and of its source unless that was said.

    `more` goes into the JSON document.
    """
    from quantsig.data.reading.source_calendar import calendar_remarks
    from quantsig.data.splits import doubts

    figures = figures_of(samples)
    days = calendar_remarks(
        samples.calendar, samples.manifest.interval_seconds, samples.index["decision_time"]
    )
    said = samples.manifest.source_notes if source else ()
    for remark in [*said, *remarks_on(samples.manifest), *days, *doubts(samples.index)]:
        note(remark)
    if json:
        kept = samples.manifest.as_dict()
        print_document(verb, figures, path=str(samples.path), manifest=kept, **more)
        return
    print_figures(figures)
    print(samples.path)


def remarks_on(manifest: "Manifest") -> Iterator[str]:
    """What to know of the set: what is odd, and what was left out."""
    from quantsig.data.checks.sanity import remarks

    yield from remarks(manifest.findings)
    history = manifest.history_bars
    if not manifest.has_volume:
        yield "no volume: the source has none, or only zeros, so the volume planes are empty"
    for rule, count in manifest.quarantined.items():
        yield phrase("set aside: {count} rows, {rule}", count=count, rule=term(rule))
    short = manifest.left_out.symbols_too_short
    for symbol, bars in list(short.items())[:NAMED]:
        yield phrase(
            "left out: {symbol} has {bars} bars, a chart needs {history}",
            symbol=symbol,
            bars=bars,
            history=history,
        )
    if len(short) > NAMED:
        yield phrase(
            "left out: {more} more symbols with too few bars, in the manifest",
            more=len(short) - NAMED,
        )
    rejected = manifest.rejected
    for one in rejected[:NAMED]:
        yield phrase("rejected: {file}: {reason}", file=one.file, reason=term(one.reason))
    if len(rejected) > NAMED:
        yield phrase(
            "rejected: {more} more files, listed in the manifest", more=len(rejected) - NAMED
        )
    large = manifest.large_windows
    if large:
        yield phrase(
            "large window: the {bars} bars of one chart are over a quarter of all the bars of "
            "{names}",
            bars=history,
            names=first_few(large, NAMED),
        )


def note_base_rate(samples: "SampleSet", splits: "SplitSpec") -> None:
    """Warn where the event is too rare or too common, with the setting that would mend it."""
    from quantsig.data.samples.base_rate import base_rate_remark

    remark = base_rate_remark(samples, splits)
    if remark:
        note(phrase("warning: {warning}", warning=term(remark)))


def size_of(samples: "SampleSet") -> dict[str, Any]:
    """Planes, height and width of a picture; the shape of anything else."""
    if len(samples.shape) != 3:
        return {"shape": " x ".join(map(str, samples.shape))}
    return dict(zip(("planes", "height", "width"), samples.shape, strict=True))


def figures_of(samples: "SampleSet") -> dict[str, Any]:
    """Counts, span and chart size of a sample set."""
    labels = samples.index["label"].drop_nulls()
    times = samples.index["decision_time"]
    event = len(samples.classes) - 1
    return {
        "samples": len(samples),
        "labelled": len(labels),
        "base_rate": (labels == event).mean() if samples.classes else None,
        "symbols": samples.index["symbol"].n_unique(),
        "first_decision": times.min(),
        "last_decision": times.max(),
        "label": samples.label.name if samples.drawn or not samples.pictured else "imported",
        **(size_of(samples) if samples.pictured else {}),
    }
