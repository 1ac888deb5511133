"""Five wrong PINs lock, longer each time; neither a new start nor any clock makes a lock shorter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.staff.rules import MINUTE_MS, PinTries, anchored, one_more, rest_ms, still_open, tries_left
from shared.kernel.limits import PIN_LOCK_MINUTES, STAFF_IDLE_SECONDS


def test_every_fifth_wrong_pin_locks_for_longer() -> None:
    tries, now, locks = PinTries(), 1_000_000, []
    for _ in range(35):
        tries = one_more(tries, now)
        if rest := rest_ms(tries, now):
            locks.append(rest // MINUTE_MS)
            now += rest
    assert locks == [1, 2, 4, 8, 15, 15, 15]


@pytest.mark.parametrize(("failures", "left"), [(0, 5), (1, 4), (4, 1), (5, 5), (9, 1)])
def test_tries_left_are_told(failures: int, left: int) -> None:
    assert tries_left(PinTries(failures)) == left


@given(
    locked_at=st.integers(0, 10**9),
    minutes=st.sampled_from(PIN_LOCK_MINUTES),
    looks=st.lists(st.tuples(st.booleans(), st.integers(0, 40 * MINUTE_MS)), max_size=12),
)
def test_no_way_of_restarting_makes_a_lock_shorter(locked_at: int, minutes: int, looks: list[tuple[bool, int]]) -> None:
    """Time passes, or the machine starts anew with its monotonic clock at 0; real time is counted aside."""
    tries = PinTries(5, minutes * MINUTE_MS, locked_at + minutes * MINUTE_MS)
    now, real = locked_at, 0
    for restarted, passed in looks:
        now = passed if restarted else now + passed
        real += passed
        tries = anchored(tries, now)
        assert rest_ms(tries, now) <= minutes * MINUTE_MS
        if rest_ms(tries, now) == 0:
            assert real >= minutes * MINUTE_MS
            return


def test_a_screen_stays_open_for_five_minutes() -> None:
    assert still_open(1000, 1000 + STAFF_IDLE_SECONDS * 1000 - 1)
    assert not still_open(1000, 1000 + STAFF_IDLE_SECONDS * 1000)
    assert not still_open(5000, 4000), "a time ahead of the clock is from before the machine started"
