"""Which files of a folder are samples: nothing is passed over in silence."""

import os
from pathlib import Path

import pytest

from quantsig.data.samples.legacy.sample_files import find_files


def made(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    return path


def test_files_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    """Of all folders; suffixes in any case, hidden files apart, others counted."""
    for name in ("s10.zst", "s2.ZST", "a/b/s3.xz", "t.lzma", "u.pt", ".hid.zst", "n.txt", "m.txt"):
        made(tmp_path / name)
    made(tmp_path / "README")
    found = find_files(tmp_path)
    assert found.files["file"].to_list() == ["a/b/s3.xz", "s2.ZST", "s10.zst", "t.lzma", "u.pt"]
    assert found.files["reason"].null_count() == 5
    assert found.others == {".txt": 2, "no suffix": 1}


def test_what_is_no_file_is_said(tmp_path: Path) -> None:
    """A pipe, which would never end, a device, and links that lead nowhere or to a folder."""
    os.mkfifo(tmp_path / "pipe.zst")
    (tmp_path / "endless.zst").symlink_to("/dev/zero")
    (tmp_path / "lost.zst").symlink_to("nowhere")
    (tmp_path / "loop.zst").symlink_to("loop.zst")
    (tmp_path / "up").symlink_to("..")
    (tmp_path / "link.zst").symlink_to(made(tmp_path / "good.zst"))
    assert dict(find_files(tmp_path).files.rows()) == {
        "endless.zst": "it is not a file",
        "good.zst": None,
        "link.zst": None,
        "loop.zst": "Too many levels of symbolic links",
        "lost.zst": "No such file or directory",
        "pipe.zst": "it is not a file",
        "up": "a link to a folder is not followed",
    }


def test_names_that_are_not_text_are_said(tmp_path: Path) -> None:
    """Their bytes are shown."""
    made(Path(os.fsdecode(os.fsencode(tmp_path) + b"/a\xff.zst")))
    assert find_files(tmp_path).files.rows() == [("a\\udcff.zst", "its name is not UTF-8")]


def test_a_folder_that_cannot_be_listed_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may hold samples."""
    made(tmp_path / "a.zst")
    made(tmp_path / "shut/b.zst")
    listed = os.scandir

    def refusing(path: str) -> object:
        if str(path).endswith("shut"):
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(os, "scandir", refusing)
    assert find_files(tmp_path).files.rows() == [
        ("a.zst", None),
        ("shut", "this folder: Permission denied"),
    ]
