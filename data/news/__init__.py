"""News: what was said of symbols, and when it was known."""
