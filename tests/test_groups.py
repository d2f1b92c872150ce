"""The tests of a file share a worker: fixtures of a module are made once, not once a worker."""

import pytest


def test_a_worker_knows_the_group(request: pytest.FixtureRequest) -> None:
    """pytest-xdist writes it behind the name, by which it hands tests out; not so under 9.2."""
    grouped = bool(request.config.getoption("loadgroup", False))
    assert request.node.nodeid.endswith("@tests/test_groups.py") == grouped
