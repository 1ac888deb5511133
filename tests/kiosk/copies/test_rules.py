"""When a copy is due and when it is too old."""

from datetime import UTC, datetime, timedelta

import pytest

from kiosk.copies.rules import Plan, StickCopy, is_due, is_old, next_slot, slot_name

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
PLAN = Plan(hours=4, facts=200)


def copy(age: timedelta, seq: int = 100, slot: int = 0) -> StickCopy:
    return StickCopy(NOW - age, seq, slot_name("K1", slot), 1)


@pytest.mark.parametrize(
    ("last", "head", "due"),
    [
        (None, 0, True),
        (copy(timedelta(hours=3)), 299, False),
        (copy(timedelta(hours=3)), 300, True),
        (copy(timedelta(hours=4)), 100, True),
        # many facts at once do not wear the stick out
        (copy(timedelta(seconds=30)), 900, False),
        # a database that was put back from a copy knows less than the stick
        (copy(timedelta(hours=1)), 90, True),
        # a clock that jumped back by years: facts decide
        (copy(timedelta(days=-3650)), 100, False),
        (copy(timedelta(days=-3650)), 101, True),
    ],
)
def test_a_copy_is_due_by_hours_or_facts(last: StickCopy | None, head: int, due: bool) -> None:
    assert is_due(last, NOW, head, PLAN) is due


def test_a_copy_is_old_only_where_it_would_lose_something() -> None:
    assert is_old(copy(timedelta(hours=13)), NOW, 101, PLAN)
    assert not is_old(copy(timedelta(hours=11)), NOW, 101, PLAN)
    assert not is_old(copy(timedelta(days=400)), NOW, 100, PLAN)
    assert not is_old(None, NOW, 5, PLAN)


def test_the_newest_copy_is_never_written_over() -> None:
    assert next_slot("K1", None) == 0
    assert next_slot("K1", copy(timedelta(0), slot=0)) == 1
    assert next_slot("K1", copy(timedelta(0), slot=1)) == 0
