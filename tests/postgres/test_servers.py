"""Real server processes that share a PostgreSQL database and their key files, nothing else, and kiosks that use all."""

import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from os import environ as own_environ
from pathlib import Path

import pytest

from kiosk.config import read_config as read_kiosk_config
from kiosk.host import Kiosk, open_kiosk
from kiosk.sync.enrol import enrol as enrol_kiosk
from kiosk.sync.rounds import open_link, run_round
from kiosk.sync.rules import Trouble
from shared.db.database import Reads
from shared.devices.operations import make_claim
from shared.parcels.facts import HandedOut
from shared.pickup_points.operations import set_shelf_layer
from shared.pickup_points.rules import ShelfLayer
from shared.sync import rows, snapshot, store
from shared.sync.wire import SyncRequest
from sync_server.doctor import examine, examine_rebuild
from sync_server.host import Centre
from tests.load.drive import drive
from tests.load.kiosk import LoadKiosk, NotBelieved, an_inbound
from tests.load.line import Line, Said
from tests.load.stand import begin, enrol, servers, settings
from tests.postgres.conftest import OwnServer

POINTS = ["P1", "P1", "P2", "P3", "P3", "P4"]


@contextmanager
def opened(environ: dict[str, str]) -> Iterator[Centre]:
    centre = begin(environ)
    yield centre
    centre.db.close()


def quiesce(kiosks: list[LoadKiosk], port: int) -> None:
    """Rounds until nothing waits and nothing comes."""
    with Line(port) as line:
        for kiosk in kiosks:
            while True:
                said = line.round(kiosk)
                assert said.answer is not None, said.code
                if not kiosk.waiting and not said.answer.more:
                    break


def assert_nothing_lost_or_doubled(centre: Centre, kiosks: list[LoadKiosk], folder: Path) -> None:
    """Every fact that a kiosk calls confirmed is in the journal once, applied once, and the rows follow from it."""
    for kiosk in kiosks:
        batches = centre.db.query(
            "SELECT first_seq, n FROM journal WHERE point = ? AND device = ? ORDER BY first_seq",
            (kiosk.point, kiosk.device),
        )
        at = 0
        for batch in batches:
            assert batch["first_seq"] == at + 1, (kiosk.device, batch)
            at += batch["n"]
        assert at == kiosk.acked_seq > 0
        parcels = centre.db.query(
            "SELECT id, state, collected_fact FROM parcels WHERE point = ? AND id LIKE ?",
            (kiosk.point, f"{kiosk.device}.%"),
        )
        assert len(parcels) == kiosk.made
        assert {row["state"] for row in parcels} == {"collected"}
    # a parcel handed out twice would have opened a case
    assert centre.db.query("SELECT id FROM cases") == []
    findings = [*examine(centre), examine_rebuild(centre, folder)]
    # nobody makes a backup while this test runs, and doctor says so once there is much to lose
    assert [one.text for one in findings if not one.good and "不在备份里" not in one.text] == []
    assert any("按自提点分区，每张 8 个分区" in one.text for one in findings)


# --- several servers ---------------------------------------------------------------------------------------------


