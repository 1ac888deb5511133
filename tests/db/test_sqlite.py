"""The SQLite side of the verbs: whole transactions, no lost writers, encrypted, honest about a full disk."""

import secrets
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.db import DatabaseUnreadable, DiskFull, SqliteDatabase, migrate, open_sqlite

KEY = secrets.token_hex(32)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[SqliteDatabase]:
    db = open_sqlite(tmp_path / "a.db", key=KEY, authoritative=False)
    db.run_script(["CREATE TABLE counts (id BIGINT PRIMARY KEY, n BIGINT NOT NULL)"])
    yield db
    db.close()


def test_a_transaction_that_raises_leaves_nothing(db: SqliteDatabase) -> None:
    with pytest.raises(ZeroDivisionError), db.writing() as tx:
        tx.execute("INSERT INTO counts (id, n) VALUES (1, 1)")
        raise ZeroDivisionError
    assert db.query("SELECT * FROM counts") == []


def test_a_library_call_inside_a_transaction_rolls_back_with_it(db: SqliteDatabase) -> None:
    with pytest.raises(ZeroDivisionError), db.writing():
        db.tools.table("counts").insert({"id": 1, "n": 1})
        raise ZeroDivisionError
    assert db.query("SELECT * FROM counts") == []


def test_a_savepoint_rolls_back_alone(db: SqliteDatabase) -> None:
    with db.writing() as tx:
        tx.execute("INSERT INTO counts (id, n) VALUES (1, 1)")
        with pytest.raises(ZeroDivisionError), tx.savepoint():
            tx.execute("INSERT INTO counts (id, n) VALUES (2, 1)")
            raise ZeroDivisionError
    assert [row["id"] for row in db.query("SELECT id FROM counts")] == [1]


def test_writing_inside_writing_is_a_mistake_that_is_named(db: SqliteDatabase) -> None:
    with pytest.raises(RuntimeError, match="one operation"), db.writing(), db.writing():
        pass


def test_work_left_for_the_end_runs_inside_the_transaction(db: SqliteDatabase) -> None:
    with db.writing() as tx:
        tx.before_commit(lambda: tx.before_commit(lambda: tx.execute("INSERT INTO counts (id, n) VALUES (9, 9)")))
    assert db.one("SELECT n FROM counts WHERE id = 9") is not None


def test_four_writers_that_read_then_write_lose_nothing(db: SqliteDatabase) -> None:
    with db.writing() as tx:
        tx.execute("INSERT INTO counts (id, n) VALUES (1, 0)")

    def work() -> None:
        for _ in range(50):
            with db.writing() as tx:
                row = tx.one("SELECT n FROM counts WHERE id = 1")
                assert row is not None
                tx.execute("UPDATE counts SET n = ? WHERE id = 1", (row["n"] + 1,))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    row = db.one("SELECT n FROM counts WHERE id = 1")
    assert row is not None
    assert row["n"] == 200


def test_what_is_written_cannot_be_read_in_the_files(db: SqliteDatabase) -> None:
    db.run_script(["CREATE TABLE people (name TEXT)"])
    with db.writing() as tx:
        tx.execute("INSERT INTO people (name) VALUES (?)", ("planted-王小明-13800001234",))
    found = b"".join(path.read_bytes() for path in db.path.parent.iterdir())
    assert b"planted" not in found
    assert "王小明".encode() not in found


def test_another_key_is_told_from_an_empty_file(db: SqliteDatabase) -> None:
    with pytest.raises(DatabaseUnreadable):
        open_sqlite(db.path, key=secrets.token_hex(32), authoritative=False)
    db.path.with_name("junk.db").write_bytes(b"not a database at all" * 500)
    with pytest.raises(DatabaseUnreadable):
        open_sqlite(db.path.with_name("junk.db"), key=KEY, authoritative=False)


