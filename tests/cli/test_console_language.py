"""The language of the console: by option, variable, settings, system, in this order."""

import json
import re
from pathlib import Path

import pytest

from quantsig.cli.settings.console_language import spoken_language
from tests.cli.conftest import Quantsig
from tests.cli.options.test_help import lines_of


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("zh_CN.UTF-8", "zh"),
        ("zh", "zh"),
        ("C", "en"),
        ("POSIX", "en"),
        ("de_DE.UTF-8", "en"),
        ("", "en"),
    ],
)
def test_the_system_decides_where_nothing_else_does(
    name: str, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A language without a catalogue is English."""
    monkeypatch.setenv("LC_ALL", name)
    monkeypatch.delenv("LANG", raising=False)
    assert spoken_language(["train"]) == language


def test_the_nearer_goes_over_the_farther(
    own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Settings over system, variable over settings, option over all."""
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    (own_folder / "quantsig.toml").write_text('language = "zh"\n')
    assert spoken_language([]) == "zh"
    monkeypatch.setenv("QUANTSIG_LANG", "en")
    assert spoken_language([]) == "en"
    assert spoken_language(["report", "--lang", "zh"]) == "zh"
    assert spoken_language(["report", "--lang=zh"]) == "zh"


def test_an_unknown_language_in_the_settings_is_refused(
    quantsig: Quantsig, own_folder: Path
) -> None:
    """With those that are known; until then the console speaks English."""
    (own_folder / "quantsig.toml").write_text('language = "tlh"\n')
    answer = quantsig("config", "check")
    assert answer.code == 3
    assert 'unknown language "tlh"' in answer.out + answer.err


def test_help_and_errors_are_told_in_chinese(
    quantsig: Quantsig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Options and exit codes are what they are."""
    monkeypatch.setenv("QUANTSIG_LANG", "zh")
    assert "--fee-bps <float> 单边手续费，基点。 [默认：1.0]" in lines_of(
        quantsig("backtest", "--help").out
    )
    answer = quantsig("train", "--modell", "x")
    assert answer.code == 2
    assert answer.err.splitlines() == [
        "错误：没有这个选项：--modell（是否想写：--model）",
        "  位置：quantsig train",
        "  见：quantsig train --help",
    ]


PARSERS_OWN = re.compile(r"\[(?:default|required)|^\w+:$", re.MULTILINE)


def test_no_help_holds_a_word_of_the_parser(
    quantsig: Quantsig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Headings, defaults and what is required, of every verb; what is in brackets stays whole."""
    monkeypatch.setenv("QUANTSIG_LANG", "zh")
    for words in (["judge"], ["train"], ["sweep"], ["forward", "go"], ["samples", "draw"], []):
        said = quantsig(*words, "--help").out
        assert PARSERS_OWN.findall(said) == [], words
        defaults = [line for line in said.splitlines() if "[默认" in line]
        assert [line for line in defaults if "]" not in line.partition("[默认")[2]] == []


def test_a_setting_is_explained_in_chinese(
    quantsig: Quantsig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its name, values and variable stay as they are typed."""
    monkeypatch.setenv("QUANTSIG_LANG", "zh")
    lines = quantsig("config", "explain", "loss.focal_gamma").out.splitlines()
    assert lines[0] == "loss.focal_gamma：0 即交叉熵；越大，已学会的样本权重越小"
    assert lines[1:3] == ["  类型         数", "  默认值       2.0"]
    assert "QUANTSIG_LOSS_FOCAL_GAMMA" in lines[3]


def test_why_a_document_is_damaged_is_said_in_chinese(
    quantsig: Quantsig, own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason too, not the first half of the sentence alone."""
    monkeypatch.setenv("QUANTSIG_LANG", "zh")
    run = own_folder / "runs" / "one"
    run.mkdir(parents=True)
    (run / "run.json").write_text("{")
    answer = quantsig("runs", "show", "runs/one")
    assert answer.code == 6
    assert answer.complaint[0].startswith("错误：run.json 已损坏：不是 JSON：")


def test_a_place_is_no_word(quantsig: Quantsig, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file may be called as a figure of the page is."""
    monkeypatch.setenv("QUANTSIG_LANG", "zh")
    answer = quantsig("thresholds", "nothing")
    assert answer.err.splitlines()[:2] == ["错误：没有这次运行。", "  位置：nothing"]


@pytest.mark.usefixtures("few_models")
def test_documents_stay_as_they_are(quantsig: Quantsig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys and values of JSON are no text for people."""
    plain = quantsig("models", "--json").out
    monkeypatch.setenv("QUANTSIG_LANG", "zh")
    assert json.loads(quantsig("models", "--json").out) == json.loads(plain)
