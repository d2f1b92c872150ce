"""A promise watched at every window, on simulated signals whose truth is known."""