def test_a_full_database_says_so_and_keeps_what_was_confirmed(db: SqliteDatabase) -> None:
    db.run_script(["CREATE TABLE big (x BLOB)"])
    pages = db.one("PRAGMA page_count")
    assert pages is not None
    db.tools.execute(f"PRAGMA max_page_count = {pages['page_count'] + 2}")
    with pytest.raises(DiskFull), db.writing() as tx:
        for _ in range(50):
            tx.execute("INSERT INTO big (x) VALUES (?)", (b"x" * 4000,))
    with db.writing() as tx:
        tx.execute("INSERT INTO counts (id, n) VALUES (3, 3)")
    assert [row["id"] for row in db.query("SELECT id FROM counts")] == [3]


def test_a_full_disk_in_a_part_of_a_transaction_is_named_too(db: SqliteDatabase) -> None:
    db.run_script(["CREATE TABLE big (x BLOB)"])
    pages = db.one("PRAGMA page_count")
    assert pages is not None
    db.tools.execute(f"PRAGMA max_page_count = {pages['page_count'] + 2}")
    with pytest.raises(DiskFull), db.writing() as tx:
        tx.execute("INSERT INTO counts (id, n) VALUES (1, 1)")
        with tx.savepoint():
            tx.execute("INSERT INTO big (x) VALUES (?)", (b"x" * 200_000,))
    assert db.query("SELECT * FROM counts") == []


def test_after_a_checkpoint_was_cut_off_no_damage_is_found_where_the_log_is_whole(db: SqliteDatabase) -> None:
    db.tools.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    with db.writing() as tx:
        tx.executemany("INSERT INTO counts (id, n) VALUES (?, ?)", [(n, n) for n in range(5000)])
    left = {path.name: path.read_bytes() for path in db.path.parent.iterdir() if not path.name.endswith("-shm")}
    db.tools.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    torn, whole = bytearray(left["a.db"]), db.path.read_bytes()
    db.close()
    torn.extend(bytes(len(whole) - len(torn)))
    torn[4096:6000] = whole[4096:6000]
    left["a.db"] = bytes(torn)
    for name, data in left.items():
        db.path.with_name(name).write_bytes(data)
    again = open_sqlite(db.path, key=KEY, authoritative=False)
    assert again.damage() == []
    assert len(again.query("SELECT * FROM counts")) == 5000
    again.close()


def test_migrations_run_once_and_in_order(db: SqliteDatabase) -> None:
    first = ["CREATE TABLE a (x BIGINT)"]
    assert migrate(db, "room", [first]) == 1
    assert (
        migrate(db, "room", [first, ["ALTER TABLE a ADD COLUMN y BIGINT", "INSERT INTO a (x, y) VALUES (1, 2)"]]) == 1
    )
    assert migrate(db, "room", [first, ["this would fail if it ran again"]]) == 0


def test_the_kiosk_writes_with_full_synchronisation(db: SqliteDatabase) -> None:
    assert db.tools.execute("PRAGMA synchronous").fetchone()[0] == 2
    assert db.tools.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


def test_a_backup_is_of_one_moment_and_needs_the_same_key(db: SqliteDatabase) -> None:
    with db.writing() as tx:
        tx.execute("INSERT INTO counts (id, n) VALUES (1, 1)")
    copy = db.path.with_name("copy.db")
    db.backup_to(copy)
    with db.writing() as tx:
        tx.execute("INSERT INTO counts (id, n) VALUES (2, 2)")
    opened = open_sqlite(copy, key=KEY, authoritative=False)
    assert [row["id"] for row in opened.query("SELECT id FROM counts")] == [1]
    opened.close()
    assert b"counts" not in copy.read_bytes()
    with pytest.raises(FileExistsError):
        db.backup_to(copy)


def test_a_flipped_bit_is_found(db: SqliteDatabase) -> None:
    with db.writing() as tx:
        tx.executemany("INSERT INTO counts (id, n) VALUES (?, ?)", [(n, n) for n in range(5000)])
    assert db.damage() == []
    db.tools.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    db.close()
    whole = bytearray(db.path.read_bytes())
    whole[4096 * 3 + 100] ^= 4
    db.path.write_bytes(whole)
    again = open_sqlite(db.path, key=KEY, authoritative=False)
    assert again.damage()
    again.close()
