"""A kiosk's database copied, lost, and put back: with its real processes beside it and a real centre (R11)."""

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.config import read_config
from kiosk.copies import operations, store
from kiosk.copies.rebuild import rebuild
from kiosk.copies.rules import StickCopy, StickState
from kiosk.copies.worker import CopyWorker
from kiosk.devices.health import read_health
from kiosk.doctor import examine
from kiosk.host import DATABASE_FILE, ForeignDatabase, Kiosk, open_kiosk
from kiosk.sync.rules import Trouble
from shared.db.copies import PART, DatabaseInUse, write_file
from shared.kernel.clock import SystemClock
from shared.kernel.errors import Refused
from shared.parcels import operations as parcels
from shared.parcels import store as parcel_store
from shared.parcels.rules import ParcelState, Recipient, Way
from shared.pickup_points.operations import set_shelf_layer
from shared.pickup_points.rules import ShelfLayer
from shared.sync import store as sync_store
from tests.kiosk.sync.conftest import POINT, RunningCentre
from tests.kiosk.sync.test_rounds_over_http import round_of, same_rows

PATIENCE_SECONDS = 25


def environ_of(kiosk: Kiosk, **settings: str) -> dict[str, str]:
    return {**os.environ, "LINQU_DATA": str(kiosk.config.data), **settings}


def command(kiosk: Kiosk, *words: str) -> "subprocess.CompletedProcess[str]":
    call = [sys.executable, "-m", "kiosk", *words]
    return subprocess.run(call, env=environ_of(kiosk), capture_output=True, text=True, timeout=60, check=False)


@contextmanager
def process(kiosk: Kiosk, name: str, **settings: str) -> Iterator[None]:
    running = subprocess.Popen([sys.executable, "-m", "kiosk", "run", name], env=environ_of(kiosk, **settings))
    try:
        yield
    finally:
        running.terminate()
        running.wait(20)


def until(true: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.1)


def a_shelf(running: RunningCentre) -> None:
    centre = running.centre
    with centre.journal.writing(POINT) as tx:
        set_shelf_layer(centre.journal, tx, POINT, ShelfLayer(3, 2, "货架 3", 200, False), "test")


def receive(kiosk: Kiosk, waybill: str) -> str:
    got = parcels.receive_parcel(kiosk.journal(), POINT, waybill, "S1", recipient=Recipient("", "王*明", "1234")).parcel
    assert got is not None
    return got.id


def reopened(kiosk: Kiosk, **settings: str) -> Kiosk:
    kiosk.db.close()
    return open_kiosk(read_config({"LINQU_DATA": str(kiosk.config.data), **settings}))


def state_at(running: RunningCentre, parcel: str) -> ParcelState | None:
    known = parcel_store.parcel(running.centre.db, POINT, parcel)
    return known.state if known else None


