"""Pages under axe-core, which knows what shuts out readers with other eyes, ears or hands."""

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from quantsig.reports.report import write_report
from tests.reports.visits import Visitor

WriteRun = Callable[..., Path]
GRAVE = ("serious", "critical")

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("lang", "width", "dark"),
    [("en", 1440, False), ("zh", 390, True)],
)
def test_nothing_shuts_a_reader_out(
    write_run: WriteRun, visit: Visitor, lang: str, width: int, dark: bool
) -> None:
    """No serious and no critical finding, and folded parts are opened for it."""
    report = write_report(write_run(bars=True), lang=lang)
    with visit(report, width=width, dark=dark) as (page, *_):
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        page.locator("#threshold-explorer input:enabled").wait_for()
        found = Axe().run(page).response
    assert len(found["passes"]) > 20
    assert [
        (one["id"], one["impact"], one["nodes"][0]["html"])
        for one in found["violations"]
        if one["impact"] in GRAVE
    ] == []
