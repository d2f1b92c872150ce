"""docs/words.md says each word once, and the code has no second name for it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "docs" / "words.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| word")
]
FORMER = ("Keeper", "Journal", "Watch", "Passing", "Turns", "Goal", "Wish", "Followed")


def test_a_word_is_said_once() -> None:
    """Two rows for one word are two meanings."""
    words = [word for word, _, _ in ROWS]
    assert len(words) > 40
    assert len(words) == len(set(words))


@pytest.mark.parametrize("former", FORMER)
def test_a_former_name_names_no_class(former: str) -> None:
    """What was renamed to the field's word does not come back beside it."""
    rooms = ("data", "signals", "backtest", "reports", "api", "cli")
    sources = [path for room in rooms for path in (ROOT / room).rglob("*.py")]
    naming = re.compile(rf"^class {former}\b", re.MULTILINE)
    assert [path for path in sources if naming.search(path.read_text(encoding="utf-8"))] == []


def test_classes_of_one_name_stand_in_one_room() -> None:
    """A public class name means one thing in the whole project."""
    homes: dict[str, list[str]] = {}
    for room in ("data", "signals", "backtest", "reports", "api", "cli"):
        for path in (ROOT / room).rglob("*.py"):
            for name in re.findall(r"^class ([A-Z]\w*)", path.read_text(encoding="utf-8"), re.M):
                homes.setdefault(name, []).append(str(path.relative_to(ROOT)))
    assert {name: places for name, places in homes.items() if len(places) > 1} == {}
