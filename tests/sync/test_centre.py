"""The centre: versions in commit order, a journal from which all rows follow, snapshots that are whole or nothing."""

import random
import secrets
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.db import open_sqlite
from shared.kernel.clock import ManualClock
from shared.kernel.errors import BadInput
from shared.sync import put, rows, signing, snapshot, store
from shared.sync.journal import chain_hash
from shared.sync.rebuild import differences, migrate_house, rebuild
from shared.sync.rooms import Fact
from tests.sync.conftest import FEEDS, POINT, REGION, Centre, Kiosk
from tests.sync.test_rounds import centre_fill, fill
from tests.sync.toy import BOXES, Filled, Priced, held


def test_replaying_the_journal_arrives_at_the_same_rows(kiosk: Kiosk, tmp_path: Path) -> None:
    kiosk.bootstrap()
    for amount in (1, 13, 5):
        if amount != 13:
            fill(kiosk, "a", amount)
            kiosk.round()
        centre_fill(kiosk, "b", amount + 1)
    empty = open_sqlite(tmp_path / "rebuilt.db", key=None, authoritative=True)
    assert rebuild(kiosk.centre.db, kiosk.house, empty) == 5
    assert differences(kiosk.centre.db, empty, kiosk.house) == []
    with kiosk.centre.db.writing() as tx:
        put(tx, BOXES, {"point": POINT, "id": "a", "held": 99, "note": "changed behind the journal's back"})
    assert differences(kiosk.centre.db, empty, kiosk.house) == [f"point:{POINT}"]
    empty.close()


def test_a_fact_parked_in_quarantine_is_met_the_same_way_in_a_replay(kiosk: Kiosk, tmp_path: Path) -> None:
    kiosk.bootstrap()
    fill(kiosk, "a", 1)
    bad = Filled("a", 13)
    with kiosk.db.writing() as tx:
        seq, before, *_ = store.kiosk_head(tx)
        packed = msgspec.msgpack.encode(bad)
        fact = Fact(POINT, "K1", "EK1", seq + 1, "toy.filled.v1", "t", "", bad)
        store.add_fact(tx, fact, packed, chain_hash(before, fact.kind, "t", "", packed), b"\x90")
    kiosk.round()
    assert store.count_quarantine(kiosk.centre.db) == 1
    empty = open_sqlite(tmp_path / "rebuilt.db", key=None, authoritative=True)
    rebuild(kiosk.centre.db, kiosk.house, empty)
    assert differences(kiosk.centre.db, empty, kiosk.house) == []
    empty.close()


def test_a_reader_never_passes_a_version_that_is_not_yet_visible(centre: Centre) -> None:
    """Eight writers, one reader that follows by cursor: it must see every row, whatever order commits take."""
    seen: dict[str, int] = {}
    done = threading.Event()

    def write(number: int) -> None:
        for turn in range(15):
            with centre.journal.writing(POINT) as tx:
                centre.journal.record(tx, Filled(f"w{number}-{turn}", 1), point=POINT, actor="运营")

    def read() -> None:
        cursor = 0
        while True:
            last = done.is_set()
            for row in centre.db.query(BOXES.select_changed, (POINT, cursor, 1000)):
                seen[row["id"]] = row["version"]
                cursor = max(cursor, row["version"])
            if last:
                return

    writers = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    reader = threading.Thread(target=read)
    reader.start()
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    done.set()
    reader.join()
    assert len(seen) == 120
    assert len(set(seen.values())) == 120


def test_two_servers_add_to_one_box_without_losing_any(centre: Centre) -> None:
    def work() -> None:
        for _ in range(20):
            with centre.journal.writing(POINT) as tx:
                centre.journal.record(tx, Filled("shared", 1), point=POINT, actor="运营")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert held(centre.db, POINT, "shared") == 80


def test_a_price_set_while_a_round_is_taken_is_not_passed_over(kiosk: Kiosk) -> None:
    """Another server writes to the region's feed, which the round does not hold, between its first and last look."""
    centre = kiosk.centre

    def set_price() -> None:
        with centre.journal.writing(REGION) as tx:
            centre.journal.record(tx, Priced("大葱", 999), point=REGION, actor="运营")

    other_server = threading.Thread(target=set_price)

    class MeanwhileClock(ManualClock):
        def now(self) -> datetime:
            if other_server.ident is None:
                other_server.start()
                # on SQLite the other waits for the round to end
                other_server.join(0.5)
            return super().now()

    kiosk.bootstrap()
    fill(kiosk, "a", 1)
    still, centre.clock = centre.clock, MeanwhileClock(centre.clock.now())
    assert kiosk.round()[0].own
    centre.clock = still
    other_server.join()
    kiosk.round()
    assert kiosk.same_as_centre()


