"""Which version of the drawing this is, apart from the compiled code that does it."""

DRAWING_VERSION = 1  # raised whenever the same bars and spec would give other pixels
