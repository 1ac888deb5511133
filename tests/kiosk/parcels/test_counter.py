"""The counter through HTTP on a real database: in, on the shelf, found, out, and the way back."""

import statistics
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from kiosk.app import make_app
from kiosk.host import Kiosk
from kiosk.labels import store as label_store
from kiosk.labels.rules import JobEvent, JobState, LabelMark, label_text
from kiosk.parcels import store
from shared.kernel import passes
from shared.parcels import store as parcels
from shared.parcels.rules import ParcelState
from shared.stock import store as stock
from shared.sync import store as sync_store
from tests.kiosk.parcels.counter import Hands
from tests.kiosk.parcels.point import NUMBER, POINT, make_point, waybill


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    made = make_point(tmp_path)
    yield made
    made.db.close()


@pytest.fixture
def app(kiosk: Kiosk) -> Flask:
    return make_app(kiosk)


@pytest.fixture
def hands(app: Flask, kiosk: Kiosk) -> Hands:
    return Hands(app, kiosk)


# --- inbound ----------------------------------------------------------------------------------------------------------


def test_a_scan_receives_shelves_and_queues_the_label_in_one_transaction(hands: Hands) -> None:
    answer = hands.scan(waybill(0))
    parcel = hands.parcel(0)
    assert (parcel.state, parcel.pickup_code) == (ParcelState.READY, "1-1-0001")
    assert "1-1-0001" in answer.text
    assert 'data-sound-now="ok"' in answer.text
    jobs = label_store.of_parcel(hands.kiosk.db, POINT, parcel.id)
    assert [(job.state, job.code, job.copy) for job in jobs] == [(JobState.QUEUED, "1-1-0001", 1)]
    assert stock.on_hand(hands.kiosk.db, POINT, "G0") == 1


def test_the_same_press_twice_is_done_once_and_shown_twice(hands: Hands) -> None:
    first = hands.scan(waybill(0), nonce="press-twice")
    again = hands.scan(waybill(0), nonce="press-twice")
    assert 'data-outcome="received"' in first.text
    assert 'data-outcome="received"' in again.text
    assert len(label_store.of_parcel(hands.kiosk.db, POINT, hands.parcel(0).id)) == 1


