"""Goals are bounds from below or from above."""

from quantsig.data.benchmarks.bounds import Bound


def test_a_goal_is_met_at_its_bound() -> None:
    """On the right side of it too, on the wrong one not."""
    fast, small = Bound(says="", bound=3.5), Bound(says="", bound=50, at_least=False)
    assert [fast.met(figure) for figure in (3.4, 3.5, 9.0)] == [False, True, True]
    assert [small.met(figure) for figure in (49.0, 50.0, 51.0)] == [True, True, False]
    assert (str(fast), str(small)) == (">= 3.5", "<= 50")
