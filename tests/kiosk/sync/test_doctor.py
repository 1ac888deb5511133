"""What the doctors find, on a real kiosk and a real centre."""

from pathlib import Path

from kiosk.doctor import examine as examine_kiosk
from kiosk.host import Kiosk
from shared.orders.facts import Placed
from shared.orders.rules import OrderLine
from shared.parcels import operations as parcels
from shared.parcels.rules import Carrier, Content, Recipient, Way
from shared.pickup_points.operations import set_shelf_layer
from shared.pickup_points.rules import ShelfLayer
from shared.residents.operations import register
from sync_server.doctor import examine, examine_rebuild
from tests.kiosk.sync.conftest import POINT, RunningCentre
from tests.kiosk.sync.test_rounds_over_http import round_of


def a_day(kiosk: Kiosk, running: RunningCentre) -> None:
    """An order and its parcel announced at the centre, received and handed out here, taken back, handed out again."""
    centre = running.centre
    with centre.journal.writing(POINT) as tx:
        set_shelf_layer(centre.journal, tx, POINT, ShelfLayer(3, 2, "中件", 20, False), "test")
        resident = register(centre.journal, tx, POINT, "王小明", "13800001234", "test")
        line = OrderLine("SC001", "章丘大葱", 2, 1280)
        placed = Placed("O1", "DD1", resident.id, (line,), 2560, True, "2026-11-21T10:00:00.000Z")
        centre.journal.record(tx, placed, point=POINT, actor="test")
        who = Recipient(resident.id, resident.name_masked, resident.phone_tail)
        goods = (Content("SC001", "章丘大葱", 2),)
        parcels.expect_parcel(
            centre.journal, tx, POINT, waybill="LQ26112100001", carrier=Carrier.OWN, recipient=who, order_id="O1",
            contents=goods, cold=False, actor="test",
        )  # fmt: skip
    round_of(kiosk)
    received = parcels.receive_parcel(kiosk.journal(), POINT, "LQ26112100001", "S1").parcel
    assert received is not None
    parcels.hand_over(kiosk.journal(), POINT, [received.id], "", way=Way.PASS, resident=resident.id)
    parcels.undo_hand_over(kiosk.journal(), POINT, [received.id], "S1")
    round_of(kiosk)
    parcels.hand_over(kiosk.journal(), POINT, [received.id], "", way=Way.PASS, resident=resident.id)
    round_of(kiosk)


def test_after_a_day_both_doctors_are_content_and_a_replay_gives_the_same_rows(
    kiosk: Kiosk, running_centre: RunningCentre, tmp_path: Path
) -> None:
    a_day(kiosk, running_centre)
    assert [finding.text for finding in examine_kiosk(kiosk) if not finding.good] == []
    assert [finding.text for finding in examine(running_centre.centre) if not finding.good] == []
    rebuilt = examine_rebuild(running_centre.centre, tmp_path)
    assert rebuilt.good, rebuilt.text


def test_a_row_changed_behind_the_journals_back_is_found_by_the_replay(
    kiosk: Kiosk, running_centre: RunningCentre, tmp_path: Path
) -> None:
    a_day(kiosk, running_centre)
    with running_centre.centre.db.writing() as tx:
        tx.execute("UPDATE stock_levels SET on_hand = 7 WHERE point = ?", (POINT,))
    rebuilt = examine_rebuild(running_centre.centre, tmp_path)
    assert not rebuilt.good
    assert f"point:{POINT}" in rebuilt.text


def test_a_fact_changed_in_the_outbox_is_found_by_its_chain(kiosk: Kiosk, running_centre: RunningCentre) -> None:
    a_day(kiosk, running_centre)
    with kiosk.db.writing() as tx:
        tx.execute("UPDATE facts SET actor = 'somebody else' WHERE seq = 2")
    assert any("断开" in finding.text for finding in examine_kiosk(kiosk) if not finding.good)


def test_a_batch_changed_in_the_journal_is_found(kiosk: Kiosk, running_centre: RunningCentre) -> None:
    a_day(kiosk, running_centre)
    with running_centre.centre.db.writing() as tx:
        tx.execute("UPDATE journal SET chain_after = ? WHERE point = ? AND device <> '0'", (bytes(16), POINT))
    assert any("不符" in finding.text for finding in examine(running_centre.centre) if not finding.good)
