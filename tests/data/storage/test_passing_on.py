"""Absolute paths stay at home."""

from pathlib import Path

import pytest

from quantsig.data.storage.passing_on import relative_paths

FOLDER = Path("/home/me/work/runs/one")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/home/me/my work/samples", "../../../my work/samples"),
        ('path = "/home/me/my work/samples"\nb = 1', 'path = "../../../my work/samples"\nb = 1'),
        ("quantsig train /home/me/work/samples --lr 1", "quantsig train ../../samples --lr 1"),
        ("--out=/home/me/work/runs/one", "--out=."),
        ("BTC/USDT and ../samples and a/b", "BTC/USDT and ../samples and a/b"),
        ("~/samples https://x.org/y 1/2", "~/samples https://x.org/y 1/2"),
        (7, 7),
    ],
)
def test_absolute_paths_become_relative_to_the_run(text: object, shown: object) -> None:
    """As a value, in settings, in a command; pairs, links and relative paths stay."""
    assert relative_paths(text, FOLDER) == shown
