"""What `quantsig bench` measures: files, drawing, the loader, and a GPU fed by it.

Each benchmark returns the figures of its part of `quantsig.data.benchmarks.bounds.GOALS`.
"""
