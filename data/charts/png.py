"""Pixels as a PNG file."""

import io
from pathlib import Path

from quantsig.data import files
from quantsig.data.charts.layout import Pixels


def write_png(target: Path, pixels: Pixels) -> None:
    """Replace `target` by a PNG of (H, W, 3) red, green, blue, atomically."""
    from PIL import Image  # noqa: PLC0415 - only pictures need it

    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG", optimize=True)
    files.write_bytes(target, content.getbuffer())