def stream_of(kiosk: Kiosk, nonce: str) -> list[bytes]:
    with kiosk.centre.db.writing() as tx:
        return list(
            snapshot.send(tx, kiosk.house, kiosk.centre.key, feed=FEEDS[1], nonce=nonce, point=POINT,
                          device="K1", epoch="EK1")
        )  # fmt: skip


@pytest.mark.parametrize("fault", ["cut", "flipped", "other nonce", "other key", "part missing"])
def test_a_snapshot_that_is_not_whole_changes_nothing(
    kiosk: Kiosk, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.sync.rows.SNAPSHOT_BLOCK_ROWS", 3)
    kiosk.bootstrap()
    fill(kiosk, "mine", 1)
    for number in range(10):
        centre_fill(kiosk, f"b{number}", 1)
    before = rows.digest(kiosk.db, kiosk.house, FEEDS[1])
    stream = stream_of(kiosk, "n")
    key = kiosk.centre.key
    if fault == "cut":
        stream = [b"".join(stream)[:-7]]
    elif fault == "flipped":
        stream[0] = stream[0][:20] + bytes([stream[0][20] ^ 1]) + stream[0][21:]
    elif fault == "part missing":
        del stream[1]
    elif fault == "other key":
        key = Ed25519PrivateKey.generate()
    nonce = "another" if fault == "other nonce" else "n"
    with pytest.raises(BadInput):
        snapshot.load(
            kiosk.db, kiosk.house, kiosk.clock, stream, feed=FEEDS[1], nonce=nonce,
            server_key=signing.public_bytes(key),
        )  # fmt: skip
    assert rows.digest(kiosk.db, kiosk.house, FEEDS[1]) == before
    snapshot.load(
        kiosk.db, kiosk.house, kiosk.clock, stream_of(kiosk, "n2"), feed=FEEDS[1], nonce="n2",
        server_key=signing.public_bytes(kiosk.centre.key),
    )  # fmt: skip
    assert held(kiosk.db, POINT, "b9") == 1
    assert held(kiosk.db, POINT, "mine") == 1


def test_writing_inside_writing_is_a_mistake_that_is_named_on_either_database(centre: Centre) -> None:
    with pytest.raises(RuntimeError, match="one operation"), centre.db.writing(), centre.db.writing():
        pass
    with centre.journal.writing(POINT) as tx:
        centre.journal.record(tx, Filled("a", 1), point=POINT, actor="运营")
    assert held(centre.db, POINT, "a") == 1


def test_others_at_the_kiosk_can_write_while_a_snapshot_comes_in(kiosk: Kiosk) -> None:
    centre_fill(kiosk, "a", 1)
    nonce = secrets.token_hex(8)
    stream = stream_of(kiosk, nonce)

    def slowly() -> Iterator[bytes]:
        for part in stream:
            fill(kiosk, "b", 1)
            yield part

    key = signing.public_bytes(kiosk.centre.key)
    snapshot.load(kiosk.db, kiosk.house, kiosk.clock, slowly(), feed=FEEDS[1], nonce=nonce, server_key=key)
    assert (held(kiosk.db, POINT, "a"), held(kiosk.db, POINT, "b")) == (1, len(stream))


def test_migrating_twice_changes_nothing(centre: Centre) -> None:
    migrate_house(centre.db, centre.house)
    assert store.server_life(centre.db) == store.ServerLife(1, "E0", 0)


def test_the_seed_of_a_random_walk_of_both_sides_ends_in_equal_rows(kiosk: Kiosk) -> None:
    seed = secrets.randbelow(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    kiosk.bootstrap()
    total: dict[str, int] = {}
    for _ in range(120):
        box, amount = f"b{chance.randrange(6)}", chance.choice([1, 2, 3, 5])
        act = chance.randrange(4)
        if act == 0:
            fill(kiosk, box, amount)
        elif act == 1:
            centre_fill(kiosk, box, amount)
        else:
            kiosk.round(
                lose_answer=act == 2,
                between=(lambda b=box: fill(kiosk, b, 7)) if chance.random() < 0.3 else None,  # type: ignore[misc]  # late binding is pinned by the default
            )
            if chance.random() < 0.1:
                with kiosk.db.writing() as tx:
                    store.forget_cursors(tx)
                kiosk.bootstrap()
            continue
        total[box] = total.get(box, 0) + amount
    kiosk.round()
    kiosk.round()
    assert kiosk.same_as_centre(), f"seed {seed}"
    for box, amount in total.items():
        assert held(kiosk.centre.db, POINT, box) >= amount, f"seed {seed}"
    assert store.outbox(kiosk.db)[0] == 0
