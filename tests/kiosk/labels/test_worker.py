"""Labels through the real queue, encoder, pty and interpreter to a picture, and what is said about each of them."""

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from hardware.printers.status import Trouble
from hardware.virtual import remote
from kiosk import workers
from kiosk.labels import operations, store
from kiosk.labels.rules import (
    CANNOT_DRAW,
    NOT_REPORTED,
    RESTARTED,
    JobState,
    LabelMark,
    Proof,
    ReprintReason,
    label_text,
    read_label_text,
)
from kiosk.labels.worker import work
from shared.kernel.errors import Refused
from shared.parcels import store as parcels
from shared.pickup_points import store as pickup_points
from tests.kiosk.labels.printing import Bench, QuickClock, bench, job_on


def test_labels_come_out_in_order_and_are_proved_by_echo(tmp_path: Path) -> None:
    with bench(tmp_path) as b:
        b.receive(0, 1, 2)
        b.turn_until(b.ended)
        jobs = b.jobs()
        assert [(job.state, job.proof) for job in jobs] == [(JobState.CONFIRMED, Proof.ECHO)] * 3
        assert [job_on(path) for path in b.labels()] == [job.id for job in jobs]
        assert store.printer_note(b.kiosk.db) is not None
        assert workers.states(b.kiosk.db, b.worker.clock)["print"].state == "ok"


def test_an_absent_printer_keeps_the_queue_until_it_returns(tmp_path: Path) -> None:
    with bench(tmp_path, clock=QuickClock()) as b:
        b.tell("vanish")
        b.receive(0, 1)
        b.turn_until(lambda: (note := store.printer_note(b.kiosk.db)) is not None and note.state == "absent")
        for _ in range(20):
            b.worker.turn()
        assert {job.state for job in b.jobs()} == {JobState.QUEUED}
        b.tell("return")
        b.turn_until(b.ended)
        assert set(b.printed().values()) == {1}
        assert len(b.labels()) == 2


@pytest.mark.parametrize(("fault", "mended", "trouble"), [
    ("paper_out", "paper_in", Trouble.PAPER_OUT), ("cover_open", "cover_close", Trouble.COVER_OPEN),
])  # fmt: skip
def test_what_the_printer_lacks_beforehand_is_waited_for(
    tmp_path: Path, fault: str, mended: str, trouble: Trouble
) -> None:
    with bench(tmp_path, clock=QuickClock()) as b:
        b.tell(fault)
        b.receive(0)
        b.turn_until(lambda: (note := store.printer_note(b.kiosk.db)) is not None and note.trouble == trouble)
        assert b.jobs()[0].state is JobState.QUEUED
        b.tell(mended)
        b.turn_until(b.ended)
        assert len(b.labels()) == 1


def _held_while_printing(b: Bench) -> None:
    """Paper runs out while the bytes are on their way: after the 2 kB that get the printer in step."""

    def paper_out() -> None:
        until = time.monotonic() + 10
        while int(remote.printer_state(b.folder)["received_bytes"]) < 3500 and time.monotonic() < until:
            time.sleep(0.005)
        b.tell("paper_out")

    other = threading.Thread(target=paper_out)
    other.start()
    b.turn_until(lambda: b.jobs()[0].state not in {JobState.QUEUED, JobState.SENDING})
    other.join()


def test_a_label_held_by_the_printer_is_never_sent_again(tmp_path: Path) -> None:
    with bench(tmp_path) as b:
        b.receive(0)
        _held_while_printing(b)
        assert (b.jobs()[0].state, b.jobs()[0].trouble) == (JobState.BLOCKED, Trouble.PAPER_OUT)
        assert b.labels() == []
        b.tell("paper_in")
        b.turn_until(lambda: b.jobs()[0].state is JobState.CONFIRMED)
        assert b.jobs()[0].proof is Proof.ECHO, "the printer named it when paper came back"
        assert len(b.labels()) == 1


def test_a_held_label_of_a_printer_without_echo_becomes_a_question(tmp_path: Path) -> None:
    with bench(tmp_path, echoes=False) as b:
        b.receive(0)
        _held_while_printing(b)
        assert b.jobs()[0].state is JobState.BLOCKED
        b.worker.clock = QuickClock()
        b.tell("paper_in")
        b.turn_until(lambda: b.jobs()[0].state is JobState.UNKNOWN)
        assert len(b.labels()) == 1


def test_without_echo_idleness_is_the_proof_and_says_so(tmp_path: Path) -> None:
    with bench(tmp_path, echoes=False) as b:
        b.receive(0)
        b.turn_until(b.ended)
        assert (b.jobs()[0].state, b.jobs()[0].proof) == (JobState.CONFIRMED, Proof.IDLE)


