"""Networks that read the news of each bar of a window."""
