"""Pages as PDF and PNG through the browser that is there."""

import re
import tempfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from quantsig.data.errors import ResourceError, UsageError
from quantsig.reports.printing import write_pdf, write_picture
from quantsig.reports.report import write_report
from tests.reports.conftest import WriteRun


@pytest.fixture
def page(write_run: WriteRun) -> Path:
    """A short report."""
    return write_report(write_run(steps=("train",), days=300))


def inflated(printed: bytes) -> bytes:
    """A PDF with what is packed in it; pictures are packed otherwise."""
    streams = re.findall(rb"stream\r?\n(x.*?)endstream", printed, re.DOTALL)
    return printed + b"".join(zlib.decompressobj().decompress(one) for one in streams)


def named_places(content: bytes, page: Path) -> list[str]:
    """What it says of where the page lay."""
    folders = (str(page.parents[2]), page.parents[3].name, tempfile.gettempdir())
    said = ("file:", "Linux", "Mozilla", "Chrome", *folders)
    return [one for one in said if one.encode() in content]


@pytest.mark.browser
def test_a_page_is_printed(write_run: WriteRun, tmp_path: Path, chromium_path: str) -> None:
    """A whole run takes twenty sheets at most, and names no folder, system or browser."""
    page = write_report(write_run(bars=True))
    printed = write_pdf(page, tmp_path / "x.pdf").read_bytes()
    assert printed.startswith(b"%PDF-")
    assert 8 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 20
    assert b"/Title" in inflated(printed)
    assert named_places(inflated(printed), page) == []


@pytest.mark.browser
def test_a_picture_holds_the_whole_page_drawn(
    page: Path, tmp_path: Path, chromium_path: str
) -> None:
    """It is taller than a window, and its lowest drawing has ink."""
    made = write_picture(page, tmp_path / "x.png")
    with Image.open(made) as picture:
        assert picture.info.keys() <= {"srgb", "gamma"}
        assert picture.width == 1280
        assert picture.height > 2000
        pixels = np.asarray(picture.convert("RGB"))
    assert (pixels == (0, 114, 178)).all(axis=2).sum() > 1000  # lines of the validation curves


def test_without_a_browser_it_is_said(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what to do instead; nothing is written."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ResourceError, match="Install Chromium"):
        write_pdf(page, tmp_path / "x.pdf")
    assert not (tmp_path / "x.pdf").exists()


def test_a_file_that_exists_is_kept(page: Path, tmp_path: Path) -> None:
    """Before any browser is looked for."""
    (tmp_path / "x.png").write_text("mine")
    with pytest.raises(UsageError, match="exists already"):
        write_picture(page, tmp_path / "x.png")
