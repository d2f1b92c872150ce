"""One Chinese word for one thing: what docs/zh/words.md says is not used is used nowhere."""

import re
from pathlib import Path

import pytest

from quantsig.data.language.catalogue import catalogue

ROOT = Path(__file__).parent.parent
WORDS = ROOT / "docs" / "zh" / "words.md"
REFUSED = re.compile(r"^\| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)  # a table of two columns
BUT = re.compile(r"（(.+)除外）")  # a longer word that may hold it


def refused() -> dict[str, str]:
    """Words that are not used, each with the longer one that may hold it, if any."""
    rows = [row for row in REFUSED.findall(WORDS.read_text(encoding="utf-8")) if row[0] != "不用"]
    longer = {former: BUT.search(used) for former, used in rows}
    return {
        word: held[1] if (held := longer[former]) else ""
        for former, _ in rows
        for word in former.split("、")
    }


def texts() -> dict[str, str]:
    """Everything that is read in Chinese, by where it stands."""
    spoken = catalogue("zh")
    told = {f"“{english}”": chinese for english, chinese in spoken.texts.items()}
    told |= dict(spoken.messages)
    told |= {singular: "".join(forms) for singular, forms in spoken.plurals.items()}
    written = [page for page in (ROOT / "docs/zh").rglob("*.md") if "reference" not in page.parts]
    pages = [ROOT / "README.zh.md", ROOT / "zensical.toml", *written]
    told |= {str(page.relative_to(ROOT)): page.read_text(encoding="utf-8") for page in pages}
    told[str(WORDS.relative_to(ROOT))] = WORDS.read_text(encoding="utf-8").split("## 不用")[0]
    return told


def found(word: str, held: str, told: dict[str, str]) -> list[str]:
    """Where a word stands outside the longer one."""
    return [place for place, text in told.items() if word in re.sub(held or "$", "", text)]


def pairs() -> list[list[str]]:
    lines = WORDS.read_text(encoding="utf-8").split("## 不用")[0].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if len(row) == 4 and row[0] not in {"英文", "---"}]


@pytest.fixture(scope="module")
def told() -> dict[str, str]:
    return texts()


@pytest.mark.parametrize(("word", "held"), refused().items())
def test_a_refused_word_is_used_nowhere(word: str, held: str, told: dict[str, str]) -> None:
    """Neither on pages, nor in messages, nor in documents."""
    assert found(word, held, told) == []


def test_a_refused_word_would_be_seen() -> None:
    """Margin holds the word for a promise, and is none."""
    assert refused()["保证"] == "保证金"
    assert found("保证", "保证金", {"a": "维持保证金", "b": "保证金不作保证"}) == ["b"]
    assert len(refused()) > 20


def test_both_pages_say_the_same_words() -> None:
    """In the same order, each pair once."""
    english = (ROOT / "docs" / "words.md").read_text(encoding="utf-8")
    words = [line.split("|")[1].strip() for line in english.splitlines() if line.startswith("| ")]
    assert [row[0] for row in pairs()] == [word for word in words if word != "word"]
    chinese = [row[1] for row in pairs()]
    assert {word for word in chinese if chinese.count(word) > 1} == set()
