"""Which version of the features this is."""

FEATURES_VERSION = 1  # raised whenever the same bars and spec would give other numbers
