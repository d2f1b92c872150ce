"""`quantsig samples info`: what is in a sample set, and what could be learnt from it."""

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from quantsig.cli.arguments import Config, Json, SamplesPath
from quantsig.cli.output import note, print_figures, print_table
from quantsig.cli.sample_set import note_base_rate, show
from quantsig.data.language.messages import phrase, term

if TYPE_CHECKING:
    from quantsig.data.samples.store import SampleSet
    from quantsig.data.split_spec import SplitSpec

POWER_COLUMNS = {
    "split": "split",
    "samples": "samples",
    "independent": "independent",
    "share": "share selected",
    "selected": "rows selected",
    "precision": "smallest precision",
    "lift": "lift",
}
PROMISE_COLUMNS = {
    "rows": "rows",
    "samples": "samples",
    "stretches": "stretches",
    "share": "share selected",
    "independent": "independent",
}


def info(samples: SamplesPath = None, config: Config = None, json: Json = False) -> None:
    """Say what is in a sample set, what it weighs, how good signals must be to tell them from
    luck on its splits, and which precision could be promised of them.

    \b
    Example:
      quantsig samples info samples
    """
    from quantsig.cli.config import load
    from quantsig.data.samples.store import open_samples

    settings = load(config, {"samples.path": samples})
    opened = open_samples(settings.samples.path)
    from quantsig.data.samples.size import stored_sizes

    weights = stored_sizes(opened)
    power = power_of(opened, settings.splits)
    promises = promises_of(opened, settings.splits) if power else []
    note_base_rate(opened, settings.splits)
    if json:
        show(
            opened,
            verb="samples.info",
            json=True,
            weights=weights,
            power=power,
            promises=promises,
        )
        return
    show(opened, verb="samples.info")
    print_figures(readable_weights(weights))
    for remark in remarks_on_weights(weights):
        note(remark)
    if power:
        print_table([{**one, "split": term(one["split"])} for one in power], POWER_COLUMNS)
        note(
            "the smallest precision that is told from the base rate of the training rows at 5 % "
            "with 80 % power, were so many independent rows selected; a dash: none is."
        )
    if promises:
        show_promises(promises)


def show_promises(promises: list[dict[str, Any]]) -> None:
    """The highest precision that could be promised, by what the signals' precision is."""
    seen = {phrase("of {share:.0%}", share=float(name)): name for name in promises[0]["targets"]}
    rows = [
        {
            **one,
            "rows": term(one["rows"]),
            **{title: percent(one["targets"][name]) for title, name in seen.items()},
        }
        for one in promises
    ]
    print_table(rows, PROMISE_COLUMNS | {title: title for title in seen})
    note(
        phrase(
            "of 60%: the highest --precision that could be promised at 90 % "
            "confidence of signals that hit in 60 % of the rows they are chosen "
            "on; a dash: none, for a promise takes signals in 20 stretches of "
            "time. Signals are taken to lie evenly in time, so these are the best "
            "to hope for. walk: the rows that quantsig walk tests before the test "
            "split; quantsig thresholds RUN --on walk counts those. That the base "
            "rate wanders, which lets less be promised, is sure to {regimes:.0%} "
            "by the training labels.",
            regimes=promises[0]["regimes"],
        )
    )


def percent(value: float | None) -> str:
    """A share for people, rounded down, so that what is shown is promised."""
    return "-" if value is None else f"{math.floor(100 * value)}%"


def promises_of(samples: "SampleSet", splits: "SplitSpec") -> list[dict[str, Any]]:
    """What the calibration split and a walk could promise, a row per share; empty where unknown."""
    from quantsig.data.errors import DataError
    from quantsig.signals.thresholds.promisable import promisable

    try:
        return [one.as_dict() for one in promisable(samples, splits)]
    except DataError as error:
        note(phrase("promises: {why}", why=term(error.what)))
        return []


def power_of(samples: "SampleSet", splits: "SplitSpec") -> list[dict[str, Any]]:
    """What the splits can detect, a row per split and share; empty, and told why, where unknown."""
    from quantsig.data.errors import DataError
    from quantsig.signals.significance.power import detectable

    try:
        return [one.as_dict() for one in detectable(samples, splits)]
    except DataError as error:
        note(phrase("power: {why}", why=term(error.what)))
        return []


def readable_weights(weights: Mapping[str, Any]) -> dict[str, str]:
    """Each weight in the unit of its size, those that are estimated marked."""
    estimated = weights.get("estimated", ())
    return {
        name: (
            phrase("{size} (estimated)", size=in_bytes(value))
            if name in estimated
            else in_bytes(value)
        )
        for name, value in weights.items()
        if name.startswith("bytes_") or name.endswith("_bytes")
    }


def in_bytes(count: float | None) -> str:
    """A number of bytes for people, in powers of 1000; a dash where there is none."""
    if count is None:
        return "-"
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:,.3g} TB"


def remarks_on_weights(weights: Mapping[str, Any]) -> Iterator[str]:
    """What the weights of a set are, and which of them are estimates."""
    if "estimated" not in weights:
        return
    yield (
        phrase(
            "estimated: estimates from {samples} samples that were encoded for "
            "that; legacy is the old format, a pickle under zstd-15.",
            samples=weights["encoded_samples"],
        )
    )
    if weights["drawn_from_bars_bytes"] is None:
        yield "drawn from bars: not known, for the set was imported without bars."
    elif "frames_bytes" not in weights["estimated"]:
        yield "drawn from bars: index and bars alone, were the pictures drawn when they are read."