def test_a_restored_kiosk_goes_on_under_a_new_epoch_and_nothing_is_written_over(
    kiosk: Kiosk, running_centre: RunningCentre, tmp_path: Path
) -> None:
    a_shelf(running_centre)
    assert round_of(kiosk) is Trouble.NONE
    before = receive(kiosk, "SF0000000000001")
    assert round_of(kiosk) is Trouble.NONE
    file = tmp_path / "stick" / "monday.copy"
    file.parent.mkdir()
    done = command(kiosk, "backup", str(file))
    assert done.returncode == 0, done.stderr
    sent = receive(kiosk, "SF0000000000002")
    assert round_of(kiosk) is Trouble.NONE
    unsent = receive(kiosk, "SF0000000000003")
    old = kiosk.enrolled_state()
    kiosk.db.close()
    refused = command(kiosk, "restore", str(file))
    assert refused.returncode == 2
    assert "多 2 条记录，其中 1 条还没有发到中心" in refused.stderr
    done = command(kiosk, "restore", str(file), "--older")
    assert done.returncode == 0, done.stderr
    kiosk = reopened(kiosk)
    try:
        assert operations.sells_nothing_until_rejoined(kiosk) is not None
        assert parcel_store.parcel(kiosk.db, POINT, sent) is None
        parcels.hand_over(kiosk.journal(), POINT, [before], "S1", way=Way.STAFF)
        again = receive(kiosk, "SF0000000000004")
        # the same numbers as the facts that were lost here, under the old epoch's name
        assert sync_store.kiosk_head(kiosk.db).seq == old.acked_seq + 1
        with process(kiosk, "sync"):
            until(lambda: sync_store.outbox(kiosk.db)[0] == 0 and not store.open_restore(kiosk.db), "rejoined")
        now = kiosk.enrolled_state()
        assert now.epoch != old.epoch
        assert state_at(running_centre, before) is ParcelState.COLLECTED
        assert state_at(running_centre, sent) is not None
        assert state_at(running_centre, again) is not None
        assert state_at(running_centre, unsent) is None
        assert parcel_store.parcel(kiosk.db, POINT, sent) is not None
        assert same_rows(kiosk, running_centre)
        # what was never sent is not lost either: it lies in the database that was replaced
        (kept,) = kiosk.config.data.glob("replaced-*")
        replaced = kiosk.db.sibling(kept / DATABASE_FILE)
        assert parcel_store.parcel(replaced, POINT, unsent) is not None
        replaced.close()
    finally:
        kiosk.db.close()


def test_nothing_is_put_back_under_a_running_process(kiosk: Kiosk, tmp_path: Path) -> None:
    file = tmp_path / "a.copy"
    operations.back_up(kiosk, file)
    with process(kiosk, "sync"):
        until(lambda: kiosk.db.one("SELECT 1 AS there FROM worker_states WHERE name = 'sync'"), "a beat")
        with pytest.raises(DatabaseInUse):
            operations.restore(kiosk.config, file, SystemClock())
    kiosk.db.close()
    assert operations.restore(kiosk.config, file, SystemClock()).kept is not None
    told = command(kiosk, "doctor")
    assert told.returncode == 1
    assert "还没有与中心联系：取件照常，限量商品先不卖" in told.stdout


