"""Pictures written out as text."""


def picture(text: str) -> list[list[int]]:
    """Rows of # and . as ones and zeros."""
    return [[int(mark == "#") for mark in line.strip()] for line in text.strip().splitlines()]
