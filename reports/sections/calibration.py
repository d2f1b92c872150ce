"""Whether a probability of 30 percent comes true three times in ten."""

from quantsig.data.language.saying import retell, say, word
from quantsig.data.storage.records import Figures
from quantsig.reports.figures.signals.opened_calibration import (
    calibration_warnings,
    opened_calibration,
)
from quantsig.reports.figures.signals.reliability import OBSERVED, RANGE, reliability_drawing
from quantsig.reports.inputs import Inputs
from quantsig.reports.page import theme
from quantsig.reports.page.content import Column, Figure, Number, Section, Table
from quantsig.reports.page.numerals import count, number, share
from quantsig.signals.calibration.record import CalibrationFigures, CalibrationRecord

FLAT = (
    "The scores carried no information about the event on the calibration rows: every "
    "probability is the base rate, so a threshold selects all rows or none."
)
NO_ROWS = (
    "No rows were kept for calibration: probabilities are the scores as they come, and the test "
    "rows alone, once opened, can tell whether 30 % comes true three times in ten."
)
SCORES = {  # name in the file: (label, formula)
    "brier": ("Brier score", "Mean squared distance of probability and outcome"),
    "log_loss": ("Log loss", "Mean negative log of the probability of the outcome, in nats"),
}
SHAPES = {  # the numbers of a method, as the file names them
    "sigmoid": ("slope", "intercept"),
    "beta": ("a", "b", "c"),
}

COLUMNS = {
    **RANGE,
    "mean_before": Column(
        label="Mean before",
        write=share,
        numeric=True,
        meaning="Mean probability of the bin before calibration.",
    ),
    "mean_after": Column(
        label="Mean after",
        write=share,
        numeric=True,
        meaning="Mean probability of the bin after calibration.",
    ),
    **OBSERVED,
}
PARTS = {
    "score": Column(label="Score", write=lambda value: number(value, 4), numeric=True),
    "reliability": Column(
        label="Reliability",
        write=lambda value: number(value, 4),
        numeric=True,
        meaning="Distance of what was said and what came, bin by bin; 0 is best.",
    ),
    "resolution": Column(
        label="Resolution",
        write=lambda value: number(value, 4),
        numeric=True,
        meaning="Distance of what came in the bins from the base rate; high is good.",
    ),
    "uncertainty": Column(
        label="Uncertainty",
        write=lambda value: number(value, 4),
        numeric=True,
        meaning="The score of always saying the base rate.",
    ),
    "within_bins": Column(
        label="Within bins",
        write=lambda value: number(value, 4),
        numeric=True,
        meaning="What binning leaves: forecasts differ inside a bin.",
    ),
}


def section(inputs: Inputs) -> Section:
    """Reliability before and after calibration with intervals, and what the scores are made of."""
    record = inputs.calibration
    if record is None:
        return Section(title="Calibration", missing="This run has no calibration.json yet.")
    if record.method == "none":
        return Section(
            title="Calibration",
            warnings=(NO_ROWS, *calibration_warnings(inputs)),
            parts=opened_calibration(inputs),
        )
    figures = record.figures
    filled = [row for row in figures.reliability if row["count"]]
    return Section(
        title="Calibration",
        warnings=(
            *((FLAT,) if record.flat else ()),
            *calibration_warnings(inputs),
        ),
        paragraphs=(_method(record), *_shift(inputs)),
        numbers=_numbers(figures),
        figures=(_reliability(filled, figures), _counts(filled)) if filled else (),
        parts=opened_calibration(inputs),
        tables=(*_decomposition(figures), *_tried(figures), *_bins(filled)),
    )


def _method(record: CalibrationRecord) -> str:
    method = word(record.method)
    reason = retell(record.figures.reason) if record.figures.reason else ""
    numbers = ", ".join(
        f"{word(name)} {number(getattr(record.calibrator, name), 3)}"
        for name in SHAPES.get(record.method, ())
    )
    if reason and numbers:
        told = "Method: {method} ({numbers}), taken for {reason}."
        return say(told, method=method, numbers=numbers, reason=reason)
    if reason:
        return say("Method: {method}, taken for {reason}.", method=method, reason=reason)
    return say("Method: {method} ({numbers}).", method=method, numbers=numbers)


