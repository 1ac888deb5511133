"""Sync carried by hand (G21): out, to the centre, and back; twice, late, swapped, cut, and by the wrong hands."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.carry import operations, store
from kiosk.carry.rules import Outcome as InOutcome
from kiosk.host import Kiosk, open_kiosk
from kiosk.sync.enrol import enrol
from kiosk.sync.rules import Trouble
from shared.kernel.errors import BadInput, Refused
from shared.parcels import operations as parcels
from shared.parcels import store as parcel_store
from shared.parcels.rules import Recipient
from shared.pickup_points.operations import set_shelf_layer
from shared.pickup_points.rules import ShelfLayer
from shared.sync import carry
from shared.sync import store as sync_store
from shared.sync.sealing import (
    DOWN,
    UP,
    BoxForeign,
    BoxUnreadable,
    BoxWrongWay,
    load_or_make_seal_key,
    seal,
    seal_public,
    unseal,
)
from sync_server import life
from sync_server.app import make_app
from sync_server.carry.operations import Outcome, Taken, answer_box
from tests.kiosk.sync.conftest import POINT, RunningCentre, claim_code
from tests.kiosk.sync.test_rounds_over_http import round_of, same_rows


def shelf(running: RunningCentre, layer: int = 2, name: str = "货架 3") -> None:
    centre = running.centre
    with centre.journal.writing(POINT) as tx:
        set_shelf_layer(centre.journal, tx, POINT, ShelfLayer(3, layer, name, 900, False), "test")


def receive(kiosk: Kiosk, waybill: str) -> str:
    got = parcels.receive_parcel(kiosk.journal(), POINT, waybill, "S1", recipient=Recipient("", "王*明", "1234")).parcel
    assert got is not None
    return got.id


def at_centre(running: RunningCentre, box: bytes) -> Taken:
    return answer_box(make_app(running.centre), running.centre, box)


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


def trip(kiosk: Kiosk, running: RunningCentre, stick: Path) -> InOutcome:
    out = operations.carry_out(kiosk, stick)
    taken = at_centre(running, out.file.read_bytes())
    (stick / taken.file_name).write_bytes(taken.box)
    (done,) = operations.carry_in(kiosk, stick)
    return done.outcome


def test_a_kiosk_without_network_is_whole_after_one_trip(
    kiosk: Kiosk, running_centre: RunningCentre, stick: Path
) -> None:
    shelf(running_centre)
    # not even the first data came over a network
    assert sync_store.cursors(kiosk.db) == {}
    assert trip(kiosk, running_centre, stick) is InOutcome.TAKEN
    assert same_rows(kiosk, running_centre)
    parcel = receive(kiosk, "SF0000000000001")
    shelf(running_centre, 3, "在中心新加的")
    out = operations.carry_out(kiosk, stick)
    assert out.facts == 1
    later = receive(kiosk, "SF0000000000002")
    taken = at_centre(running_centre, out.file.read_bytes())
    assert (taken.outcome, taken.facts) == (Outcome.TAKEN, 1)
    assert parcel_store.parcel(running_centre.centre.db, POINT, parcel) is not None
    (stick / taken.file_name).write_bytes(taken.box)
    (done,) = operations.carry_in(kiosk, stick)
    assert done.outcome is InOutcome.TAKEN
    # what was done meanwhile still waits and still stands
    assert sync_store.outbox(kiosk.db)[0] == 1
    assert parcel_store.parcel(kiosk.db, POINT, later) is not None
    assert kiosk.enrolled_state().last_contact is not None
    assert trip(kiosk, running_centre, stick) is InOutcome.TAKEN
    assert same_rows(kiosk, running_centre)
    # and the network goes on where the stick ended
    assert round_of(kiosk) is Trouble.NONE
    assert same_rows(kiosk, running_centre)


def test_thirty_days_fit_into_one_file(
    kiosk: Kiosk, running_centre: RunningCentre, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf(running_centre)
    round_of(kiosk)
    monkeypatch.setattr("shared.sync.accept.SYNC_BATCH_FACTS", 100)
    for number in range(700):
        receive(kiosk, f"SF{number:013d}")
    out = operations.carry_out(kiosk, stick)
    assert out.facts == 700
    taken = at_centre(running_centre, out.file.read_bytes())
    assert taken.facts == 700
    (stick / taken.file_name).write_bytes(taken.box)
    assert operations.carry_in(kiosk, stick)[0].outcome is InOutcome.TAKEN
    assert sync_store.outbox(kiosk.db)[0] == 0
    assert same_rows(kiosk, running_centre)


def test_the_same_file_twice_an_older_file_and_a_lost_answer_do_no_harm(
    kiosk: Kiosk, running_centre: RunningCentre, stick: Path
) -> None:
    shelf(running_centre)
    round_of(kiosk)
    receive(kiosk, "SF0000000000001")
    first = operations.carry_out(kiosk, stick).file.read_bytes()
    lost = at_centre(running_centre, first)
    again = at_centre(running_centre, first)
    assert (lost.facts, again.facts, again.outcome) == (1, 0, Outcome.TAKEN)
    receive(kiosk, "SF0000000000002")
    second = at_centre(running_centre, operations.carry_out(kiosk, stick).file.read_bytes())
    assert second.facts == 1
    epoch = kiosk.enrolled_state().epoch
    late = at_centre(running_centre, first)
    assert late.outcome is Outcome.KNOWN
    (stick / second.file_name).write_bytes(second.box)
    assert operations.carry_in(kiosk, stick)[0].outcome is InOutcome.TAKEN
    for answer, outcome in ((second, InOutcome.ALREADY), (late, InOutcome.TAKEN), (again, InOutcome.ALREADY)):
        (stick / answer.file_name).write_bytes(answer.box)
        assert operations.carry_in(kiosk, stick)[0].outcome is outcome
        assert same_rows(kiosk, running_centre)
    assert round_of(kiosk) is Trouble.NONE
    assert kiosk.enrolled_state().epoch == epoch
    assert same_rows(kiosk, running_centre)


def test_an_answer_overtaken_by_the_network_is_not_taken(
    kiosk: Kiosk, running_centre: RunningCentre, stick: Path
) -> None:
    shelf(running_centre)
    round_of(kiosk)
    receive(kiosk, "SF0000000000001")
    taken = at_centre(running_centre, operations.carry_out(kiosk, stick).file.read_bytes())
    shelf(running_centre, 4)
    receive(kiosk, "SF0000000000002")
    assert round_of(kiosk) is Trouble.NONE
    # the catalogue has not moved, so its part still fits; the point's part is older than what is here
    (stick / taken.file_name).write_bytes(taken.box)
    operations.carry_in(kiosk, stick)
    assert same_rows(kiosk, running_centre)
    assert sync_store.outbox(kiosk.db)[0] == 0


def test_the_wrong_kiosk_the_wrong_way_and_strangers_are_refused(
    kiosk: Kiosk, new_kiosk: Callable[[str], Kiosk], running_centre: RunningCentre, stick: Path, tmp_path: Path
) -> None:
    shelf(running_centre)
    other = new_kiosk(running_centre.url)
    enrol(other, running_centre.url, claim_code(running_centre.centre))
    round_of(kiosk)
    round_of(other)
    receive(kiosk, "SF0000000000001")
    out = operations.carry_out(kiosk, stick).file
    question = out.read_bytes()
    taken = at_centre(running_centre, question)
    (stick / taken.file_name).write_bytes(taken.box)
    assert operations.carry_in(other, stick)[0].outcome is InOutcome.FOREIGN
    (stick / taken.file_name).rename(stick / "linqu-K2-1-answer.linqu")
    assert operations.carry_in(other, stick)[0].outcome is InOutcome.FOREIGN
    assert (stick / "linqu-K2-1-answer.linqu").exists()
    with pytest.raises(BoxWrongWay):
        at_centre(running_centre, taken.box)
    with pytest.raises(BoxForeign):
        unseal(UP, load_or_make_seal_key(tmp_path / "stranger.key"), question)
    # a stranger who knows the centre's public key can seal, but not sign
    centre = running_centre.centre
    asked = carry.Question(protocol=1, nonce="n", device="K1", number=9, made_at="", seal_key=bytes(32), exchanges=[])
    with pytest.raises(carry.Unsigned):
        at_centre(running_centre, carry.close_question(asked, other.device_key, seal_public(centre.seal_key)))
    with pytest.raises(BoxUnreadable):
        at_centre(running_centre, seal(UP, seal_public(centre.seal_key), b"anything"))
    with centre.db.writing() as tx:
        tx.execute("UPDATE devices SET revoked_at = 'now' WHERE id = 'K1'")
    with pytest.raises(Refused, match="DEVICE_UNKNOWN"):
        at_centre(running_centre, question)


def test_cut_and_flipped_files_change_nothing_at_any_byte(
    kiosk: Kiosk, running_centre: RunningCentre, stick: Path
) -> None:
    shelf(running_centre)
    round_of(kiosk)
    receive(kiosk, "SF0000000000001")
    question = operations.carry_out(kiosk, stick).file.read_bytes()
    for at in (*range(0, 60, 7), *range(60, len(question), 97)):
        with pytest.raises(BadInput):
            at_centre(running_centre, question[:at])
        with pytest.raises((BadInput, Refused)):
            at_centre(running_centre, question[:at] + bytes([question[at] ^ 4]) + question[at + 1 :])
    held = {lane.seq for lane in sync_store.all_lanes(running_centre.centre.db) if lane.device == "K1"}
    assert held <= {0}
    taken = at_centre(running_centre, question)
    before = kiosk.enrolled_state()
    for at in (0, 9, 30, 100, len(taken.box) - 1):
        (stick / taken.file_name).write_bytes(taken.box[:at] + bytes([taken.box[at] ^ 1]) + taken.box[at + 1 :])
        assert operations.carry_in(kiosk, stick)[0].outcome in (InOutcome.DAMAGED, InOutcome.FOREIGN)
        (stick / taken.file_name).write_bytes(taken.box[:at])
        assert operations.carry_in(kiosk, stick)[0].outcome is InOutcome.DAMAGED
    assert kiosk.enrolled_state() == before
    (stick / taken.file_name).write_bytes(taken.box)
    assert operations.carry_in(kiosk, stick)[0].outcome is InOutcome.TAKEN


def test_a_centre_that_lost_facts_gets_them_back_by_two_trips(
    kiosk: Kiosk, running_centre: RunningCentre, stick: Path
) -> None:
    shelf(running_centre)
    assert trip(kiosk, running_centre, stick) is InOutcome.TAKEN
    parcel = receive(kiosk, "SF0000000000001")
    life.begin(running_centre.centre.db, running_centre.centre.config.data)
    assert trip(kiosk, running_centre, stick) is InOutcome.COMPARED
    assert kiosk.enrolled_state().generation == 2
    assert trip(kiosk, running_centre, stick) is InOutcome.TAKEN
    assert parcel_store.parcel(running_centre.centre.db, POINT, parcel) is not None
    assert same_rows(kiosk, running_centre)


def test_a_kiosk_put_back_from_a_copy_joins_again_by_two_trips(
    kiosk: Kiosk, running_centre: RunningCentre, stick: Path, tmp_path: Path
) -> None:
    from kiosk.copies import operations as copies
    from shared.kernel.clock import SystemClock

    shelf(running_centre)
    assert trip(kiosk, running_centre, stick) is InOutcome.TAKEN
    copies.back_up(kiosk, tmp_path / "copy")
    lost = receive(kiosk, "SF0000000000001")
    assert trip(kiosk, running_centre, stick) is InOutcome.TAKEN
    epoch = kiosk.enrolled_state().epoch
    kiosk.db.close()
    copies.restore(kiosk.config, tmp_path / "copy", SystemClock(), older=True)
    kiosk = open_kiosk(kiosk.config)
    try:
        new = receive(kiosk, "SF0000000000002")
        assert trip(kiosk, running_centre, stick) is InOutcome.COMPARED
        assert kiosk.enrolled_state().epoch != epoch
        assert copies.sells_nothing_until_rejoined(kiosk) is not None
        assert trip(kiosk, running_centre, stick) is InOutcome.TAKEN
        assert copies.sells_nothing_until_rejoined(kiosk) is None
        for parcel in (lost, new):
            assert parcel_store.parcel(running_centre.centre.db, POINT, parcel) is not None
            assert parcel_store.parcel(kiosk.db, POINT, parcel) is not None
        assert same_rows(kiosk, running_centre)
    finally:
        kiosk.db.close()


def test_histories_that_part_after_a_common_beginning_are_joined_by_two_trips(
    kiosk: Kiosk, running_centre: RunningCentre, stick: Path
) -> None:
    shelf(running_centre)
    receive(kiosk, "SF0000000000001")
    assert trip(kiosk, running_centre, stick) is InOutcome.TAKEN
    held = kiosk.enrolled_state().acked_seq
    assert held > kiosk.enrolled_state().base_seq
    parcel = receive(kiosk, "SF0000000000002")
    life.begin(running_centre.centre.db, running_centre.centre.config.data)
    assert trip(kiosk, running_centre, stick) is InOutcome.COMPARED
    assert kiosk.enrolled_state().acked_seq == held
    assert trip(kiosk, running_centre, stick) is InOutcome.TAKEN
    assert parcel_store.parcel(running_centre.centre.db, POINT, parcel) is not None
    assert same_rows(kiosk, running_centre)


def test_the_file_on_the_stick_tells_nobody_anything(kiosk: Kiosk, running_centre: RunningCentre, stick: Path) -> None:
    shelf(running_centre)
    round_of(kiosk)
    receive(kiosk, "SF0000000000001")
    out = operations.carry_out(kiosk, stick).file
    taken = at_centre(running_centre, out.read_bytes())
    for secret in ("王*明", "1234", "SF0000000000001", POINT):
        assert secret.encode() not in out.read_bytes()
        assert secret.encode() not in taken.box
    assert out.read_bytes()[:8] == UP
    assert taken.box[:8] == DOWN


def test_both_commands_and_words(kiosk: Kiosk, running_centre: RunningCentre, stick: Path) -> None:
    shelf(running_centre)
    round_of(kiosk)
    receive(kiosk, "SF0000000000001")
    centre = running_centre.centre.config

    def run(module: str, data: Path, *words: str) -> "subprocess.CompletedProcess[str]":
        environ = {**os.environ, "LINQU_DATA": str(data), "DATABASE_URL": centre.database_url}
        call = [sys.executable, "-m", module, "carry", *words]
        return subprocess.run(call, env=environ, capture_output=True, text=True, timeout=60, check=False)

    done = run("kiosk", kiosk.config.data, "out", str(stick))
    assert done.returncode == 0, done.stderr
    assert "已带出 1 条记录" in done.stdout
    (question,) = stick.iterdir()
    shutil.copy(question, stick / "broken.linqu")
    (stick / "broken.linqu").write_bytes(b"LINQU")
    done = run("sync_server", centre.data, str(question), str(stick / "broken.linqu"))
    assert done.returncode == 1
    assert "收下了 1 条记录" in done.stdout
    assert "文件不完整或已损坏" in done.stdout
    done = run("kiosk", kiosk.config.data, "in", str(stick))
    assert done.returncode == 0, done.stderr
    assert "已取入" in done.stdout
    done = run("kiosk", kiosk.config.data, "in", str(stick))
    assert done.returncode == 1
    assert "没有中心的回复文件" in done.stdout
    assert store.newest(kiosk.db) is not None
    assert sync_store.outbox(kiosk.db)[0] == 0
