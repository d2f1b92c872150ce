"""Names that every system can hold."""

from pathlib import Path

import pytest

from quantsig.data.errors import ConfigError, DataError, UsageError
from quantsig.data.portable_names import refuse_links, refuse_outside, refuse_unportable

NOWHERE = (
    *("con", "PRN", "aux", "nul", "com1", "lpt9", "COM0", "con.parquet", "nul.tar.gz", "aux .txt"),
    *("conin$", "first.", "first ", "..."),
    *("a:b", 'a"b', "a<b", "a|b", "what?", "*", "a\\b", "a\tb"),
)
EVERYWHERE = ("first", "console", "com", "com10", "auxiliary", "my run", "a.b.c", ".hidden", "多")


@pytest.mark.parametrize("name", NOWHERE)
@pytest.mark.parametrize("form", ["{}", "runs/{}", "../{}", "{}/report.html"])
def test_a_name_that_windows_cannot_hold_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, form: str
) -> None:
    """As a file or a folder, wherever it stands in the path."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as caught:
        refuse_unportable(Path(form.format(name)))
    assert len(str(caught.value).splitlines()) == 3


@pytest.mark.parametrize("name", EVERYWHERE)
def test_other_names_are_taken(tmp_path: Path, name: str) -> None:
    """Also those that only begin like a device's."""
    assert refuse_unportable(tmp_path / name / name) == tmp_path / name / name


def test_a_folder_that_is_there_stays_usable(tmp_path: Path) -> None:
    """Only what would be made is judged; the rest is where its owner has it."""
    (tmp_path / "aux").mkdir()
    assert refuse_unportable(tmp_path / "aux" / "first")
    with pytest.raises(UsageError):
        refuse_unportable(tmp_path / "aux" / "aux")


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/passwd", "C:/x", "..\\x", "..", ""])
def test_a_path_that_leads_out_of_its_folder_is_refused(name: str) -> None:
    """Up, from the root, of another drive."""
    with pytest.raises(ConfigError):
        refuse_outside(name)


@pytest.mark.parametrize("name", ["a.json", "sweep/cells.parquet", "..a/b..c"])
def test_a_path_within_its_folder_is_taken(name: str) -> None:
    """Folders within, and dots that lead nowhere."""
    refuse_outside(name)


def test_links_may_stay_inside(tmp_path: Path) -> None:
    """One to a file beside it, and the folder itself by way of a link."""
    (tmp_path / "run" / "deep").mkdir(parents=True)
    (tmp_path / "run" / "deep" / "near").symlink_to("../other")
    (tmp_path / "linked").symlink_to("run")
    refuse_links(tmp_path / "linked")


@pytest.mark.parametrize("to", ["/etc/passwd", "../../outside", "nowhere/../../../x", "/dev/zero"])
def test_a_link_that_leads_out_is_refused(tmp_path: Path, to: str) -> None:
    """However deep it stands, and whether there is anything there or not."""
    (tmp_path / "run" / "deep").mkdir(parents=True)
    (tmp_path / "run" / "deep" / "far").symlink_to(to)
    with pytest.raises(DataError, match="far is a link that leads out"):
        refuse_links(tmp_path / "run")
