"""A language is a folder of gettext catalogues; what it lacks stays English."""

from collections.abc import Callable
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from typer import BadParameter

from quantsig.cli.arguments import known_language
from quantsig.data.language import catalogue
from quantsig.data.language.catalogue import languages
from quantsig.data.language.saying import enumerate_words, join, reading, say, word
from quantsig.reports.inputs import read_inputs
from quantsig.reports.page.numerals import things
from quantsig.reports.report import render
from tests.reports.page import untranslated

KLINGON = r"""
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\n"
"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n==2 ? 1 : 2);\n"

msgid "Verdict"
msgstr "wuq"

#, fuzzy
msgid "Trades"
msgstr "perhaps"

msgid "Training"
msgstr ""

msgid "{n} bar"
msgid_plural "{n} bars"
msgstr[0] "{n} naQ"
msgstr[1] "{n} naQmey cha'"
msgstr[2] "{n} naQmey"
"""


@pytest.fixture
def klingon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A language that is nothing but a folder."""
    (tmp_path / "tlh").mkdir()
    (tmp_path / "tlh" / "page.po").write_text(KLINGON, "utf-8")
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)
    return tmp_path


@pytest.mark.usefixtures("klingon")
def test_a_folder_is_a_language() -> None:
    """Nothing else names it."""
    assert languages() == ("en", "tlh")
    with reading("tlh") as reader:
        assert word("Verdict") == "wuq"
    assert reader.lacking == set()


@pytest.mark.usefixtures("klingon")
def test_a_run_is_read_in_the_new_language(write_run: Callable[..., Path]) -> None:
    """The whole page, English where the language has nothing, old sentences too."""
    with reading("tlh"):
        page = render(read_inputs(write_run()))
    assert '<html lang="tlh">' in page
    assert "wuq" in page
    assert "Recall" in page


@pytest.mark.usefixtures("klingon")
def test_what_is_missing_stays_english_and_is_noted() -> None:
    """No entry, an empty one and a doubtful one."""
    with reading("tlh") as reader:
        assert [say(text) for text in ("Equity", "Training", "Trades")] == [
            "Equity",
            "Training",
            "Trades",
        ]
    assert reader.lacking == {"Equity", "Training", "Trades"}


@pytest.mark.usefixtures("klingon")
@pytest.mark.parametrize(
    ("number", "text"), [(1, "1 naQ"), (2, "2 naQmey cha'"), (7, "7 naQmey"), (None, "– naQmey")]
)
def test_a_number_takes_the_form_that_the_language_has_for_it(
    number: int | None, text: str
) -> None:
    """By the rule in the head of its catalogue."""
    with reading("tlh"):
        assert things(number, "bar") == text


@pytest.mark.usefixtures("klingon")
def test_a_language_without_its_own_separators_has_the_english_ones() -> None:
    """Between sentences and in lists."""
    with reading("tlh"):
        assert join("One.", "Two.", "Three.") == "One. Two. Three."
        assert enumerate_words(["a", "b", "c"]) == "a, b, c"
        assert enumerate_words([]) == ""


@pytest.mark.usefixtures("klingon")
def test_the_check_lists_what_a_language_lacks(capsys: pytest.CaptureFixture[str]) -> None:
    """How many, and the first of them; it ends well all the same."""
    lacking = untranslated.untranslated("tlh")
    assert "Equity" in lacking
    assert "Verdict" not in lacking
    untranslated.main()
    listed = capsys.readouterr().out.splitlines()
    assert listed[0] == f"tlh: {len(lacking)} texts are shown in English"
    assert listed[1] == f"  {lacking[0]}"


@pytest.mark.parametrize("language", untranslated.COMPLETE)
def test_a_complete_language_lacks_nothing(language: str) -> None:
    """Pages, help, documents, and every line of an error: none is put together as an f-string."""
    assert untranslated.untranslated(language) == []
    assert untranslated.errors_untranslated(language) == []
    assert untranslated.main() == 0


def test_lines_of_errors_are_found(tmp_path: Path) -> None:
    """As they stand, as phrases, either way of a choice, and those that can never be told."""
    source = tmp_path / "some.py"
    source.write_text(
        'raise DataError(f"{n} rows.", where="w", remedy="Do it." if n else phrase("{m:.1%}", m=m))'
    )
    assert set(untranslated.lines_of_errors(source)) == {"f'{n} rows.'", "Do it.", "{m}"}


def test_the_texts_of_the_page_are_found() -> None:
    """Of sections, of tables and of templates."""
    assert {"Verdict", "Skip to the first section", "{n} bar"} <= untranslated.texts_of_the_page()


@pytest.mark.usefixtures("klingon")
def test_the_command_line_takes_every_language() -> None:
    """And no other."""
    assert known_language("tlh") == "tlh"
    with pytest.raises(BadParameter, match="en, tlh"):
        known_language("zh")


def test_a_text_has_one_translation() -> None:
    """Of two catalogues that translate it otherwise only the later one would be heard."""
    for folder in Path(str(catalogue.FOLDER)).iterdir():
        said: dict[tuple[str, str | None], set[str]] = {}
        for source in folder.glob("*.po"):
            with source.open("rb") as stream:
                for entry in filter(lambda entry: entry.id, read_po(stream)):
                    told = str(entry.string)
                    said.setdefault((str(entry.id), entry.context), set()).add(told)
        assert {text: told for text, told in said.items() if len(told) > 1} == {}
