"""Kiosks and centres put back from older copies, cloned cards: histories are compared by hash, nothing is doubled."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from shared.db import open_sqlite
from shared.kernel.errors import BadInput, Refused
from shared.kernel.ids import IdMaker
from shared.kernel.limits import REJOIN_FACTS
from shared.sync import CentreJournal, House, accept, store
from shared.sync.quarantine import RETRIED, discard, retry, room_of
from shared.sync.receive import SyncProblem
from shared.sync.rejoin import Why, rejoin
from shared.sync.wire import HASH_START_BYTES
from tests.sync.conftest import POINT, REGION, Kiosk, make_centre, make_kiosk
from tests.sync.lives import World, centre_sqlite, fill, in_box, same, sqlite
from tests.sync.toy import ROOM, Filled, held


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    centre = make_centre(open_sqlite(tmp_path / "centre.db", key=None, authoritative=True))
    centre.house = House([ROOM, room_of([ROOM])])
    centre.journal = CentreJournal(centre.db, centre.clock, IdMaker.at_start("0"), centre.house)
    world = World(tmp_path, centre)
    yield world
    world.centre.db.close()


@pytest.fixture
def kiosk(world: World, tmp_path: Path) -> Iterator[Kiosk]:
    db = open_sqlite(tmp_path / "kiosk.db", key=None, authoritative=False)
    kiosk = make_kiosk(db, world.centre)
    world.hardware[id(kiosk)] = "hw"
    kiosk.bootstrap()
    yield kiosk
    db.close()


def test_a_centre_put_back_from_a_copy_gets_everything_again_in_one_round(world: World, kiosk: Kiosk) -> None:
    """R10: what the copy does not hold comes again from the kiosk, in the lane it was in."""
    fill(kiosk, "a", 1)
    world.round(kiosk)
    old = world.copy(centre_sqlite(world))
    for _ in range(3):
        fill(kiosk, "a", 1)
        world.round(kiosk)
    world.restore_centre(old)
    assert in_box(world, "a") == 1
    world.round(kiosk)
    assert in_box(world, "a") == 4
    assert same(world, kiosk)
    assert kiosk.state().epoch == "EK1"
    assert world.same_after_replay()


def test_a_kiosk_put_back_from_a_copy_goes_on_in_a_new_epoch(world: World, kiosk: Kiosk) -> None:
    """R11: no number is used twice, what both sides have recorded counts once."""
    fill(kiosk, "a", 1)
    old = world.copy(sqlite(kiosk))
    fill(kiosk, "a", 10)
    world.round(kiosk)
    back = world.kiosk_from(old)
    fill(back, "a", 100)
    world.round(back)
    assert in_box(world, "a") == 111
    assert same(world, back)
    lanes = store.lanes(world.centre.db, POINT, "K1")
    branch = lanes[back.state().epoch]
    assert (branch.parent_epoch, branch.parent_seq, branch.why) == ("EK1", 1, Why.RESTORED)
    assert [lane.seq for lane in lanes.values()] == [2, 2]
    assert world.same_after_replay()


def test_an_older_copy_is_found_at_its_first_idle_round(world: World, kiosk: Kiosk) -> None:
    """A kiosk that sends nothing still says where it stands."""
    fill(kiosk, "a", 1)
    old = world.copy(sqlite(kiosk))
    fill(kiosk, "a", 10)
    world.round(kiosk)
    back = world.kiosk_from(old)
    world.round(back)
    assert (in_box(world, "a"), held(back.db, POINT, "a")) == (11, 11)
    assert same(world, back)


def test_a_cloned_card_on_other_hardware_is_parked_and_the_first_goes_on(world: World, kiosk: Kiosk) -> None:
    """R12: both lanes are kept; what the clone recorded waits for a person."""
    fill(kiosk, "a", 1)
    clone = world.kiosk_from(world.copy(sqlite(kiosk)), hardware="other")
    fill(clone, "a", 100)
    fill(kiosk, "a", 10)
    world._rejoin(clone)
    world.deliver(clone)
    world.round(kiosk)
    assert in_box(world, "a") == 11
    parked = store.open_quarantine(world.centre.db)
    assert [(row["seq"], row["reason"]) for row in parked] == [(2, "CLONE")]
    assert kiosk.state().epoch == "EK1"
    assert world.same_after_replay()


def test_a_parked_fact_is_applied_when_a_person_says_so(world: World, kiosk: Kiosk) -> None:
    """The decision is a fact of its own: a replay arrives at the same rows."""
    fill(kiosk, "a", 1)
    world.round(kiosk)
    clone = world.kiosk_from(world.copy(sqlite(kiosk)), hardware="other")
    fill(clone, "a", 100)
    fill(clone, "a", 1000)
    world._rejoin(clone)
    world.deliver(clone)
    epoch = clone.state().epoch
    journal = world.centre.journal
    with journal.writing(POINT) as tx:
        retry(journal, tx, POINT, "K1", epoch, 2, "运营")
    with journal.writing(POINT) as tx:
        discard(journal, tx, POINT, "K1", epoch, 3, "货还在架上", "运营")
    with pytest.raises(Refused), journal.writing(POINT) as tx:
        retry(journal, tx, POINT, "K1", epoch, 2, "运营")
    assert in_box(world, "a") == 101
    assert store.count_quarantine(world.centre.db) == 0
    world.round(kiosk)
    assert same(world, kiosk)
    assert world.same_after_replay()


@pytest.mark.parametrize("clone_first", [True, False])
@pytest.mark.parametrize("by_hand", [True, False])
def test_what_clone_and_device_both_hold_counts_once(
    world: World, kiosk: Kiosk, clone_first: bool, by_hand: bool
) -> None:
    """Facts recorded before the card was copied reach the centre twice, under two epochs, and are applied once."""
    fill(kiosk, "a", 1)
    fill(kiosk, "a", 10)
    clone = world.kiosk_from(world.copy(sqlite(kiosk)), hardware="other")
    fill(clone, "a", 100)
    if not clone_first:
        world.round(kiosk)
    world._rejoin(clone)
    world.deliver(clone)
    journal = world.centre.journal
    if by_hand and clone_first:
        with journal.writing(POINT) as tx:
            retry(journal, tx, POINT, "K1", clone.state().epoch, 1, "运营")
    world.round(kiosk)
    assert in_box(world, "a") == 11
    assert [row["seq"] for row in store.open_quarantine(world.centre.db)] == [3]
    assert same(world, kiosk)
    assert world.same_after_replay()


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_copies_of_one_kiosk_meet_a_centre_that_forgot_their_common_past(
    world: World, kiosk: Kiosk, order: tuple[int, int]
) -> None:
    """A common prefix is held by both lanes: it is applied once, whoever comes first."""
    forgetful = world.copy(centre_sqlite(world))
    fill(kiosk, "a", 1)
    fill(kiosk, "a", 10)
    world.round(kiosk)
    twin = world.kiosk_from(world.copy(sqlite(kiosk)))
    fill(kiosk, "a", 100)
    fill(twin, "a", 1000)
    world.restore_centre(forgetful)
    for index in order:
        world.round((kiosk, twin)[index])
    for machine in (kiosk, twin):
        world.round(machine)
    assert in_box(world, "a") == 1111
    assert world.same_after_replay()


def test_a_centre_put_back_twice_onto_other_branches_is_compared_by_hash(world: World, kiosk: Kiosk) -> None:
    """Equal numbers say nothing: another history may have as many facts."""
    start = world.copy(centre_sqlite(world))
    old = world.copy(sqlite(kiosk))
    fill(kiosk, "a", 1)
    world.round(kiosk)
    with_first = world.copy(centre_sqlite(world))
    other = world.kiosk_from(old)
    world.restore_centre(start)
    fill(other, "a", 10)
    world.round(other)
    world.epochs["K1"] = "EK1"
    world.restore_centre(with_first)
    world.round(other)
    assert in_box(world, "a") == 11
    assert same(world, other)
    assert world.same_after_replay()


def test_a_centre_that_lost_more_than_the_kiosk_keeps_goes_on_and_says_so(world: World, kiosk: Kiosk) -> None:
    """Facts that were dropped as safe and then lost with the centre's backups are a named loss, not a standstill."""
    empty = world.copy(centre_sqlite(world))
    for _ in range(4):
        fill(kiosk, "a", 1)
    world.round(kiosk)
    with kiosk.db.writing() as tx:
        store.note_durable(tx, 3, "2026-11-22T08:00:00.000Z", "2026-11-21T08:00:00.000Z")
        tx.execute("UPDATE sync_state SET durable_seq = 3")
        assert store.prune_facts(tx, "2026-12-10T08:00:00.000Z") == 3
    world.restore_centre(empty)
    world.round(kiosk)
    lane = store.lanes(world.centre.db, POINT, "K1")[kiosk.state().epoch]
    assert (lane.why, lane.parent_seq, lane.seq) == (Why.LOST, 3, 4)
    assert in_box(world, "a") == 1


