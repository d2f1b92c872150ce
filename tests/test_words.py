"""docs/words.md says each word once, and the code has no second name for it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("data", "signals", "backtest", "reports", "api", "cli")
SOURCES = {
    path.relative_to(ROOT): path.read_text(encoding="utf-8")
    for room in ROOMS
    for path in sorted((ROOT / room).rglob("*.py"))
}
FORMER = ("Keeper", "Journal", "Watch", "Passing", "Turns", "Goal", "Wish", "Followed")
VERBAL = re.compile(r"[A-Z][a-z]+ed|Drawn|Found|Given|Kept|Left|Made|Said|Seen|Spoken|Taken|Told")
STATES = {  # what something is, not a thing: errors, ends, and the calibrator that none is
    *("CheckFailed", "Deferred", "Failed", "Feed", "Refused", "Said", "Stopped", "Uncalibrated"),
}


def words_of(page: str) -> list[str]:
    """The words that a page says, in its order; what it says of others comes below."""
    table, _, _ = (ROOT / "docs" / page).read_text(encoding="utf-8").partition("\n## ")
    lines = table.splitlines()
    return [line.split("|")[1].strip() for line in lines if line.startswith("| ")][1:]


def classes() -> list[tuple[str, Path]]:
    """Public classes and their files."""
    return [
        (name, path)
        for path, text in SOURCES.items()
        for name in re.findall(r"^class ([A-Z]\w*)", text, re.MULTILINE)
    ]


@pytest.mark.parametrize("page", ["words.md", "zh/words.md"])
def test_a_word_is_said_once(page: str) -> None:
    """Two rows for one word are two meanings; both languages say the same words."""
    words = words_of(page)
    assert len(words) > 40
    assert len(words) == len(set(words))
    assert set(words) == set(words_of("words.md"))


def test_a_former_name_names_no_class() -> None:
    """What was renamed to the field's word does not come back beside it."""
    assert [(name, path) for name, path in classes() if name in FORMER] == []


def test_classes_of_one_name_stand_in_one_room() -> None:
    """A public class name means one thing in the whole project."""
    homes: dict[str, list[str]] = {}
    for name, path in classes():
        homes.setdefault(name, []).append(str(path))
    assert {name: places for name, places in homes.items() if len(places) > 1} == {}


def test_a_participle_names_no_class() -> None:
    """A class is what it holds, not what was done to it."""
    verbal = {name for name, _ in classes() if VERBAL.fullmatch(name)}
    assert verbal <= STATES


def test_nothing_is_settled() -> None:
    """It stood for planning, trading, recovering, fitting and booking."""
    named = re.compile(
        r"\b(?:class|def) \w*settle(?!ment)\w*|\b\w*settle(?!ment)\w* (?:=|:=)", re.IGNORECASE
    )
    found = [(path, *named.findall(text)) for path, text in SOURCES.items() if named.search(text)]
    assert found == []
