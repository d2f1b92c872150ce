"""Lines of a terminal that hold Chinese."""

from quantsig.cli.printing.fold import columns_of, fold


def test_wide_characters_take_two_columns() -> None:
    """A line ends where the next would not fit."""
    assert fold("交易测试集的信号", 8) == ["交易测试", "集的信号"]
    assert columns_of("K 线") == 4


def test_words_stay_whole() -> None:
    """Between characters, too."""
    assert fold("见 quantsig train 的帮助", 14) == ["见 quantsig", "train 的帮助"]


def test_no_line_begins_with_a_stop() -> None:
    """It stands at the end of the line before, though that is full."""
    assert fold("交易信号。然后", 8) == ["交易信号。", "然后"]


def test_a_word_too_long_has_a_line_of_its_own() -> None:
    """With no empty one before it."""
    assert fold("annual_return is high", 8) == ["annual_return", "is high"]
    assert fold("", 8) == [""]