def test_the_same_press_from_many_threads_is_done_once(app: Flask, kiosk: Kiosk) -> None:
    eight = [Hands(app, kiosk) for _ in range(8)]
    texts: list[str] = []
    threads = [
        threading.Thread(target=lambda one=one: texts.append(one.scan(waybill(3), nonce="same-press").text))
        for one in eight
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [text.count('data-outcome="received"') for text in texts] == [1] * 8
    assert len([done for done in store.newest(kiosk.db, 50) if done.nonce == "same-press"]) == 1
    assert len(label_store.of_parcel(kiosk.db, POINT, eight[0].parcel(3).id)) == 1


def test_a_duplicate_says_where_it_lies(hands: Hands) -> None:
    code = hands.receive(0).pickup_code
    answer = hands.scan(waybill(0))
    assert 'data-outcome="already_here"' in answer.text
    assert code in answer.text
    assert 'data-sound-now="attention"' in answer.text
    hands.hand_out(hands.parcel(0).id)
    assert 'data-outcome="already_collected"' in hands.scan(waybill(0)).text


@pytest.mark.parametrize(
    "scan", ["??", "中文", "<script>alert(1)</script>", "%", "a" * 300, "1", "--", "'; DROP TABLE"]
)
def test_what_is_no_waybill_is_said_and_changes_nothing(hands: Hands, scan: str) -> None:
    before = sync_store.kiosk_head(hands.kiosk.db)
    answer = hands.scan(scan)
    assert 'data-outcome="bad_waybill"' in answer.text
    assert "<script>alert" not in answer.text
    assert sync_store.kiosk_head(hands.kiosk.db) == before


def test_an_empty_scan_is_nothing(hands: Hands) -> None:
    assert hands.scan("  ").status_code == 204


def test_an_unannounced_parcel_asks_for_its_recipient_and_takes_a_resident(hands: Hands) -> None:
    assert 'data-outcome="unknown_waybill"' in hands.scan("SF1234567890123").text
    found = hands.client.get("/parcels/recipients?tail=8801&waybill=SF1234567890123").text
    assert "李*娜" in found
    answer = hands.scan("SF1234567890123", resident="R.1")
    assert 'data-outcome="received"' in answer.text
    parcel = parcels.by_waybill(hands.kiosk.db, POINT, "SF1234567890123")
    assert parcel is not None
    assert (parcel.resident, parcel.name_masked, parcel.phone_tail) == ("R.1", "李*娜", "8801")
    assert "补收件人</span>" not in answer.text, "the question in the list is answered"


def test_a_typed_name_is_masked_before_it_is_stored(hands: Hands) -> None:
    hands.scan("YT1234567890123", resident="", name="欧阳小兰", tail="1234")
    parcel = parcels.by_waybill(hands.kiosk.db, POINT, "YT1234567890123")
    assert parcel is not None
    assert (parcel.resident, parcel.name_masked, parcel.phone_tail) == ("", "欧**兰", "1234")
    assert all("欧阳小兰" not in str(dict(row)) for row in sync_store.facts_after(hands.kiosk.db, 0))


def test_cold_goods_go_to_the_cold_layer_even_when_another_was_chosen(hands: Hands) -> None:
    hands.post("/counter/place", place="2-1")
    assert hands.receive(1).pickup_code.startswith("2-1-")
    assert hands.receive(9).pickup_code.startswith("3-3-")
    assert hands.receive(2).pickup_code.startswith("2-1-")
    hands.post("/counter/place", place="auto")
    assert hands.receive(3).pickup_code.startswith("1-1-")


def test_choosing_another_layer_takes_the_last_parcel_along(hands: Hands) -> None:
    parcel = hands.receive(0)
    hands.post("/counter/place", place="2-3", parcel=parcel.id, with_last="1")
    assert hands.parcel(0).pickup_code.startswith("2-3-")
    jobs = label_store.of_parcel(hands.kiosk.db, POINT, parcel.id)
    assert [job.state for job in jobs] == [JobState.CANCELLED, JobState.QUEUED]


def test_full_shelves_take_the_parcel_all_the_same(tmp_path: Path) -> None:
    kiosk = make_point(tmp_path, layers=2, capacity=1, parcels=4)
    hands = Hands(make_app(kiosk), kiosk)
    hands.receive(0)
    hands.receive(1)
    answer = hands.scan(waybill(2))
    assert 'data-outcome="no_space"' in answer.text
    assert hands.parcel(2).state is ParcelState.ARRIVED
    assert label_store.of_parcel(kiosk.db, POINT, hands.parcel(2).id) == [], "no code, so no label yet"
    assert hands.parcel(2).id in hands.client.get("/shelves").text
    kiosk.db.close()


def test_our_own_label_leads_to_its_parcel_and_confirms_itself(hands: Hands) -> None:
    parcel = hands.receive(0)
    job = label_store.of_parcel(hands.kiosk.db, POINT, parcel.id)[0]
    with hands.kiosk.db.writing() as tx:
        label_store.take_next(tx, "2026-11-22T08:00:00.000Z")
    with hands.kiosk.db.writing() as tx:
        label_store.happened(tx, job.id, JobEvent.LOST_SIGHT, "2026-11-22T08:00:01.000Z")
    answer = hands.scan(label_text(LabelMark(job.id, job.copy, parcel.id)))
    assert answer.headers["HX-Redirect"] == f"/parcels/{parcel.id}"
    confirmed = label_store.job(hands.kiosk.db, job.id)
    assert confirmed is not None
    assert confirmed.state is JobState.CONFIRMED


def test_a_pass_shown_at_the_counter_leads_to_the_residents_parcels(hands: Hands) -> None:
    hands.receive(1)
    key = passes.point_key(b"m" * 32, NUMBER)
    soon = datetime.now(UTC) + timedelta(days=1)
    answer = hands.scan(passes.issue(key, NUMBER, 1001, soon))
    assert answer.headers["HX-Redirect"] == "/residents/R.1/parcels"
    assert hands.parcel(1).pickup_code in hands.client.get("/residents/R.1/parcels").text
    forged = hands.scan(passes.issue(b"x" * 32, NUMBER, 1001, soon))
    assert forged.status_code == 400
    assert "取件凭证不能用" in forged.text


# --- undo -------------------------------------------------------------------------------------------------------------


def test_undoing_an_inbound_takes_parcel_stock_and_label_back(hands: Hands) -> None:
    parcel = hands.receive(0)
    number = store.newest(hands.kiosk.db, 1)[0].number
    assert hands.post(f"/counter/actions/{number}/reversal").status_code == 303
    assert hands.parcel(0).state is ParcelState.EXPECTED
    assert stock.on_hand(hands.kiosk.db, POINT, "G0") == 0
    assert [job.state for job in label_store.of_parcel(hands.kiosk.db, POINT, parcel.id)] == [JobState.CANCELLED]
    again = hands.post(f"/counter/actions/{number}/reversal")
    assert again.status_code == 422
    assert "CANNOT_UNDO" in again.text


def test_undoing_a_hand_out_puts_the_parcel_back(hands: Hands) -> None:
    parcel = hands.receive(0)
    assert "撤销" in hands.hand_out(parcel.id)
    number = store.newest(hands.kiosk.db, 1)[0].number
    hands.post(f"/counter/actions/{number}/reversal")
    assert (hands.parcel(0).state, hands.parcel(0).pickup_code) == (ParcelState.READY, parcel.pickup_code)


def test_an_undo_that_comes_late_does_not_take_back_the_next_hand_out(
    hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    parcel = hands.receive(0)
    hands.hand_out(parcel.id)
    read_early = store.newest(hands.kiosk.db, 1)[0]
    hands.post(f"/counter/actions/{read_early.number}/reversal")
    hands.hand_out(parcel.id)
    monkeypatch.setattr(store, "action", lambda db, number: read_early)
    late = hands.post(f"/counter/actions/{read_early.number}/reversal")
    assert late.status_code == 422
    assert "CANNOT_UNDO" in late.text
    assert hands.parcel(0).state is ParcelState.COLLECTED


# --- out --------------------------------------------------------------------------------------------------------------


def test_two_staff_at_once_one_wins_and_the_other_is_told_by_whom(app: Flask, kiosk: Kiosk) -> None:
    first, second = Hands(app, kiosk, "S1"), Hands(app, kiosk, "S2")
    ids = [first.receive(n).id for n in range(12)]
    pages: dict[str, list[str]] = {}
    ready = threading.Barrier(2)

    def go(who: str, one: Hands) -> None:
        pages[who] = []
        for parcel_id in ids:
            ready.wait(10)
            pages[who].append(one.hand_out(parcel_id))

    threads = [threading.Thread(target=go, args=item) for item in (("S1", first), ("S2", second))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for n in range(len(ids)):
        said = {who: "ALREADY_COLLECTED" in pages[who][n] for who in pages}
        assert sorted(said.values()) == [False, True], "exactly one of them is told"
        loser, winner = ("S1", "李小梅") if said["S1"] else ("S2", "张店长")
        assert f"{winner} 在" in pages[loser][n]
        assert first.parcel(n).state is ParcelState.COLLECTED
    outs = [done for done in store.newest(kiosk.db, 500) if done.outcome.value == "handed_out"]
    assert len(outs) == len(ids)


def test_everything_of_a_resident_goes_with_one_press(hands: Hands) -> None:
    ids = [hands.receive(n).id for n in (0, 8, 16)]
    page = hands.client.get(f"/parcels/{ids[0]}").text
    assert "同一位居民还有 2 件" in page
    hands.hand_out(ids[0], also=ids[1:])
    assert {hands.parcel(n).state for n in (0, 8, 16)} == {ParcelState.COLLECTED}


def test_an_exception_stops_the_hand_out_until_it_is_cleared(hands: Hands) -> None:
    parcel = hands.receive(0)
    hands.post(f"/parcels/{parcel.id}/exception", reason="damaged")
    page = hands.hand_out(parcel.id)
    assert "包裹异常，不能出库" in page
    assert "外包装破损" in page
    assert hands.parcel(0).state is ParcelState.EXCEPTION
    hands.post(f"/parcels/{parcel.id}/exception/end")
    hands.hand_out(parcel.id)
    assert hands.parcel(0).state is ParcelState.COLLECTED


def test_code_and_tail_find_the_parcel_and_neither_alone_does(hands: Hands) -> None:
    parcel = hands.receive(0)
    digits = parcel.pickup_code.replace("-", "")
    assert hands.post("/hand-out", code=digits, tail="8800").location == f"/parcels/{parcel.id}"
    wrong = hands.post("/hand-out", code=digits, tail="0000")
    assert wrong.status_code == 422
    assert parcel.name_masked not in wrong.text
    assert hands.post("/hand-out", code="990001", tail="8800").status_code == 422


# --- reprint ----------------------------------------------------------------------------------------------------------


def _printed(hands: Hands, parcel_id: str) -> None:
    with hands.kiosk.db.writing() as tx:
        label_store.take_next(tx, "2026-11-22T08:00:00.000Z")
        job = label_store.of_parcel(tx, POINT, parcel_id)[0]
        label_store.happened(tx, job.id, JobEvent.PRINTED, "2026-11-22T08:00:01.000Z")


def test_a_reprint_needs_the_pin_again(hands: Hands) -> None:
    parcel = hands.receive(0)
    _printed(hands, parcel.id)
    wrong = hands.post(f"/parcels/{parcel.id}/labels", reason="lost", pin="000000")
    assert (wrong.status_code, "PIN_WRONG" in wrong.text) == (422, True)
    assert len(label_store.of_parcel(hands.kiosk.db, POINT, parcel.id)) == 1
    assert hands.post(f"/parcels/{parcel.id}/labels", reason="nonsense", pin="135790").status_code == 400
    assert hands.post(f"/parcels/{parcel.id}/labels", reason="lost", pin="135790").status_code == 303
    assert [job.copy for job in label_store.of_parcel(hands.kiosk.db, POINT, parcel.id)] == [1, 2]
    for _ in range(5):
        hands.post(f"/parcels/{parcel.id}/labels", reason="lost", pin="000000")
    assert "PIN_LOCKED" in hands.post(f"/parcels/{parcel.id}/labels", reason="lost", pin="135790").text


# --- looking ----------------------------------------------------------------------------------------------------------

HOSTILE = [
    "",
    "------",
    "%",
    "_",
    "%%%%",
    "' OR 1=1 --",
    "<b>x</b>",
    "\\",
    "\x00",
    "🫠",
    "a" * 5000,
    "!",
    "[a-z]",
    "**",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_searches_find_nothing_and_break_nothing(hands: Hands, text: str) -> None:
    hands.receive(0)
    answer = hands.client.get("/parcels", query_string={"search": text})
    assert answer.status_code == 200
    assert "<b>x</b>" not in answer.text
    if text.strip("\x00 "):
        assert hands.parcel(0).id not in answer.text


@pytest.mark.parametrize("text", ["8800", "王*明", "1-1-0001", "110001", "LQ202611220000", "0000"])
def test_a_parcel_is_found_by_what_stands_on_it(hands: Hands, text: str) -> None:
    parcel = hands.receive(0)
    assert parcel.id in hands.client.get("/parcels", query_string={"search": text}).text


@pytest.mark.parametrize("path", ["/shelves/9/9", "/parcels/nothing", "/residents/nobody/parcels"])
def test_what_is_not_there_is_said(hands: Hands, path: str) -> None:
    assert hands.client.get(path).status_code == 404


def test_pages_show_the_point_as_it_is(hands: Hands) -> None:
    parcel = hands.receive(0)
    assert "1/30" in hands.client.get("/shelves").text
    assert parcel.pickup_code in hands.client.get("/shelves/1/1").text
    assert "还有 39 件" in hands.client.get("/expected").text
    assert parcel.id in hands.client.get("/parcels").text
    assert parcel.pickup_code in hands.client.get("/labels").text
    assert hands.client.get("/parcels?state=collected&from=999999999").status_code == 200


@pytest.mark.parametrize("nonce", ["x", "n" * 65, "短短短短短短短短"])
def test_a_press_without_a_proper_nonce_does_nothing(hands: Hands, nonce: str) -> None:
    assert hands.scan(waybill(0), nonce=nonce).status_code == 400
    assert hands.parcel(0).state is ParcelState.EXPECTED


# --- speed ------------------------------------------------------------------------------------------------------------


def test_thirty_parcels_one_after_the_other(hands: Hands, record_property: Callable[[str, object], None]) -> None:
    """Measured and reported, not judged: this machine is shared. The promise is 150 ms each."""
    taken: list[float] = []
    for n in range(30):
        start = time.perf_counter()
        answer = hands.scan(waybill(n))
        taken.append((time.perf_counter() - start) * 1000)
        assert 'data-outcome="received"' in answer.text
    record_property("inbound median ms", round(statistics.median(taken), 1))
    record_property("inbound worst ms", round(max(taken), 1))
    print(f"inbound: median {statistics.median(taken):.1f} ms, worst {max(taken):.1f} ms")
    codes = [hands.parcel(n).pickup_code for n in range(30)]
    assert len(set(codes)) == 30
    assert "30" in hands.client.get("/counter").text
