"""Text in lines for a terminal, where a Chinese character takes two columns and ends a line."""

import re

NEVER_FIRST = "，。；：、？！）》”’"  # of a line
PIECE = re.compile(  # what is in brackets, blanks, a word, a wide character
    r"\[[^\[\] \n]*\]|[ \n]+|[\x21-\x7e\xa0]+|."
)


def fold(text: str, columns: int) -> list[str]:
    """Lines that end between words or after wide characters, each of at most so many columns."""
    lines = [""]
    for piece in PIECE.findall(text):
        if columns_of(lines[-1] + piece.rstrip()) <= columns or piece in NEVER_FIRST:
            lines[-1] += piece
        elif not piece.isspace():
            lines.append(piece)
    return [line.strip() for line in lines if line] or [""]


def columns_of(text: str) -> int:
    """Columns of the terminal that a text takes: two for a Chinese character."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def filled(text: str, columns: int) -> str:
    """The text with blanks behind it, up to so many columns."""
    return text + " " * (columns - columns_of(text))
