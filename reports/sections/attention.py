"""What the model looks at: what is lost without each part, and what may be left out."""

from quantsig.data.language.saying import join, say
from quantsig.data.storage.documents import to_json
from quantsig.reports.figures.signals.importance import groups, plane_map, table
from quantsig.reports.inputs import Inputs
from quantsig.reports.page.content import Listing, Number, Section
from quantsig.reports.page.numerals import BY_UNIT, count, interval, number, share
from quantsig.signals.explain.record import Explanation
from quantsig.signals.figures import FIGURES

TITLE = "What it looks at"
HOW = (
    "Each part of what the model reads was exchanged for that of a far time, over calibration "
    "rows; lost is how much {figure} then falls. Intervals are 90 %, by drawing stretches of time "
    "again. Of {parts} such intervals about {chance} lie above zero by chance."
)
SHARED = (
    "What two parts both say is lost without neither: a part that loses nothing may still be "
    "spoken for by another. A mixture of two times is a picture that no market drew, and what a "
    "model makes of it is a guess. Importance is of this model, not of the market."
)


def section(inputs: Inputs) -> Section:
    """Groups, every plane, and the setting that follows."""
    found = inputs.explanation
    if inputs.run.record.judged is not None:
        return Section(
            title=TITLE,
            missing="This run holds scores of a model that is not in it, so what it looks at "
            "cannot be asked.",
        )
    if inputs.run.record.ensemble is not None:
        return Section(
            title=TITLE,
            missing="This run is the mean of several: what one of them looks at is asked of it.",
        )
    if found is None:
        return Section(title=TITLE, missing="Not asked yet: quantsig explain.")
    return Section(
        title=TITLE,
        warnings=_warnings(found),
        paragraphs=(_how(found), say(SHARED), *_silence(found)),
        numbers=_numbers(found),
        figures=(*groups(found), *plane_map(found)),
        tables=(table(found),),
        listings=_setting(found),
    )


def _how(found: Explanation) -> str:
    parts = len(found.of_kind("plane", "feature"))
    chance = (1.0 - found.confidence) / 2.0 * parts
    figure = say(FIGURES[found.measure].label)
    return say(HOW, figure=figure, parts=count(parts), chance=number(chance, 1))


def _warnings(found: Explanation) -> tuple[str, ...]:
    if found.all_parts.low is None:
        return (
            say(
                "The rows lie in {n} stretches of time, too few for intervals: the ranking may "
                "be luck.",
                n=count(found.blocks),
            ),
        )
    if not found.all_parts.speaks:
        return (
            say(
                "The model is not shown to know anything on these rows: where all is exchanged "
                "at once, the interval of what is lost reaches zero. Nothing follows for its parts."
            ),
        )
    return ()


def _numbers(found: Explanation) -> tuple[Number, ...]:
    told = FIGURES[found.measure]
    return (
        Number(
            label=told.label,
            value=BY_UNIT[told.unit](found.value),
            meaning=join(told.formula, "With whole inputs, on the rows that were asked."),
            beside=say("base rate {rate}", rate=share(found.base_rate))
            if found.base_rate is not None
            else "",
        ),
        Number(
            label="Lost without all",
            value=number(found.all_parts.lost, 3),
            meaning="Where all that the model reads is exchanged for that of a far time at once.",
            beside=interval(found.all_parts.low, found.all_parts.high, _three),
        ),
        Number(
            label="Rows asked",
            value=count(found.rows),
            meaning="Calibration rows; those left out are whole times, evenly spread.",
            beside=say("of {n}", n=count(found.of_rows)),
        ),
        Number(
            label="Silent parts",
            value=count(len(found.silent.alone)),
            meaning="Planes or features whose own interval reaches zero or lies below.",
            beside=say("of {n}", n=count(len(found.of_kind("plane", "feature")))),
        ),
    )


def _silence(found: Explanation) -> tuple[str, ...]:
    silent = found.silent
    if silent.joint is None:
        return ()
    joint = silent.joint
    ends = interval(joint.low, joint.high, _four)
    said = say(
        "{together} of the {alone} silent parts were exchanged at once: "
        "{lost} is lost ({ends}), which cannot be told from nothing.",
        together=count(len(silent.together)),
        alone=count(len(silent.alone)),
        lost=number(joint.lost, 4),
        ends=ends,
    )
    if len(silent.together) == len(silent.alone):
        return (said,)
    return (join(said, "The others say something together that none of them says alone."),)


def _setting(found: Explanation) -> tuple[Listing, ...]:
    if not found.silent.drop_planes:
        return ()
    return (
        Listing(
            title="Leave out what says nothing, train again, and compare",
            text=f"[samples]\ndrop_planes = {to_json(found.silent.drop_planes)}",
        ),
    )


def _three(value: float | None) -> str:
    return number(value, 3)


def _four(value: float | None) -> str:
    return number(value, 4)
