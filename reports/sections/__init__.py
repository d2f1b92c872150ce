"""The sections of the report, in reading order. A new section is a file here and a line below."""

from collections.abc import Callable

from quantsig.reports.inputs import Inputs
from quantsig.reports.page.content import Section
from quantsig.reports.sections import (
    attention,
    backtest,
    calibration,
    data,
    reproduce,
    signal,
    stories,
    threshold,
    training,
    trust,
    verdict,
)

SECTIONS: dict[str, Callable[[Inputs], Section]] = {
    "verdict": verdict.section,
    "data": data.section,
    "training": training.section,
    "signal": signal.section,
    "attention": attention.section,
    "calibration": calibration.section,
    "threshold": threshold.section,
    "backtest": backtest.section,
    "trust": trust.section,
    "stories": stories.section,
    "reproduce": reproduce.section,
}
