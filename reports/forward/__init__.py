"""The market report of a forward test."""
