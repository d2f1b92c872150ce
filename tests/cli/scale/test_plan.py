"""A plan: the verb's own dry run, and the same work on more workers."""

import pytest

from quantsig.cli.commands.scale.plan import on_workers
from tests.cli.conftest import Quantsig, assert_done


def test_times_on_workers_are_those_counted_by_hand() -> None:
    """Three folds of 1, 2 and 3 s: the last waits for the first of two workers."""
    rows = on_workers([[1.0, 2.0, 3.0]])
    assert [(row["workers"], row["seconds"]) for row in rows] == [(1, 6.0), (2, 4.0), (3, 3.0)]
    assert [row["efficiency"] for row in rows] == [1.0, 0.75, pytest.approx(6 / 9, abs=1e-4)]


def test_what_is_tried_at_once_waits_for_what_came_before() -> None:
    """Two and one of 4 s each: two workers save one of three."""
    rows = on_workers([[4.0, 4.0], [4.0]])
    assert [(row["workers"], row["seconds"]) for row in rows] == [(1, 12.0), (2, 8.0)]


def test_a_work_of_one_part_has_one_row() -> None:
    assert len(on_workers([[7.0]])) == 1


def test_a_plan_is_the_dry_run_of_its_verb(trained: Quantsig) -> None:
    """With rows, steps and bytes of it; one worker takes what the dry run foretells."""
    words = ("--folds", "2", "--first", "0.7", "--model", "small")
    found = assert_done(trained("plan", "--json", "walk", *words)).document
    assert found["schema"] == "quantsig.plan/1"
    assert found["work"] == "walk"
    assert found["figures"]["folds"] == 2
    assert [row["workers"] for row in found["workers"]] == [1, 2]
    assert found["workers"][0]["seconds"] == pytest.approx(found["figures"]["seconds"])


def test_a_plan_for_people_has_a_row_a_number_of_workers(trained: Quantsig) -> None:
    answer = assert_done(trained("plan", "train", "--model", "logistic", "--seeds", "2"))
    assert "duration" in answer.out
    assert len([line for line in answer.out.splitlines() if line.strip().startswith("2 ")]) == 1


def test_what_the_verb_refuses_is_refused(trained: Quantsig) -> None:
    """By its own words and code; what has no plan is named."""
    assert trained("plan", "train", "--model", "resnet19").code == 3
    assert trained("plan", "walk", "--fold", "3").code == 2
    assert trained("plan", "report").code == 2