def _shift(inputs: Inputs) -> tuple[str, ...]:
    """What sampling and weights did to the odds, and where that was taken back."""
    shift = inputs.run.record.prior_shift
    if not shift:
        return ()
    rates = {
        "natural": share(shift["natural_rate"]),
        "sampled": share(shift["sampled_rate"]),
    }
    if not shift["exact"]:
        return (
            say(
                "Training showed the event in {sampled} of its samples, against {natural} in the "
                "training rows. The loss allows no closed form for that, so it is left to the "
                "calibrator.",
                **rates,
            ),
        )
    return (
        say(
            "Training showed the event in {sampled} of its samples, against {natural} in the "
            "training rows. The difference of the log-odds, class weights included, is taken off "
            "every score before the calibrator sees it; “before” below means after that.",
            **rates,
        ),
    )


def _numbers(figures: CalibrationFigures) -> tuple[Number, ...]:
    size = {"rows": count(figures.samples), "positives": count(figures.positives)}
    return tuple(
        Number(
            label=label,
            value=number(getattr(figures, f"{key}_after"), 4),
            meaning=say(
                "{formula}; {rows} calibration rows, {positives} positive; fitted and measured "
                "on the same rows.",
                formula=say(formula),
                **size,
            ),
            beside=say("before {value}", value=number(getattr(figures, f"{key}_before"), 4)),
        )
        for key, (label, formula) in SCORES.items()
    )


def _reliability(rows: list[Figures], figures: CalibrationFigures) -> Figure:
    curves = (("before", "mean_before", theme.ORANGE), ("after", "mean_after", theme.BLUE))
    return Figure(
        name="reliability",
        title="Reliability",
        drawing=reliability_drawing(rows, curves, height_px=380),
        meaning=say(
            "A point per bin of the {n} calibration rows; bins hold equally many. Whiskers are "
            "the 90 % interval of the observed share.",
            n=count(figures.samples),
        ),
        wide=True,
    )


def _counts(rows: list[Figures]) -> Figure:
    """How many rows stand behind each bin."""
    labels = [f"{number(row['bin_low'], 3)}–{number(row['bin_high'], 3)}" for row in rows]
    kinds = {"count": (say("rows"), theme.GREY), "effective_count": (say("effective"), theme.BLUE)}
    return Figure(
        name="counts",
        title="Rows behind each bin",
        drawing=theme.draw(
            *(
                {
                    "type": "bar",
                    "name": name,
                    "x": labels,
                    "y": [row.get(key) for row in rows],
                    "marker": {"color": colour},
                    "hovertemplate": "%{y:,.0f}",
                }
                for key, (name, colour) in kinds.items()
                if rows[0].get(key) is not None
            ),
            x=theme.named("calibrated probability", type="category"),
            y=theme.named("rows"),
            height_px=240,
            barmode="group",
        ),
        meaning="Effective is how many independent rows say as much: labels overlap and symbols "
        "move together.",
        wide=True,
    )


def _decomposition(figures: CalibrationFigures) -> tuple[Table, ...]:
    """score = reliability - resolution + uncertainty + within bins."""
    rows = []
    for key, (label, _) in SCORES.items():
        for when in ("before", "after"):
            parts = getattr(figures, f"{key}_{when}_parts")
            if parts:
                values = {"score": getattr(figures, f"{key}_{when}"), **parts}
                rows.append((say(label), word(when), *(values.get(name) for name in PARTS)))
    if not rows:
        return ()
    return (
        Table(
            title="What the scores are made of",
            columns=(Column(label="Score of"), Column(label="When"), *PARTS.values()),
            rows=tuple(rows),
            note="Score = reliability − resolution + uncertainty + within bins (Murphy 1973; for "
            "the log loss Bröcker 2009). Calibration lowers the first; the second is the model's.",
        ),
    )


def _tried(figures: CalibrationFigures) -> tuple[Table, ...]:
    tried = figures.log_loss_cross_validated
    if not tried:
        return ()
    return (
        Table(
            title="Methods tried",
            columns=(
                Column(label="Method", write=word, name="method"),
                Column(
                    label="Log loss",
                    write=lambda value: number(value, 5),
                    numeric=True,
                    name="log_loss_cross_validated",
                    meaning="Cross-validated on the calibration rows, in nats; the least is taken.",
                ),
            ),
            rows=tuple(tried.items()),
        ),
    )


def _bins(rows: list[Figures]) -> tuple[Table, ...]:
    if not rows:
        return ()
    shown = [name for name in COLUMNS if any(row.get(name) is not None for row in rows)]
    return (
        Table(
            title="Reliability by bin",
            columns=tuple(COLUMNS[name] for name in shown),
            rows=tuple(tuple(row.get(name) for name in shown) for row in rows),
        ),
    )
