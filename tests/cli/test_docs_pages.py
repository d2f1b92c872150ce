"""Every command on the pages of docs/ can be typed: its verb and its options exist."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from quantsig.cli.app import app
from quantsig.data.demo.planted import planted_bars
from tests.cli.conftest import Quantsig, assert_done

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(page for page in DOCS.rglob("*.md") if page.parent.name != "reference")
BY_PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
VERBS = get_command(app)


def commands(text: str) -> list[list[str]]:
    """Words after `quantsig`, of blocks for the shell and of what stands between backquotes."""
    blocks = re.findall(r"```sh\n(.*?)```", text, re.S)
    prose = re.sub(r"```.*?```", "", text, flags=re.S)
    lines = [line for block in blocks for line in block.splitlines()]
    lines += re.findall(r"`(quantsig [^`]+)`", prose)
    parts = [part for line in lines for part in line.split("&&")]
    words = [shlex.split(part, comments=True) for part in parts]
    return [said[1:] for said in words if said[:1] == ["quantsig"]]


def left_over(words: list[str]) -> list[str]:
    """What no argument and no option of the verb takes; an option that is not there raises."""
    verb: Any = VERBS
    while getattr(verb, "commands", None) and words:
        words = getattr(verb, "meant", list)(words)
        assert words[0] in verb.commands, words
        verb, words = verb.commands[words[0]], words[1:]
    if getattr(verb, "commands", None):
        return []
    _, rest, _ = verb.make_parser(verb.context_class(verb, **verb.context_settings)).parse_args(
        words
    )
    return list(rest)


@BY_PAGE
def test_every_command_parses(page: Path) -> None:
    """Without running it."""
    for words in commands(page.read_text(encoding="utf-8")):
        assert left_over(words) == [], words


def test_what_does_not_exist_is_seen() -> None:
    """A verb, an option, an argument too many."""
    with pytest.raises(AssertionError):
        left_over(["judges"])
    with pytest.raises(Exception, match="No such option"):
        left_over(["judge", "scores.csv", "--bar", "bars.csv", "--nothing"])
    assert left_over(["backtest", "runs/first", "bars.csv", "more"]) == ["more"]
    assert commands("`quantsig train S` and\n```sh\nquantsig init  # first\n```\n") == [
        ["init"],
        ["train", "S"],
    ]


@pytest.fixture
def how_to(own_folder: Path) -> Path:
    """A folder with the settings and the feature of docs/how-to.md."""
    text = (DOCS / "how-to.md").read_text(encoding="utf-8")
    (settings,) = re.findall(r"```toml\n(.*?)```", text, re.S)
    (feature,) = re.findall(r"```python\n(.*?)```", text, re.S)
    (own_folder / "quantsig.toml").write_text(settings)
    (own_folder / "own.py").write_text(feature)
    return own_folder


def test_its_settings_are_known(quantsig: Quantsig, how_to: Path) -> None:
    """Those of A-shares."""
    assert_done(quantsig("config", "check", "quantsig.toml"))


def test_its_feature_passes_the_audit(quantsig: Quantsig, how_to: Path) -> None:
    """One that looks ahead does not."""
    planted_bars(60, seed=1).bars.drop("adjustment").write_csv("bars.csv")
    assert_done(quantsig("audit", "own.py:momentum", "bars.csv"))
    own = how_to / "own.py"
    own.write_text(own.read_text().replace("pct_change(20)", "pct_change(-20)"))
    assert quantsig("audit", "own.py:momentum", "bars.csv").code == 4


@pytest.mark.parametrize("page", sorted((DOCS / "zh").rglob("*.md")), ids=lambda page: page.stem)
def test_a_chinese_page_says_the_same_commands(page: Path) -> None:
    """Those of the English page of the same name, in their order, and its other blocks."""
    english = (DOCS / page.relative_to(DOCS / "zh")).read_text(encoding="utf-8")
    chinese = page.read_text(encoding="utf-8")
    blocks = re.compile(r"```.*?```", re.S)
    assert blocks.findall(chinese) == blocks.findall(english)
    assert sorted(commands(chinese)) == sorted(commands(english))


def test_chinese_artefacts_name_the_same_keys() -> None:
    """What stands in a file is typed alike in any language; only placeholders are told."""
    pages = [DOCS / "artefacts.md", DOCS / "zh" / "artefacts.md"]
    said = [re.findall(r"`([^`]+)`", page.read_text(encoding="utf-8")) for page in pages]
    english, chinese = ({key for key in keys if not re.search("[<一-鿿 ]", key)} for keys in said)
    assert english == chinese
    assert len(english) > 400
