"""Pictures side by side and one above the other, with lines of text."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from quantsig.data.language.catalogue import ENGLISH
from quantsig.data.language.messages import phrase
from quantsig.data.language.saying import language, tell

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

Colour = tuple[int, int, int]
Pixels = NDArray[np.uint8]  # (H, W, 3) red, green, blue

PAPER: Colour = (24, 27, 34)
TEXT: Colour = (226, 230, 238)
GAP = 8  # pixels between pictures
POINTS = 13  # size of a caption


def beside(pictures: Sequence[Pixels], gap: int = GAP) -> Pixels:
    """Pictures from left to right, their tops on one line."""
    height = max(len(picture) for picture in pictures)
    padded = [_extend(picture, height, picture.shape[1] + gap) for picture in pictures]
    return np.concatenate(padded, axis=1)[:, :-gap]


def stack(pictures: Sequence[Pixels], gap: int = GAP) -> Pixels:
    """Pictures one above the other, their left edges on one line."""
    width = max(picture.shape[1] for picture in pictures)
    padded = [_extend(picture, len(picture) + gap, width) for picture in pictures]
    return np.concatenate(padded)[:-gap]


def framed(picture: Pixels, margin: int) -> Pixels:
    """A picture with an empty margin all around."""
    height, width, _ = picture.shape
    canvas = blank(height + 2 * margin, width + 2 * margin)
    canvas[margin : margin + height, margin : margin + width] = picture
    return canvas


def captioned(text: str, picture: Pixels) -> Pixels:
    """A picture under a line of text."""
    return stack([written(text), picture], gap=3)


WIDE_FONTS = (  # with Chinese characters, by the names that systems and distributions give them
    "NotoSansCJK-Regular.ttc",
    "NotoSansSC-Regular.otf",
    "SourceHanSansSC-Regular.otf",
    "wqy-microhei.ttc",
    "wqy-zenhei.ttc",
    "msyh.ttc",
    "simhei.ttf",
    "PingFang.ttc",
    "Hiragino Sans GB.ttc",
    "STHeiti Light.ttc",
)

FACES = {"NotoSansCJK-Regular.ttc": 2}  # its simplified Chinese; the first one is Japanese


def drawn_word(text: str) -> str:
    """A text in the reader's language, where this machine has a font for it."""
    told = tell(text)
    return told if told.isascii() or wide_font(POINTS) else text


def missing_font() -> str | None:
    """What to say where the reader's language cannot be written into pictures; None: it can.

    English needs no font beyond the one that pillow brings.
    """
    if language() == ENGLISH or wide_font(POINTS):
        return None
    return phrase(
        "no font with Chinese characters was found, so the words in pictures are English: install "
        "Noto Sans CJK (fonts-noto-cjk), or one of {fonts}.",
        fonts=", ".join(WIDE_FONTS[1:5]),
    )


def wide_font(points: int) -> "FreeTypeFont | None":
    """A font with Chinese characters; None on a machine without one."""
    from PIL import ImageFont  # noqa: PLC0415

    for name in WIDE_FONTS:
        with suppress(OSError):
            return ImageFont.truetype(name, points, index=FACES.get(name, 0))
    return None


def written(text: str, colour: Colour = TEXT, points: int = POINTS) -> Pixels:
    """One line of text, just large enough for it."""
    from PIL import Image, ImageDraw, ImageFont  # noqa: PLC0415 - only pictures need it

    font = (None if text.isascii() else wide_font(points)) or ImageFont.load_default(points)
    left, _, right, _ = font.getbbox(text)
    image = Image.new("RGB", (int(right - left) + 2, points + points // 3 + 2), PAPER)
    ImageDraw.Draw(image).text((-left, 0), text, fill=colour, font=font)
    return np.asarray(image)


def blank(height: int, width: int, colour: Colour = PAPER) -> Pixels:
    """A picture of one colour."""
    return np.full((height, width, 3), colour, np.uint8)


def rows_of(pictures: Sequence[Pixels], per_row: int) -> Iterable[Pixels]:
    """Pictures cut into rows of so many."""
    for first in range(0, len(pictures), per_row):
        yield beside(pictures[first : first + per_row])


def _extend(picture: Pixels, height: int, width: int) -> Pixels:
    canvas = blank(height, width)
    canvas[: picture.shape[0], : picture.shape[1]] = picture
    return canvas
