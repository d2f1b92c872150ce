"""Whether a choice selects better rows than the one before it, or was only luckier."""

from quantsig.data.errors import DataError
from quantsig.data.language.messages import phrase, term
from quantsig.signals.choice import Choice
from quantsig.signals.runs import Run
from quantsig.signals.significance.label_days import time_blocks
from quantsig.signals.significance.operating_points import Difference, compare_points
from quantsig.signals.thresholds.scored_rows import scored_rows


def compare_choices(run: Run, first: Choice, second: Choice) -> Difference:
    """Precision of two frozen choices on the calibration rows; see `compare_points`.

    Raises:
        DataError: one of them selects nothing, the signals lie in too few stretches of time, or
            times are not known.
    """
    rows = scored_rows(run, "calibration")
    days = rows.days()
    if days is None:
        raise DataError(
            "it is not known when the samples were decided, so two choices cannot be compared.",
            where=str(run.path),
            remedy="Import the samples with their times.",
        )
    return compare_points(
        rows.probability >= first.threshold,
        rows.probability >= second.threshold,
        rows.happened,
        time_blocks(days),
    )


def comparison_sentence(run: Run, choice: Choice) -> str | None:
    """A choice against the one made before it; None where there is no other."""
    others = [made for made in run.choices() if made.trial_id != choice.trial_id]
    if not others:
        return None
    other = others[-1]
    named = {"rule": other.rule, "threshold": other.threshold}
    try:
        found = compare_choices(run, choice, other)
    except DataError as error:
        return phrase(
            "against the {rule} choice of {threshold!r} before it: {why}",
            **named,
            why=term(error.what),
        )
    return phrase(
        "against the {rule} choice of {threshold!r} before it: precision {first:.1%} and "
        "{second:.1%}, a difference of {difference:+.1%} ({low:+.1%} to {high:+.1%}): {verdict}.",
        **named,
        first=found.first,
        second=found.second,
        difference=found.difference,
        low=found.low,
        high=found.high,
        verdict=term("they differ" if found.differ else "that may be luck"),
    )