def test_facts_are_dropped_only_when_safe_for_long_enough_and_the_chain_goes_on(world: World, kiosk: Kiosk) -> None:
    """An outbox does not grow for ever; numbers and hashes go on where the dropped ones ended."""
    for _ in range(4):
        fill(kiosk, "a", 1)
    world.round(kiosk)
    for lane in store.all_lanes(world.centre.db):
        with world.centre.db.writing() as tx:
            store.set_durable(tx, lane)
    fill(kiosk, "a", 1)
    world.round(kiosk)
    with kiosk.db.writing() as tx:
        assert store.prune_facts(tx, "2026-11-22T07:00:00.000Z") == 0, "not yet 14 days"
        assert store.prune_facts(tx, "2026-12-10T08:00:00.000Z") == 4
    fill(kiosk, "a", 1)
    world.round(kiosk)
    assert in_box(world, "a") == 6
    assert same(world, kiosk)
    assert [row["seq"] for row in store.facts_after(kiosk.db, 0)] == [5, 6]


def test_an_answer_given_before_the_kiosk_changed_its_epoch_is_not_taken(world: World, kiosk: Kiosk) -> None:
    """A rejoin and a late answer may cross; the answer is of another history."""
    fill(kiosk, "a", 1)
    state = kiosk.state()
    request = accept.first_request(kiosk.db, kiosk.house, state, "n", {})
    answer = kiosk.centre.answer(request)
    world._rejoin(kiosk)
    with kiosk.db.writing() as tx:
        tx.execute("UPDATE sync_state SET epoch = 'OTHER'")
    with pytest.raises(Refused) as refused:
        accept.accept(kiosk.db, kiosk.house, kiosk.clock, state, [answer])
    assert refused.value.code == "SYNC_LATE"