def test_servers_that_begin_an_empty_database_together(address: str, tmp_path: Path) -> None:
    environ = own_environ | settings(tmp_path, address)
    together = [
        subprocess.Popen(
            [sys.executable, "-m", "sync_server", "init"], env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]  # fmt: skip
    said = [process.communicate(timeout=60) for process in together]
    assert [process.returncode for process in together] == [0, 0, 0], said
    # one made the operator and says the password; the others found one
    assert sorted("初始密码" in out for out, _ in said) == [False, False, True], said
    with opened(settings(tmp_path, address)) as centre:
        assert len(centre.db.query("SELECT id FROM server_life")) == 1


def real_kiosk(folder: Path, server: str, code: str) -> Kiosk:
    kiosk = open_kiosk(
        read_kiosk_config({"LINQU_DATA": str(folder), "LINQU_SERVER": server, "LINQU_HARDWARE": folder.name})
    )
    enrol_kiosk(kiosk, server, code)
    return kiosk


def hand_out_something(kiosk: Kiosk, number: int) -> None:
    journal, point = kiosk.journal(), kiosk.point_code
    with journal.writing(point) as tx:
        parcel = journal.ids.new()
        journal.record(tx, an_inbound(parcel, number), point=point, actor="S1")
        journal.record(tx, HandedOut((parcel,), "staff", ""), point=point, actor="S1")


def at_the_counter(kiosk: Kiosk, ports: list[int], rounds: int, failed: list[str]) -> None:
    """A kiosk with a database of its own works and syncs, each round through another server."""
    links = []
    for port in ports:
        link = open_link(kiosk)
        link.server = f"http://127.0.0.1:{port}"
        links.append(link)
    for number in range(rounds):
        hand_out_something(kiosk, number)
        trouble = run_round(kiosk, links[number % len(links)], lambda: None)
        if trouble is not Trouble.NONE:
            failed.append(trouble.value)
    for link in links:
        link.close()


def sent_twice(kiosk: LoadKiosk, request: SyncRequest, lines: Sequence[Line]) -> list[Said]:
    """One request through several servers at the same moment."""
    answers: list[Said] = []
    threads = [threading.Thread(target=lambda line=line: answers.append(line.send(kiosk, request))) for line in lines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def careless(kiosks: list[LoadKiosk], ports: list[int], rounds: int, failed: list[str]) -> None:
    """Every request goes to two servers at once; one answer is taken, or none, and then the facts come again."""
    chance = random.Random(7)
    lines = [Line(port) for port in ports]
    for _ in range(rounds):
        for kiosk in kiosks:
            kiosk.busy_minute()
            request = kiosk.request()
            answers = sent_twice(kiosk, request, chance.sample(lines, 2))
            failed.extend(said.code for said in answers if said.answer is None)
            kept = chance.choice(answers).answer
            if kept is not None and chance.random() < 0.8:
                kiosk.take(request, kept)


def test_the_same_points_through_several_servers_at_once(address: str, tmp_path: Path) -> None:
    environ = settings(tmp_path, address)
    failed: list[str] = []
    with opened(environ) as centre, servers(environ, 3) as running:
        kiosks = enrol(centre, POINTS)
        codes = [make_claim(centre.db, centre.clock, "P1", "test") for _ in range(2)]
        counters = [
            real_kiosk(tmp_path / f"k{n}", f"http://127.0.0.1:{running.ports[n]}", code) for n, code in enumerate(codes)
        ]
        work: list[tuple[Callable[..., None], tuple[object, ...]]] = [
            (at_the_counter, (counters[0], running.ports, 12, failed)),
            (at_the_counter, (counters[1], running.ports[::-1], 12, failed)),
            (careless, (kiosks[:3], running.ports, 6, failed)),
            (careless, (kiosks[3:], running.ports, 6, failed)),
        ]
        threads = [threading.Thread(target=target, args=arguments) for target, arguments in work]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []
        quiesce(kiosks, running.ports[1])
        for counter in counters:
            at_the_counter(counter, running.ports[:1], 1, failed)
        for counter in counters:
            link = open_link(counter)
            assert run_round(counter, link, lambda: None) is Trouble.NONE
            link.close()
            for feed in store.cursors(counter.db):
                assert rows.digest(counter.db, counter.house, feed) == rows.digest(centre.db, centre.house, feed)
            assert store.outbox(counter.db)[0] == 0
            counter.db.close()
        assert_nothing_lost_or_doubled(centre, kiosks, tmp_path)
        handed = centre.db.one("SELECT count(*) AS n FROM parcels WHERE point = ? AND state = 'collected'", ("P1",))
        assert handed
        assert handed["n"] == 26 + sum(kiosk.made for kiosk in kiosks if kiosk.point == "P1")


# --- lost connections --------------------------------------------------------------------------------------------


def _hang_up_often(server: OwnServer) -> None:
    for _ in range(6):
        time.sleep(0.25)
        server.hang_up()


def _power_cut(server: OwnServer) -> None:
    time.sleep(0.7)
    server.restart("immediate")


def _maintenance(server: OwnServer) -> None:
    time.sleep(0.7)
    server.stop("fast")
    time.sleep(1.0)
    server.start()


@pytest.mark.parametrize("trouble", [_hang_up_often, _power_cut, _maintenance])
def test_a_lost_database_is_answered_as_busy_and_found_again(
    own_server: OwnServer, tmp_path: Path, trouble: Callable[[OwnServer], None]
) -> None:
    environ = settings(tmp_path, own_server.address)
    with opened(environ) as centre, servers(environ, 2, log=tmp_path / "log") as running:
        kiosks = enrol(centre, POINTS)
        ended: list[float] = []

        def meanwhile() -> None:
            trouble(own_server)
            ended.append(time.monotonic())

        def until() -> bool:
            return bool(ended) and time.monotonic() > ended[0] + 1.5

        troubling = threading.Thread(target=meanwhile)
        troubling.start()
        driven = drive(kiosks, running.ports, mode="push", at_a_time=3, until=until)
        troubling.join()
        # whatever was refused was refused by name and signed: a kiosk waits and tries again
        assert set(driven.refused) <= {"503 DATABASE_BUSY"}
        assert driven.rounds > 20
        quiesce(kiosks, running.ports[0])
        assert_nothing_lost_or_doubled(centre, kiosks, tmp_path)
    assert "Traceback" not in (tmp_path / "log").read_text(encoding="utf-8")


def test_what_was_not_signed_by_the_centre_is_not_believed(address: str, tmp_path: Path) -> None:
    environ = settings(tmp_path, address)
    with opened(environ) as centre, servers(environ, 1) as running:
        [kiosk] = enrol(centre, ["P1"])
        kiosk.server_key = bytes(32)
        with Line(running.ports[0]) as line, pytest.raises(NotBelieved):
            line.round(kiosk)


def test_a_snapshot_is_of_one_moment_whatever_comes_in_meanwhile(address: str, tmp_path: Path) -> None:
    environ = settings(tmp_path, address)
    with opened(environ) as centre, servers(environ, 1) as running, Line(running.ports[0]) as line:
        [kiosk] = enrol(centre, ["P1"])
        kiosk.busy_minute()
        assert line.round(kiosk).answer

        def set_a_layer() -> None:
            with centre.journal.writing("P1") as tx:
                set_shelf_layer(centre.journal, tx, "P1", ShelfLayer(9, 9, "新货架", 10, False), "test")

        def stream(moment: Reads) -> Iterator[bytes]:
            return snapshot.send(moment, centre.house, centre.server_key, feed="point:P1", nonce="n", point="P1",
                                 device=kiosk.device, epoch=kiosk.epoch)  # fmt: skip

        with centre.db.reading() as moment:
            quiet = list(stream(moment))
        with centre.db.reading() as moment:
            parts = stream(moment)
            begun = [next(parts)]
            kiosk.busy_minute()
            assert line.round(kiosk).answer
            # a table that comes after the first, in which the parcels are
            other = threading.Thread(target=set_a_layer)
            other.start()
            other.join()
            assert [*begun, *parts] == quiet
        with centre.db.reading() as moment:
            assert list(stream(moment)) != quiet