def test_a_printer_that_never_answers_proves_nothing_until_the_label_is_read(tmp_path: Path) -> None:
    with bench(tmp_path, echoes=False, options="?answers=no") as b:
        b.receive(0)
        b.turn_until(b.ended)
        job = b.jobs()[0]
        assert (job.state, job.trouble) == (JobState.UNKNOWN, NOT_REPORTED)
        mark = operations.confirm_by_scan(b.kiosk, label_text(LabelMark(job.id, job.copy, job.parcel)))
        assert mark is not None
        assert (b.jobs()[0].state, b.jobs()[0].proof) == (JobState.CONFIRMED, Proof.SCAN)


def test_a_foreign_label_confirms_nothing(tmp_path: Path) -> None:
    with bench(tmp_path, options="?answers=no") as b:
        b.receive(0)
        b.turn_until(b.ended)
        job = b.jobs()[0]
        operations.confirm_by_scan(b.kiosk, label_text(LabelMark(job.id, job.copy, "K9.AAAAA.1")))
        assert operations.confirm_by_scan(b.kiosk, "LQ202611220000") is None
        assert b.jobs()[0].state is JobState.UNKNOWN


def test_what_was_being_sent_when_the_process_died_is_a_question(tmp_path: Path) -> None:
    with bench(tmp_path) as b:
        b.receive(0, 1)
        with b.kiosk.db.writing() as tx:
            store.take_next(tx, "2026-11-22T08:00:00.000Z")
        over = threading.Event()
        thread = threading.Thread(target=work, args=(b.worker, over))
        thread.start()
        for _ in range(400):
            if b.ended():
                break
            over.wait(0.05)
        over.set()
        thread.join()
        first, second = b.jobs()
        assert (first.state, first.trouble) == (JobState.UNKNOWN, RESTARTED)
        assert second.state is JobState.CONFIRMED
        assert b.printed() == {second.id: 1}


def test_a_label_that_cannot_be_drawn_does_not_hold_up_the_others(tmp_path: Path) -> None:
    with bench(tmp_path) as b:
        jobs = b.receive(0, 1)
        odd = replace(jobs[0], id="K1.ZZZZZ.1", content=jobs[0].content.replace(jobs[0].code, "𠮷🫠"))
        with b.kiosk.db.writing() as tx:
            store.add_job(tx, odd)
        b.receive(2)
        b.turn_until(b.ended)
        states = {job.id: job for job in b.jobs()}
        assert (states[odd.id].state, states[odd.id].trouble) == (JobState.BLOCKED, CANNOT_DRAW)
        assert "🫠" in states[odd.id].detail
        assert len(b.labels()) == 3


def test_a_further_copy_says_so_and_settles_the_question(tmp_path: Path) -> None:
    with bench(tmp_path, options="?answers=no") as b:
        b.receive(0)
        b.turn_until(b.ended)
        first = b.jobs()[0]
        staff = pickup_points.staff_member(b.kiosk.db, b.kiosk.point_code, "S1")
        assert staff is not None
        operations.reprint(b.kiosk, first.parcel, ReprintReason.NOT_PRINTED, staff)
        with pytest.raises(Refused, match="LABEL_WAITING"):
            operations.reprint(b.kiosk, first.parcel, ReprintReason.LOST, staff)
        b.turn_until(b.ended)
        old, new = b.jobs()
        assert (old.state, new.copy, new.reason) == (JobState.REPLACED, 2, "not_printed")
        assert '"copy":2' in new.content
        assert read_label_text(f"LQL/{new.id}/2/{new.parcel}") == LabelMark(new.id, 2, new.parcel)


def test_a_moved_parcel_gets_a_new_label_and_its_waiting_one_is_dropped(tmp_path: Path) -> None:
    from kiosk.parcels import operations as counter

    with bench(tmp_path) as b:
        first = b.receive(0)[0]
        staff = pickup_points.staff_member(b.kiosk.db, b.kiosk.point_code, "S1")
        assert staff is not None
        counter.move(counter.Press(b.kiosk, staff, "move-0001"), first.parcel, (2, 2))
        b.turn_until(b.ended)
        old, new = b.jobs()
        assert (old.state, new.state, new.copy) == (JobState.CANCELLED, JobState.CONFIRMED, 1)
        parcel = parcels.parcel(b.kiosk.db, b.kiosk.point_code, first.parcel)
        assert parcel is not None
        assert parcel.pickup_code == new.code
        assert new.code.startswith("2-2-")
        assert b.printed() == {new.id: 1}