def test_a_retried_fact_is_settled_by_name(world: World, kiosk: Kiosk) -> None:
    """What a person applied stays on record as such."""
    journal = world.centre.journal
    with journal.writing(POINT) as tx:
        journal.record(tx, Filled("a", 1), point=POINT, actor="运营")
    fill(kiosk, "a", 7, "alone")
    world.round(kiosk)
    assert store.count_quarantine(world.centre.db) == 1
    with pytest.raises(Refused) as refused, journal.writing(POINT) as tx:
        retry(journal, tx, POINT, "K1", "EK1", 1, "运营")
    assert refused.value.code == "STILL_FAILS"
    parked = store.parked_fact(world.centre.db, POINT, "K1", "EK1", 1)
    assert parked is not None
    assert parked["resolved_at"] is None
    assert parked["resolution"] != RETRIED


def test_facts_that_only_a_clone_has_delivered_are_sent_again_by_the_device_itself(world: World, kiosk: Kiosk) -> None:
    """A parked copy is no receipt: the device whose facts they are delivers them, and they are applied."""
    forgetful = world.copy(centre_sqlite(world))
    fill(kiosk, "a", 1)
    world.round(kiosk)
    clone = world.kiosk_from(world.copy(sqlite(kiosk)), hardware="other")
    fill(clone, "a", 100)
    world.restore_centre(forgetful)
    world._rejoin(clone)
    world.deliver(clone)
    world.round(kiosk)
    assert in_box(world, "a") == 1
    assert [row["seq"] for row in store.open_quarantine(world.centre.db)] == [2]
    assert same(world, kiosk)
    assert world.same_after_replay()


def test_a_cursor_ahead_of_its_feed_proves_that_the_centre_has_lost_rows(world: World, kiosk: Kiosk) -> None:
    """R10: no fact of this kiosk is missing, and yet what it has read is not there any more."""
    old = world.copy(centre_sqlite(world))
    journal = world.centre.journal
    with journal.writing(POINT) as tx:
        journal.record(tx, Filled("a", 5), point=POINT, actor="运营")
    world.round(kiosk)
    world.centre.db.close()
    world.centre.db = open_sqlite(old, key=None, authoritative=True)
    with pytest.raises(SyncProblem) as problem:
        world._exchange(kiosk)
    assert problem.value.code == "GAP"


def test_an_answer_for_whom_this_machine_was_before_changes_nothing(world: World, kiosk: Kiosk) -> None:
    fill(kiosk, "a", 1)
    request = accept.rejoin_request(kiosk.db, kiosk.state(), "n")
    with world.centre.db.writing() as tx:
        answer = rejoin(tx, point=POINT, current_epoch="EK1", own_hardware=True, request=request,
                        draw_epoch=lambda: "N", now="2026-11-22T08:00:00.000Z")  # fmt: skip
    with kiosk.db.writing() as tx:
        store.forget_identity(tx)
        store.enrol_state(tx, device="K2", hardware="hw2", epoch="EK2", point=POINT, region=REGION, generation=1)
    with pytest.raises(BadInput, match="SYNC_LATE"):
        accept.take_rejoin(kiosk.db, request, answer, accept.newest_told(request))
    assert (kiosk.state().epoch, kiosk.state().acked_seq) == ("EK2", 0)


def test_no_more_is_compared_than_a_kiosk_ever_tells(world: World, kiosk: Kiosk) -> None:
    request = accept.rejoin_request(kiosk.db, kiosk.state(), "n")
    bomb = msgspec.structs.replace(request, hashes=bytes((REJOIN_FACTS + 1) * HASH_START_BYTES))
    with world.centre.db.writing() as tx, pytest.raises(BadInput, match="SYNC_UNREADABLE"):
        rejoin(tx, point=POINT, current_epoch="EK1", own_hardware=True, request=bomb,
               draw_epoch=lambda: "N", now="2026-11-22T08:00:00.000Z")  # fmt: skip


def test_a_retry_that_breaks_a_rule_is_refused_and_not_an_accident(world: World, kiosk: Kiosk) -> None:
    fill(kiosk, "a", 1, "endless")
    world.round(kiosk)
    (parked,) = store.open_quarantine(world.centre.db)
    with pytest.raises(Refused, match="STILL_FAILS"), world.centre.journal.writing(POINT) as tx:
        retry(world.centre.journal, tx, POINT, "K1", parked["epoch"], parked["seq"], "运营")
    assert len(store.open_quarantine(world.centre.db)) == 1
