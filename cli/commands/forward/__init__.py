"""The verbs of a forward test."""
