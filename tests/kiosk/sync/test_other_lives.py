"""Whole kiosks and centres put back from copies, cards in other machines: over real HTTP, with real files."""

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from kiosk.config import read_config
from kiosk.host import Kiosk, open_kiosk
from kiosk.machine import former_hardware_id, hardware_enrolled_as, hardware_id
from kiosk.sync.enrol import enrol
from kiosk.sync.rounds import open_link, run_round
from kiosk.sync.rules import Trouble
from kiosk.sync.worker import SyncWorker
from shared.kernel.clock import ManualClock
from shared.kernel.errors import Refused
from shared.parcels import operations as parcels
from shared.parcels import store as parcel_store
from shared.parcels.rules import HandOutOutcome, ParcelState, Recipient, Way
from shared.pickup_points.operations import set_shelf_layer
from shared.pickup_points.rules import ShelfLayer
from shared.sync import rows, store
from shared.sync.quarantine import retry
from shared.sync.rejoin import Why
from tests.kiosk.sync.conftest import POINT, REGION, RunningCentre, claim_code


def round_of(kiosk: Kiosk) -> Trouble:
    link = open_link(kiosk)
    trouble = run_round(kiosk, link, lambda: None)
    link.close()
    return trouble


def same_rows(kiosk: Kiosk, running: RunningCentre) -> bool:
    return all(
        rows.digest(kiosk.db, kiosk.house, feed) == rows.digest(running.centre.db, kiosk.house, feed)
        for feed in (f"point:{POINT}", f"region:{REGION}")
    )


def receive_parcel(kiosk: Kiosk, waybill: str) -> str:
    """A courier's parcel, received and shelved at the counter."""
    who = Recipient("", "王*明", "1234")
    parcel = parcels.receive_parcel(kiosk.journal(), POINT, waybill, "S1", recipient=who).parcel
    assert parcel is not None
    return parcel.id


def hand_out(kiosk: Kiosk, parcel: str) -> None:
    given = parcels.hand_over(kiosk.journal(), POINT, [parcel], "S1", way=Way.STAFF)
    assert given.outcome is HandOutOutcome.HANDED_OUT


@dataclass
class Cards:
    """Copies of a kiosk's data directory: put back, or put into another machine."""

    folder: Path
    made: list[Kiosk] = field(default_factory=list)

    def copy(self, kiosk: Kiosk) -> Path:
        target = self.folder / f"card{len(list(self.folder.iterdir()))}"
        target.mkdir(parents=True)
        for path in kiosk.config.data.iterdir():
            if path.is_file() and not path.name.startswith("kiosk.db"):
                shutil.copy2(path, target / path.name)
        kiosk.db.backup_to(target / "kiosk.db")
        return target

    def open(self, card: Path, hardware: str = "") -> Kiosk:
        kiosk = open_kiosk(read_config({"LINQU_DATA": str(card), "LINQU_HARDWARE": hardware}))
        self.made.append(kiosk)
        return kiosk


@pytest.fixture
def cards(tmp_path: Path) -> Iterator[Cards]:
    cards = Cards(tmp_path / "cards")
    cards.folder.mkdir()
    yield cards
    for kiosk in cards.made:
        kiosk.db.close()


@pytest.fixture
def shop(kiosk: Kiosk, running_centre: RunningCentre) -> Kiosk:
    """An enrolled kiosk of a point that has a shelf."""
    journal = running_centre.centre.journal
    with journal.writing(POINT) as tx:
        set_shelf_layer(journal, tx, POINT, ShelfLayer(3, 2, "货架 3", 60, False), "运营")
    assert round_of(kiosk) is Trouble.NONE
    return kiosk


def test_a_kiosk_put_back_from_a_copy_heals_by_itself_at_the_next_round(
    shop: Kiosk, cards: Cards, running_centre: RunningCentre
) -> None:
    """R11: what it did after the copy is at the centre already, what it does now goes on in a new epoch."""
    first = receive_parcel(shop, "YT0000001")
    card = cards.copy(shop)
    second = receive_parcel(shop, "YT0000002")
    assert round_of(shop) is Trouble.NONE
    back = cards.open(card)
    third = receive_parcel(back, "YT0000003")
    assert round_of(back) is Trouble.NONE
    centre = running_centre.centre
    for parcel in (first, second, third):
        found = parcel_store.parcel(centre.db, POINT, parcel)
        assert found is not None
        assert found.state is ParcelState.READY
    assert same_rows(back, running_centre)
    lane = store.lanes(centre.db, POINT, back.enrolled_state().device)[back.enrolled_state().epoch]
    assert lane.why == Why.RESTORED
    hand_out(back, second)
    assert round_of(back) is Trouble.NONE
    assert same_rows(back, running_centre)


