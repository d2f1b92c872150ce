"""Panels draw each window by itself."""

from pathlib import Path

import pytest

from quantsig.data.audit.finding import findings_of
from quantsig.data.audit.functions import AuditedFunction
from quantsig.data.audit.panels import audit_panel
from quantsig.data.charts.panels import PANELS
from quantsig.data.charts.panels.panel import Extents, Geometry, Windows
from quantsig.data.errors import CheckFailed
from tests.planted import planted_frame

BARS = planted_frame(cells=60)


def panel(call: object, planes: tuple[str, ...] = ()) -> AuditedFunction:
    return AuditedFunction(name="p", source=Path("own.py"), call=call, kind="panel", planes=planes)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", PANELS)
def test_the_panels_here_pass(name: str) -> None:
    """Each of the table."""
    own = panel(PANELS[name].extents, PANELS[name].planes)
    assert findings_of(audit_panel(own, BARS)) == ()


def scaled_by_all(windows: Windows, geometry: Geometry, out: Extents) -> None:
    """Closes on a scale that all windows share."""
    share = windows[:, -1, 3] / windows[:, :, 1].max()
    out[:, 0, 1] = (share * geometry.height).astype("int16")[:, None]


def test_a_scale_over_the_batch_is_found() -> None:
    """It shows a window what the others hold."""
    (found,) = findings_of(audit_panel(panel(scaled_by_all), BARS))
    assert found.feature == "0"


def test_windows_stay_as_they_were() -> None:
    """A panel that writes into them is refused."""

    def writing(windows: Windows, geometry: Geometry, out: Extents) -> None:
        windows[:] = 0.0

    with pytest.raises(CheckFailed, match="changed what it was handed"):
        audit_panel(panel(writing), BARS)