def test_a_damaged_or_foreign_copy_is_refused_and_changes_nothing(
    kiosk: Kiosk, new_kiosk: Callable[[str], Kiosk], running_centre: RunningCentre, tmp_path: Path
) -> None:
    good, cut, flipped = tmp_path / "good.copy", tmp_path / "cut.copy", tmp_path / "flipped.copy"
    operations.back_up(kiosk, good)
    whole = good.read_bytes()
    cut.write_bytes(whole[: len(whole) // 2])
    flipped.write_bytes(whole[:60_000] + bytes([whole[60_000] ^ 1]) + whole[60_001:])
    other = new_kiosk(running_centre.url)
    theirs = tmp_path / "theirs.copy"
    shutil.copy(kiosk.config.data / "db.key", other.config.data / "db.key")
    kiosk.db.close()
    before = (kiosk.config.data / DATABASE_FILE).read_bytes()
    for file in (cut, flipped):
        with pytest.raises(Refused, match=r"COPY_UNREADABLE|COPY_DAMAGED"):
            operations.restore(kiosk.config, file, SystemClock())
    with pytest.raises(Refused, match="COPY_MISSING"):
        operations.restore(kiosk.config, theirs, SystemClock())
    with pytest.raises(FileExistsError):
        operations.back_up(kiosk, good)
    other.db.close()
    (other.config.data / DATABASE_FILE).unlink()
    with pytest.raises(ForeignDatabase):
        operations.restore(other.config, good, SystemClock())
    assert not (other.config.data / DATABASE_FILE).exists()
    assert (kiosk.config.data / DATABASE_FILE).read_bytes() == before
    assert not list(kiosk.config.data.glob("*.restoring*"))


def test_a_destroyed_database_is_replaced_from_the_stick(
    kiosk: Kiosk, running_centre: RunningCentre, tmp_path: Path
) -> None:
    a_shelf(running_centre)
    round_of(kiosk)
    stick = tmp_path / "stick"
    stick.mkdir()
    settings = {"LINQU_COPY": str(stick), "LINQU_COPY_SAME_DISK": "1"}
    unsent = receive(kiosk, "SF0000000000009")
    with process(kiosk, "copy", **settings):
        until(lambda: store.stick_copy(kiosk.db), "a copy on the stick")
    kiosk.db.close()
    # the card is dead, keys and all; the stick and the centre together bring a new one to life
    shutil.rmtree(kiosk.config.data)
    (copy,) = stick.glob("*.copy")
    assert kiosk.secret.hex().encode() not in (stick / "linqu-K1.keys").read_bytes()
    refused = command(kiosk, "restore", str(copy))
    assert refused.returncode == 2
    assert "密钥不在本机" in refused.stderr
    shutil.rmtree(kiosk.config.data)
    centre = running_centre.centre.config
    environ = {**os.environ, "LINQU_DATA": str(centre.data), "DATABASE_URL": centre.database_url}
    call = [sys.executable, "-m", "sync_server", "keys", str(stick / "linqu-K1.keys"), str(kiosk.config.data)]
    subprocess.run(call, env=environ, check=True, timeout=60)
    done = command(kiosk, "restore", str(copy))
    assert done.returncode == 0, done.stderr
    kiosk = reopened(kiosk)
    try:
        assert round_of(kiosk) is Trouble.NONE
        assert state_at(running_centre, unsent) is not None
        assert same_rows(kiosk, running_centre)
    finally:
        kiosk.db.close()


def test_two_copies_take_turns_and_a_missing_full_or_wrong_stick_is_said(
    kiosk: Kiosk, running_centre: RunningCentre, tmp_path: Path
) -> None:
    a_shelf(running_centre)
    round_of(kiosk)
    stick = tmp_path / "stick"
    stick.mkdir()
    kiosk = reopened(kiosk, LINQU_COPY=str(stick), LINQU_COPY_FACTS="2", LINQU_COPY_SAME_DISK="1")
    worker = CopyWorker(kiosk, threading.Event())
    assert worker.turn() is StickState.OK
    assert [file.name for file in stick.glob("*.copy")] == ["linqu-K1-1.copy"]
    receive(kiosk, "SF0000000000001")
    first = store.stick_copy(kiosk.db)
    assert first is not None
    with kiosk.db.writing() as tx:
        tx.execute("UPDATE stick_copies SET at = '2020-01-01T00:00:00.000Z'")
    assert worker.turn() is StickState.OK
    assert sorted(file.name for file in stick.glob("*.copy")) == ["linqu-K1-1.copy", "linqu-K1-2.copy"]
    kept = store.stick_copy(kiosk.db)
    assert kept is not None
    assert kept.seq == first.seq + 1
    assert operations.stick_state(kiosk, kiosk.clock.now()) is StickState.OK
    for file in stick.iterdir():
        file.unlink()
    stick.rmdir()
    assert worker.turn() is StickState.MISSING
    stick.write_text("a file where the stick was")
    assert worker.turn() is StickState.MISSING
    stick.unlink()
    (stick / "linqu-K1-1.copy.part" / "in the way").mkdir(parents=True)
    assert worker.turn() is StickState.FAILED
    kiosk.db.close()
    plain = open_kiosk(read_config({"LINQU_DATA": str(kiosk.config.data), "LINQU_COPY": str(stick)}))
    assert CopyWorker(plain, threading.Event()).turn() is StickState.SAME_DISK
    plain.db.close()


def test_damage_without_a_copy_is_rebuilt_from_the_centre_and_no_waiting_fact_is_lost(
    kiosk: Kiosk, running_centre: RunningCentre
) -> None:
    a_shelf(running_centre)
    round_of(kiosk)
    for number in range(40):
        receive(kiosk, f"SF{number:013d}")
    round_of(kiosk)
    unsent = [receive(kiosk, f"YT{number:013d}") for number in range(3)]
    path = kiosk.config.data / DATABASE_FILE
    kiosk.db.query("PRAGMA wal_checkpoint(TRUNCATE)")
    page = 4096 * (kiosk.db.query("SELECT rootpage FROM sqlite_master WHERE name = 'parcels'")[0]["rootpage"] - 1)
    kiosk.db.close()
    whole = bytearray(path.read_bytes())
    whole[page + 100] ^= 1
    path.write_bytes(whole)
    sick = open_kiosk(kiosk.config)
    assert "python -m kiosk rebuild" in "".join(f.text for f in examine(sick) if not f.good)
    sick.db.close()
    done = command(kiosk, "rebuild")
    assert done.returncode == 0, done.stderr
    assert "其中 3 条还没有发到中心" in done.stdout
    kiosk = reopened(kiosk)
    try:
        assert kiosk.db.damage() == []
        assert round_of(kiosk) is Trouble.NONE
        assert all(state_at(running_centre, parcel) is not None for parcel in unsent)
        assert same_rows(kiosk, running_centre)
    finally:
        kiosk.db.close()


def test_rows_that_are_doubted_come_anew(kiosk: Kiosk, running_centre: RunningCentre) -> None:
    a_shelf(running_centre)
    round_of(kiosk)
    sent, unsent = receive(kiosk, "SF0000000000001"), ""
    round_of(kiosk)
    unsent = receive(kiosk, "SF0000000000002")
    with kiosk.db.writing() as tx:
        tx.execute("UPDATE parcels SET name_masked = 'wrong' WHERE id = ?", (sent,))
    kiosk.db.close()
    assert rebuild(kiosk.config, SystemClock()).unsent == 1
    kiosk = reopened(kiosk)
    try:
        assert round_of(kiosk) is Trouble.NONE
        assert state_at(running_centre, unsent) is not None
        assert same_rows(kiosk, running_centre)
    finally:
        kiosk.db.close()


def test_a_file_beyond_reading_says_what_is_left_to_do(kiosk: Kiosk) -> None:
    kiosk.db.close()
    (kiosk.config.data / DATABASE_FILE).write_bytes(b"\xff" * 9000)
    done = command(kiosk, "rebuild")
    assert done.returncode == 2
    assert "重新登记" in done.stderr


def test_a_stick_that_fails_under_a_look_stops_no_round_and_no_page(kiosk: Kiosk, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    kiosk.config = replace(kiosk.config, copy=stick, copy_same_disk=True)
    with kiosk.db.writing() as tx:
        # no disk gives an answer to a name like this
        store.set_stick_copy(tx, StickCopy(kiosk.clock.now(), 0, "n" * 300, 1))
    with pytest.raises(OSError, match="too long"):
        (stick / ("n" * 300)).stat()
    assert operations.stick_state(kiosk, kiosk.clock.now()) is StickState.FAILED
    assert read_health(kiosk).copy == StickState.FAILED.value


def test_a_name_on_a_stick_that_leads_elsewhere_overwrites_nothing(tmp_path: Path) -> None:
    stick, precious = tmp_path / "stick", tmp_path / "kiosk.db"
    stick.mkdir()
    precious.write_bytes(b"all that this kiosk knows")
    (stick / f"question{PART}").symlink_to(precious)
    write_file(stick / "question", b"sealed")
    assert precious.read_bytes() == b"all that this kiosk knows"
    assert (stick / "question").read_bytes() == b"sealed"


def test_what_is_secret_is_readable_by_nobody_else_from_its_first_byte_on(tmp_path: Path) -> None:
    write_file(tmp_path / "device.key", b"secret", mode=0o600)
    assert (tmp_path / "device.key").stat().st_mode & 0o077 == 0
