"""Pickup codes with the phone tail: five wrong ones lock, whatever is done to the machine or its clock."""

from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tries
from hypothesis import strategies as st

from kiosk.host import open_kiosk
from kiosk.pickup.operations import collect_by_code, locked_minutes
from kiosk.pickup.rules import PickupOutcome, PickupResult
from shared.kernel.clock import ManualClock
from shared.parcels.rules import ParcelState
from tests.kiosk.pickup.scene import START, Scene, settings

WRONG = "119999"


def guess(scene: Scene, times: int = 1) -> list[PickupResult]:
    return [collect_by_code(scene.kiosk, WRONG, "0000") for _ in range(times)]


def test_a_wrong_code_and_a_wrong_tail_cannot_be_told_apart(scene: Scene) -> None:
    parcel = scene.parcel(scene.resident(tail="8899"))
    wrong_code = collect_by_code(scene.kiosk, WRONG, "8899")
    wrong_tail = collect_by_code(scene.kiosk, parcel.code, "8898")
    assert wrong_code.outcome is wrong_tail.outcome is PickupOutcome.UNKNOWN_CODE
    assert (wrong_code.params, wrong_tail.params) == ({"left": 4}, {"left": 3})
    assert scene.now(parcel).state is ParcelState.READY


def test_the_fifth_wrong_code_locks_and_the_right_one_waits(scene: Scene, clock: ManualClock) -> None:
    parcel = scene.parcel(scene.resident())
    outcomes = [result.outcome for result in guess(scene, 5)]
    assert outcomes == [PickupOutcome.UNKNOWN_CODE] * 4 + [PickupOutcome.LOCKED]
    right = collect_by_code(scene.kiosk, parcel.code, "8899")
    assert (right.outcome, right.params["minutes"]) == (PickupOutcome.LOCKED, 1)
    assert scene.now(parcel).state is ParcelState.READY
    clock.advance(61)
    assert collect_by_code(scene.kiosk, parcel.code, "8899").outcome is PickupOutcome.HANDED_OUT


def test_locks_grow_to_a_quarter_of_an_hour(scene: Scene, clock: ManualClock) -> None:
    minutes = []
    for _ in range(7):
        assert guess(scene, 5)[-1].outcome is PickupOutcome.LOCKED
        minutes.append(locked_minutes(scene.kiosk))
        clock.advance(minutes[-1] * 60 + 1)
    assert minutes == [1, 2, 4, 8, 15, 15, 15]
    assert locked_minutes(scene.kiosk) == 0


def test_a_right_code_forgives_the_wrong_ones(scene: Scene) -> None:
    resident = scene.resident()
    guess(scene, 4)
    assert collect_by_code(scene.kiosk, scene.parcel(resident).code, "8899").outcome is PickupOutcome.HANDED_OUT
    assert [result.outcome for result in guess(scene, 4)] == [PickupOutcome.UNKNOWN_CODE] * 4


def test_the_code_of_a_parcel_long_gone_buys_no_further_guesses(scene: Scene) -> None:
    gone = scene.parcel(scene.resident())
    assert collect_by_code(scene.kiosk, gone.code, "8899").outcome is PickupOutcome.HANDED_OUT
    guess(scene, 4)
    assert collect_by_code(scene.kiosk, gone.code, "8899").outcome is PickupOutcome.ALREADY_COLLECTED
    assert guess(scene)[0].outcome is PickupOutcome.LOCKED


@pytest.mark.parametrize("days", [-20_000, -1, 1, 365 * 40])
def test_setting_the_clock_opens_nothing(scene: Scene, clock: ManualClock, days: int) -> None:
    guess(scene, 5)
    clock.set_wall(max(START + timedelta(days=days), START.replace(year=1971)))
    assert guess(scene)[0].outcome is PickupOutcome.LOCKED
    clock.advance(61)
    assert guess(scene)[0].outcome is PickupOutcome.UNKNOWN_CODE


def test_restarting_the_machine_opens_nothing(tmp_path: Path) -> None:
    """After a restart the monotonic clock counts from zero again and the wall clock may be anywhere."""
    config = settings(tmp_path / "kiosk")
    before = ManualClock(START)
    before.advance(50_000)
    scene = Scene.open(config, before)
    guess(scene, 10)
    before.advance(61)
    guess(scene, 5)
    assert locked_minutes(scene.kiosk) == 2
    scene.kiosk.db.close()

    after = ManualClock(START.replace(year=1970))
    again = Scene(open_kiosk(config, after))
    assert locked_minutes(again.kiosk) == 2
    assert guess(again)[0].outcome is PickupOutcome.LOCKED
    after.advance(119)
    assert guess(again)[0].outcome is PickupOutcome.LOCKED
    after.advance(2)
    assert guess(again)[0].outcome is PickupOutcome.UNKNOWN_CODE
    again.kiosk.db.close()


def test_many_guesses_at_once_get_five(scene: Scene) -> None:
    results: list[PickupResult] = []
    threads = [Thread(target=lambda: results.extend(guess(scene, 3))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(result.outcome is PickupOutcome.UNKNOWN_CODE for result in results) == 4
    assert sum(result.outcome is PickupOutcome.LOCKED for result in results) == 20


def test_two_screens_with_the_same_code_get_the_parcel_once(scene: Scene) -> None:
    parcel = scene.parcel(scene.resident())
    results: list[PickupResult] = []
    threads = [
        Thread(target=lambda: results.append(collect_by_code(scene.kiosk, parcel.code, "8899"))) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outcomes = sorted(result.outcome.value for result in results)
    assert outcomes == ["ALREADY_COLLECTED"] * 5 + ["HANDED_OUT"]


def test_a_code_that_is_used_again_means_the_parcel_whose_tail_fits(scene: Scene, clock: ManualClock) -> None:
    old = scene.parcel(scene.resident("赵*", "1111"))
    collect_by_code(scene.kiosk, old.code, "1111")
    clock.advance(3600)
    new = scene.parcel(scene.resident("钱*", "2222"), place=old.place)
    with scene.kiosk.db.writing() as tx:
        tx.execute("UPDATE parcels SET pickup_code = ? WHERE id = ?", (old.code, new.id))
    assert collect_by_code(scene.kiosk, old.code, "2222").handed[0].id == new.id
    assert collect_by_code(scene.kiosk, old.code, "1111").handed[0].id == old.id


@given(code=st.text(max_size=40), tail=st.text(max_size=12))
@tries(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_typed_ever_breaks(scene: Scene, clock: ManualClock, code: str, tail: str) -> None:
    clock.advance(1000)
    assert collect_by_code(scene.kiosk, code, tail).outcome in (PickupOutcome.UNKNOWN_CODE, PickupOutcome.LOCKED)
