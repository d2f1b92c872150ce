"""Lines of the parser as messages, and our own refusals inside of them."""

import pytest

from quantsig.cli.options.parser_lines import LINES, parser_message
from quantsig.data.language.catalogue import catalogue
from quantsig.data.language.messages import phrase, without_formats
from quantsig.data.language.saying import reading, tell
from tests.cli.conftest import Quantsig


def test_every_line_has_its_chinese() -> None:
    """They are written in a table, not where they are said."""
    known = catalogue("zh").texts
    assert [line for line in LINES if without_formats(line) not in known] == []


@pytest.mark.parametrize(
    ("words", "english", "chinese"),
    [
        (
            "trian",
            "No such command 'trian'. Did you mean 'train'?",
            "没有命令 'trian'。是否想写 'train'？",
        ),
        (
            "models a b c",
            "Got unexpected extra argument(s) (b c)",
            "多余的参数：b c",
        ),
        ("backtest --fee-bps", "Option '--fee-bps' requires an argument.", "需要一个值"),
        ("runs tag", "Missing argument 'RUN'.", "缺少参数 'RUN'。"),
        ("train --epochs x", "Invalid value for '--epochs': Input should be", "的值无效：应为整数"),
        (
            "report --lang Trades",
            "Invalid value for '--lang': 'Trades' is not one of en, zh.",
            "'--lang' 的值无效：'Trades' 不在 en, zh 之中。",
        ),
        (
            "walk --rolling --combinatorial",
            "--anchored or --rolling goes without --combinatorial.",
            "--anchored 或 --rolling 不能与 --combinatorial 同用。",
        ),
    ],
)
def test_a_wrong_line_is_told(
    words: str,
    english: str,
    chinese: str,
    quantsig: Quantsig,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What the user typed stays as it is, also where it is a word of the catalogues."""
    answer = quantsig(*words.split())
    assert answer.code == 2
    assert english in answer.err
    monkeypatch.setenv("QUANTSIG_LANG", "zh")
    assert chinese in quantsig(*words.split()).err


def test_an_unknown_line_stays_as_it_is() -> None:
    """Of a later version of the parser."""
    with reading("zh"):
        assert tell(parser_message("Something else {x}.")) == "Something else {x}."
        own = phrase("{value} is not within 0..1.", value=2)
        told = tell(parser_message("Invalid value for '--threshold': 2 is not ...", own))
    assert told == "'--threshold' 的值无效：2 不在 0 到 1 之间。"
