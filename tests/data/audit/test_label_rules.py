"""Labels know nothing before their trade has ended."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from quantsig.data.audit.finding import AuditCheck, findings_of
from quantsig.data.audit.functions import AuditedFunction
from quantsig.data.audit.label_rules import audit_label
from quantsig.data.errors import CheckFailed
from quantsig.data.label_spec import LABELS, LabelSpec
from quantsig.data.labels import BarLabels, Prices, make_labels
from tests.planted import planted_frame

BARS = planted_frame(cells=60)
SPEC = LabelSpec(name="rise", horizon_bars=5)


def audited(call: Callable[..., object], spec: LabelSpec = SPEC) -> list[AuditCheck]:
    function = AuditedFunction(name="f", source=Path("own.py"), call=call, kind="label")
    return audit_label(function, BARS, spec)


@pytest.mark.parametrize("name", LABELS)
def test_the_labels_here_pass(name: str) -> None:
    """Each of the table."""
    assert findings_of(audited(make_labels, LabelSpec(name=name, horizon_bars=5))) == ()


def test_a_label_inside_the_picture_is_found() -> None:
    """One whose trade ended before its decision."""

    def past(prices: Prices, spec: LabelSpec) -> BarLabels:
        found = make_labels(prices, spec)
        return replace(
            found,
            label=np.roll(found.label, 10),
            forward_return=np.roll(found.forward_return, 10),
            end_bar=np.roll(found.end_bar, 10),
        )

    assert next(check.name for check in audited(past) if check.findings) == "label_end"


def test_a_label_that_is_known_too_early_is_found() -> None:
    """The end it names is three bars before that of its return."""

    def early(prices: Prices, spec: LabelSpec) -> BarLabels:
        found = make_labels(prices, spec)
        return replace(found, end_bar=np.where(found.end_bar < 0, -1, found.end_bar - 3))

    failed = {check.name for check in audited(early) if check.findings}
    assert failed == {"perturbation"}


def test_a_label_of_a_trade_that_goes_on_is_found() -> None:
    """Class 0 in place of what is not known yet."""

    def impatient(prices: Prices, spec: LabelSpec) -> BarLabels:
        found = make_labels(prices, spec)
        return replace(found, label=np.nan_to_num(found.label))

    failed = {check.name for check in audited(impatient) if check.findings}
    assert "truncation" in failed


def test_a_stop_of_the_whole_series_is_found() -> None:
    """Stops are known at the decision, so no later bar may move them."""

    def scaled(prices: Prices, spec: LabelSpec) -> BarLabels:
        found = make_labels(prices, spec)
        return replace(found, stop=np.full(len(prices.close), prices.close.std()))

    features = {found.feature for found in findings_of(audited(scaled))}
    assert features == {"f.stop"}


def test_prices_stay_as_they_were() -> None:
    """A label that writes into them is refused."""

    def writing(prices: Prices, spec: LabelSpec) -> BarLabels:
        prices.close[0] *= 2.0
        return make_labels(prices, spec)

    with pytest.raises(CheckFailed, match="changed what it was handed"):
        audited(writing)
