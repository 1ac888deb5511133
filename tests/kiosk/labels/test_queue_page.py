"""The queue of labels as staff see it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.app import make_app
from kiosk.host import Kiosk
from kiosk.labels import store
from kiosk.labels.rules import NO_FONT, OWN_TROUBLE_WORDS, RESTARTED, JobEvent, JobState, PrintJob, Proof
from tests.kiosk.parcels.counter import Hands
from tests.kiosk.parcels.point import make_point

AT = "2026-11-22T08:00:00.000Z"


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    made = make_point(tmp_path, parcels=3)
    yield made
    made.db.close()


@pytest.fixture
def hands(kiosk: Kiosk) -> Hands:
    return Hands(make_app(kiosk), kiosk)


def only_job(kiosk: Kiosk) -> PrintJob:
    (job,) = store.newest(kiosk.db, 10)
    return job


def become_unknown(kiosk: Kiosk) -> PrintJob:
    with kiosk.db.writing() as tx:
        job = store.take_next(tx, AT)
        assert job is not None
        store.happened(tx, job.id, JobEvent.LOST_SIGHT, AT, trouble=RESTARTED)
    return only_job(kiosk)


def test_an_empty_queue_says_so_and_that_nobody_prints(hands: Hands) -> None:
    text = hands.client.get("/labels").text
    assert "没有标签" in text
    assert "打印程序没有运行" in text


def test_a_waiting_label_can_be_cancelled_once(hands: Hands, kiosk: Kiosk) -> None:
    hands.receive(0)
    job = only_job(kiosk)
    assert hands.post(f"/labels/{job.id}/cancellation").status_code == 303
    assert only_job(kiosk).state is JobState.CANCELLED
    again = hands.post(f"/labels/{job.id}/cancellation")
    assert (again.status_code, "LABEL_GONE" in again.text) == (422, True)


def test_a_label_on_its_way_can_not_be_cancelled(hands: Hands, kiosk: Kiosk) -> None:
    hands.receive(0)
    with kiosk.db.writing() as tx:
        store.take_next(tx, AT)
    assert hands.post(f"/labels/{only_job(kiosk).id}/cancellation").status_code == 422
    assert only_job(kiosk).state is JobState.SENDING


def test_a_question_is_answered_by_looking(hands: Hands, kiosk: Kiosk) -> None:
    hands.receive(0)
    job = become_unknown(kiosk)
    text = hands.client.get("/labels").text
    assert "需要您看一眼：1 张" in text
    assert "打印程序在发送途中重新启动。" in text
    assert hands.post(f"/labels/{job.id}/sighting").status_code == 303
    assert (only_job(kiosk).state, only_job(kiosk).proof) == (JobState.CONFIRMED, Proof.PERSON)
    assert hands.post(f"/labels/{job.id}/sighting").status_code == 422


def test_a_question_about_a_parcel_that_is_gone_can_be_dropped(hands: Hands, kiosk: Kiosk) -> None:
    parcel = hands.receive(0)
    job = become_unknown(kiosk)
    hands.hand_out(parcel.id)
    hands.post(f"/labels/{job.id}/cancellation")
    assert only_job(kiosk).state is JobState.CANCELLED


def test_the_way_to_a_further_copy_opens_its_dialog(hands: Hands, kiosk: Kiosk) -> None:
    hands.receive(0)
    job = become_unknown(kiosk)
    assert f"/parcels/{job.parcel}?reprint=1" in hands.client.get("/labels").text
    assert "data-dialog-now" in hands.client.get(f"/parcels/{job.parcel}?reprint=1").text
    assert "data-dialog-now" not in hands.client.get(f"/parcels/{job.parcel}").text


@pytest.mark.parametrize(("state", "trouble", "said"), [
    ("ok", "", "打印 1 待"), ("absent", "missing", "未找到打印机"), ("trouble", "paper_out", "打印机缺纸"),
    ("trouble", NO_FONT, OWN_TROUBLE_WORDS[NO_FONT][0].rstrip("。")),
])  # fmt: skip
def test_the_head_says_how_the_printer_is(hands: Hands, kiosk: Kiosk, state: str, trouble: str, said: str) -> None:
    hands.receive(0)
    with kiosk.db.writing() as tx:
        store.set_printer_note(tx, store.PrinterNote(state, trouble, "virtual", AT))
    assert said in hands.client.get("/labels/state").text
    assert said in hands.client.get("/counter").text