def test_a_card_in_another_machine_delivers_its_facts_and_asks_to_be_enrolled_anew(
    shop: Kiosk, cards: Cards, running_centre: RunningCentre
) -> None:
    """R12, G14: nothing is lost, nothing is applied unseen, the new device has a key and a number of its own."""
    first = receive_parcel(shop, "YT0000001")
    card = cards.copy(shop)
    moved = cards.open(card, hardware="another board")
    hand_out(moved, first)
    assert round_of(moved) is Trouble.CLONE
    assert round_of(moved) is Trouble.CLONE
    centre = running_centre.centre
    parked = store.open_quarantine(centre.db)
    assert {row["reason"] for row in parked} == {"CLONE"}
    assert round_of(shop) is Trouble.NONE
    assert [row["seq"] for row in store.open_quarantine(centre.db)] == [2], "the shop's own copy of the first counts"
    old = moved.enrolled_state()
    enrol(moved, running_centre.url, claim_code(centre))
    new = moved.enrolled_state()
    assert new.device != old.device
    assert round_of(moved) is Trouble.NONE
    assert same_rows(moved, running_centre)
    with centre.journal.writing(POINT) as tx:
        retry(centre.journal, tx, POINT, old.device, old.epoch, 2, "运营")
    for kiosk in (moved, shop):
        assert round_of(kiosk) is Trouble.NONE
        assert same_rows(kiosk, running_centre)
    found = parcel_store.parcel(moved.db, POINT, first)
    assert found is not None
    assert found.state is ParcelState.COLLECTED
    receive_parcel(moved, "YT0000009")
    assert round_of(moved) is Trouble.NONE
    assert same_rows(moved, running_centre)
    again = cards.open(card, hardware="another board")
    assert again.enrolled_state().device == new.device, "the new key is the one that is kept"


def test_an_enrolled_kiosk_is_not_enrolled_over(shop: Kiosk, running_centre: RunningCentre) -> None:
    """Only a machine that the centre has sent away may take another identity."""
    with pytest.raises(Refused) as refused:
        enrol(shop, running_centre.url, claim_code(running_centre.centre))
    assert refused.value.code == "ALREADY_ENROLLED"


def test_a_centre_that_has_silently_lost_facts_notices_at_the_first_gap(
    shop: Kiosk, running_centre: RunningCentre, new_kiosk: Callable[[str], Kiosk]
) -> None:
    """R10: nobody told the centre that it was put back; a kiosk that is ahead of it proves it."""
    receive_parcel(shop, "YT0000001")
    assert round_of(shop) is Trouble.NONE
    centre = running_centre.centre
    device = shop.enrolled_state().device
    # what a copy from before the last round would hold
    with centre.db.writing() as tx:
        for table in centre.house.tables.values():
            if table.name == "parcels":
                tx.execute(table.delete_all)
        tx.execute("DELETE FROM journal WHERE device = ?", (device,))
        tx.execute("DELETE FROM journal_heads WHERE device = ?", (device,))
    receive_parcel(shop, "YT0000002")
    assert round_of(shop) is Trouble.NONE
    life = store.server_life(centre.db)
    assert life is not None
    assert life.generation == 2
    assert shop.enrolled_state().generation == 2
    assert same_rows(shop, running_centre)
    assert parcel_store.counts(centre.db, POINT)[ParcelState.READY] == 2


def test_a_fact_recorded_while_a_card_is_enrolled_anew_is_not_forgotten(
    shop: Kiosk, cards: Cards, running_centre: RunningCentre
) -> None:
    """Between the look at the outbox and the new identity somebody may work: the same code is then used once more."""
    first = receive_parcel(shop, "YT0000001")
    moved = cards.open(cards.copy(shop), hardware="another board")
    assert round_of(moved) is Trouble.CLONE
    code = claim_code(running_centre.centre)

    class Slow(ManualClock):
        """A clock that is asked while the answer is on its way."""

        def monotonic(self) -> float:
            if not store.outbox(moved.db)[0]:
                hand_out(moved, first)
            return super().monotonic()

    quick, moved.clock = moved.clock, Slow(moved.clock.now())
    moved.journal().clock = quick
    with pytest.raises(Refused) as refused:
        enrol(moved, running_centre.url, code)
    assert refused.value.code == "OUTBOX_MOVED"
    moved.clock = quick
    assert round_of(moved) is Trouble.CLONE
    enrol(moved, running_centre.url, code)
    assert round_of(moved) is Trouble.NONE
    assert [row["kind"] for row in store.open_quarantine(running_centre.centre.db) if row["seq"] == 2] == [
        "parcels.handed_out.v1"
    ]


def test_a_kiosk_enrolled_before_machines_were_named_as_now_is_no_clone_after_its_update(
    kiosk: Kiosk, running_centre: RunningCentre
) -> None:
    former = former_hardware_id()
    with running_centre.centre.db.writing() as tx:
        tx.execute("UPDATE devices SET hardware = ?", (former,))
    with kiosk.db.writing() as tx:
        tx.execute("UPDATE sync_state SET hardware = ?", (former,))
    kiosk.db.close()
    updated = open_kiosk(kiosk.config)
    try:
        assert updated.hardware == former == updated.guard.hardware
        assert round_of(updated) is Trouble.NONE
        receive_parcel(updated, "SF0000000000001")
        assert round_of(updated) is Trouble.NONE
        assert same_rows(updated, running_centre)
    finally:
        updated.db.close()
    assert hardware_enrolled_as("another machine's", "") == hardware_id()


def test_a_machine_enrolled_anew_in_the_middle_of_a_round_goes_on_as_who_it_is_now(
    kiosk: Kiosk, running_centre: RunningCentre
) -> None:
    worker = SyncWorker(kiosk, threading.Event())
    assert worker.round() is Trouble.NONE
    with kiosk.db.writing() as tx:
        store.set_trouble(tx, Trouble.CLONE.value, "2026-11-22T08:00:00.000Z")
    # from the screen, while the sync process holds its line as the device it was
    assert enrol(kiosk, running_centre.url, claim_code(running_centre.centre)).device == "K2"
    assert worker.round() is Trouble.NONE
