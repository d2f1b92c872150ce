"""What the choices of a run reached on its test split."""

from quantsig.signals.choice import Choice, reached_figures


def choice(trial_id: str, threshold: float, **more: object) -> Choice:
    """A frozen threshold."""
    return Choice(
        trial_id=trial_id,
        rule="number",
        threshold=threshold,
        asked={},
        promise=None,
        remark="",
        created="2024-01-01T00:00:00+00:00",
        cost_fraction=0.0,
        calibration={},
        **more,  # type: ignore[arg-type]
    )


OPENED = choice("opened", 0.3, test={"precision": 0.6, "recall": 0.1, "lift": 3.0})
LOCKED = choice("locked", 0.4)


def test_the_newest_choice_is_meant_unless_another_is_named() -> None:
    """A name that no choice has, as of signals whose choice was removed, means the newest."""
    for named, threshold in {None: 0.4, "opened": 0.3, "locked": 0.4, "gone": 0.4}.items():
        assert reached_figures([OPENED, LOCKED], named)["threshold"] == threshold


def test_figures_of_a_locked_test_split_are_null() -> None:
    """And those that older choices lack."""
    reached = reached_figures([OPENED])
    assert (reached["precision"], reached["recall"], reached["mcc"]) == (0.6, 0.1, None)
    assert "lift" not in reached
    names = ["precision", "recall", "average_precision", "base_rate", "accuracy", "mcc"]
    assert reached_figures([LOCKED]) == {"threshold": 0.4, **dict.fromkeys(names)}
    assert set(reached_figures([]).values()) == {None}
