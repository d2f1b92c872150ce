"""Text in lines for a terminal, where a Chinese character takes two columns and ends a line."""

import re
from unicodedata import east_asian_width

WIDE = {"W", "F"}
NEVER_FIRST = "，。；：、？！）》”’"  # of a line
PIECE = re.compile(r"[ \n]+|[\x21-\x7e\xa0]+|.")  # blanks, a word, a wide character


def fold(text: str, columns: int) -> list[str]:
    """Lines that end between words or after wide characters, each of at most so many columns."""
    lines = [""]
    for piece in PIECE.findall(text):
        if columns_of(lines[-1] + piece.rstrip()) <= columns or piece in NEVER_FIRST:
            lines[-1] += piece
        elif not piece.isspace():
            lines.append(piece)
    return [line.strip() for line in lines]


def columns_of(text: str) -> int:
    """Columns of the terminal that a text takes."""
    return sum(2 if east_asian_width(letter) in WIDE else 1 for letter in text)
