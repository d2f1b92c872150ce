"""Choices on probabilities that were calibrated again, on what a forward test showed."""
