"""The verbs on PostgreSQL under company: who waits, how long, what is said then; one moment to read; cut tables."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from shared.db import Database, DatabaseBusy, SqliteDatabase, migrate, open_sqlite
from shared.db.database import Reads, is_about_data
from shared.db.postgres import PostgresDatabase, open_postgres, partitioned
from shared.db.postgres import translate as translated
from shared.sync import House
from shared.sync.rebuild import migrate_house
from tests.postgres.conftest import OwnServer

COUNTS = "CREATE TABLE counts (id BIGINT PRIMARY KEY, n BIGINT NOT NULL)"


@pytest.fixture
def counts(db: PostgresDatabase) -> PostgresDatabase:
    db.run_script([COUNTS, "INSERT INTO counts (id, n) VALUES (1, 0), (2, 0)"])
    return db


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    db: Database
    if request.param == "sqlite":
        db = open_sqlite(tmp_path / "a.db", key=None, authoritative=True)
    else:
        db = request.getfixturevalue("db")
    words = "CREATE TABLE words (word TEXT NOT NULL, n BIGINT)"
    db.run_script([COUNTS, words, "INSERT INTO counts (id, n) VALUES (1, 0), (2, 0)"])
    yield db
    db.close()


def in_a_thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def impatient(address: str, **limits: str) -> PostgresDatabase:
    """The same database with shorter limits: what an operator writes into the address comes last and wins."""
    ours = "%20".join(f"-c%20{name}%3D{value}" for name, value in limits.items())
    return open_postgres(f"{address}%20{ours}")


# --- who waits, and how long -------------------------------------------------------------------------------------


def test_waiting_for_a_lock_ends_as_busy_and_leaves_nothing(counts: PostgresDatabase, address: str) -> None:
    other = impatient(address, lock_timeout="200ms")
    with counts.writing() as tx:
        tx.execute("UPDATE counts SET n = n + 1 WHERE id = 1")
        with pytest.raises(DatabaseBusy) as busy, other.writing() as waiting:
            waiting.execute("UPDATE counts SET n = n + 10 WHERE id = 2")
            waiting.execute("UPDATE counts SET n = n + 10 WHERE id = 1")
    assert busy.value.status == 503
    assert not is_about_data(busy.value)
    assert [row["n"] for row in counts.query("SELECT n FROM counts ORDER BY id")] == [1, 0]
    other.close()


def test_a_statement_that_takes_too_long_ends_as_busy(counts: PostgresDatabase, address: str) -> None:
    other = impatient(address, statement_timeout="200ms")
    with pytest.raises(DatabaseBusy):
        other.query("SELECT pg_sleep(5)")
    assert other.one("SELECT n FROM counts WHERE id = 1")
    other.close()


def test_of_two_that_wait_for_each_other_one_goes_on_and_one_is_busy(counts: PostgresDatabase) -> None:
    met, ended = threading.Barrier(2), []

    def work(first: int, second: int) -> None:
        try:
            with counts.writing() as tx:
                tx.execute("UPDATE counts SET n = n + 1 WHERE id = ?", (first,))
                met.wait(5)
                tx.execute("UPDATE counts SET n = n + 1 WHERE id = ?", (second,))
            ended.append("done")
        except DatabaseBusy:
            ended.append("busy")

    threads = [in_a_thread(lambda: work(1, 2)), in_a_thread(lambda: work(2, 1))]
    for thread in threads:
        thread.join()
    assert sorted(ended) == ["busy", "done"]
    assert [row["n"] for row in counts.query("SELECT n FROM counts ORDER BY id")] == [1, 1]


def test_who_fell_asleep_in_a_transaction_does_not_keep_the_others_out(counts: PostgresDatabase, address: str) -> None:
    asleep = impatient(address, idle_in_transaction_session_timeout="200ms")
    with pytest.raises(DatabaseBusy), asleep.writing() as tx:
        tx.execute("UPDATE counts SET n = n + 1 WHERE id = 1")
        time.sleep(0.5)
        tx.execute("UPDATE counts SET n = n + 1 WHERE id = 2")
    with counts.writing() as tx:
        tx.execute("UPDATE counts SET n = n + 5 WHERE id = 1")
    assert [row["n"] for row in counts.query("SELECT n FROM counts ORDER BY id")] == [5, 0]
    with asleep.writing() as tx:
        tx.execute("UPDATE counts SET n = n + 5 WHERE id = 2")
    asleep.close()


def test_a_text_too_long_for_an_index_is_about_the_data(counts: PostgresDatabase) -> None:
    counts.run_script(["CREATE TABLE words (word TEXT PRIMARY KEY)"])
    noise = "".join(f"{n * 2654435761 % 4294967296:08x}" for n in range(2000))
    with pytest.raises(psycopg.errors.ProgramLimitExceeded) as error, counts.writing() as tx:
        tx.execute("INSERT INTO words (word) VALUES (?)", (noise,))
    assert is_about_data(error.value)


@pytest.mark.parametrize("value", ["a\x00b", 2**63], ids=["NUL in a text", "a number too large"])
def test_what_one_database_cannot_hold_the_other_refuses_too(either: Database, value: object) -> None:
    with pytest.raises(Exception, match=r"(?s).") as error, either.writing() as tx:
        tx.execute("INSERT INTO counts (id, n) VALUES (3, 0)")
        tx.execute(
            "INSERT INTO words (word, n) VALUES (?, ?)", (value, None) if isinstance(value, str) else ("a", value)
        )
    assert is_about_data(error.value)
    assert len(either.query("SELECT id FROM counts")) == 2


def test_what_is_only_noted_waits_for_no_disk_and_what_follows_does(either: Database) -> None:
    waits = "PRAGMA synchronous" if isinstance(either, SqliteDatabase) else "SHOW synchronous_commit"

    def now(db: Reads) -> object:
        row = db.one(waits)
        assert row
        return next(iter(dict(row).values()))

    with either.noting() as tx:
        tx.execute("UPDATE counts SET n = 1")
        assert now(tx) in (1, "off")
    with pytest.raises(ZeroDivisionError), either.noting() as tx:
        tx.execute("UPDATE counts SET n = 2")
        raise ZeroDivisionError
    with either.writing() as tx:
        assert now(tx) in (2, "on")
    assert {row["n"] for row in either.query("SELECT n FROM counts")} == {1}


# --- lost connections --------------------------------------------------------------------------------------------


def test_hung_up_connections_are_replaced_before_anybody_notices(own_server: OwnServer) -> None:
    db = open_postgres(own_server.address)
    db.run_script([COUNTS])
    gathered = threading.Barrier(8)

    def hold() -> None:
        with db.writing():
            gathered.wait(5)

    threads = [in_a_thread(hold) for _ in range(8)]
    for thread in threads:
        thread.join()
    assert own_server.hang_up() == 8
    time.sleep(0.1)
    for number in range(8):
        with db.writing() as tx:
            tx.execute("INSERT INTO counts (id, n) VALUES (?, 0)", (number,))
    assert len(db.query("SELECT id FROM counts")) == 8
    db.close()


def test_a_database_that_is_away_is_busy_at_once_and_found_again_by_itself(own_server: OwnServer) -> None:
    db = open_postgres(own_server.address)
    db.run_script([COUNTS])
    with pytest.raises(DatabaseBusy), db.writing() as tx:
        tx.execute("INSERT INTO counts (id, n) VALUES (1, 0)")
        own_server.stop("immediate")
        tx.execute("INSERT INTO counts (id, n) VALUES (2, 0)")
    with pytest.raises(DatabaseBusy):
        db.query("SELECT 1 AS one")
    # from the second on only one looks for it, so that the threads of a server stay free to say 503
    refused: list[float] = []

    def ask() -> None:
        start = time.monotonic()
        with suppress(DatabaseBusy):
            db.query("SELECT 1 AS one")
        refused.append(time.monotonic() - start)

    threads = [in_a_thread(ask) for _ in range(6)]
    for thread in threads:
        thread.join()
    assert sorted(refused)[-2] < 1.0
    own_server.start()
    until = time.monotonic() + 10
    while True:
        try:
            assert db.query("SELECT id FROM counts") == []
            break
        except DatabaseBusy:
            assert time.monotonic() < until
            time.sleep(0.1)
    db.close()


def test_a_server_that_starts_before_its_database_says_so(tmp_path: Path) -> None:
    db = open_postgres(f"postgresql://nobody@/postgres?host={tmp_path}")
    with pytest.raises(DatabaseBusy):
        db.has_table("anything")
    db.close()


# --- one moment to read ------------------------------------------------------------------------------------------


def test_what_is_read_together_is_of_one_moment_and_keeps_nobody_waiting(either: Database) -> None:
    def write() -> None:
        with either.writing() as tx:
            tx.execute("UPDATE counts SET n = n + 1")

    with either.reading() as moment:
        first = moment.one("SELECT n FROM counts WHERE id = 1")
        in_a_thread(write).join(5)
        second = moment.one("SELECT n FROM counts WHERE id = 2")
    assert first
    assert second
    assert (first["n"], second["n"]) == (0, 0)
    now = either.query("SELECT n FROM counts ORDER BY id")
    assert [row["n"] for row in now] == [1, 1]


def test_reading_together_inside_a_transaction_is_a_mistake_that_is_named(either: Database) -> None:
    with pytest.raises(RuntimeError), either.writing(), either.reading():
        pass
    with pytest.raises(RuntimeError), either.reading(), either.writing():
        pass
    with either.writing() as tx:
        tx.execute("UPDATE counts SET n = 7")


# --- the schema --------------------------------------------------------------------------------------------------


def test_servers_that_migrate_an_empty_database_together_take_each_step_once(address: str, house: House) -> None:
    together = [open_postgres(address) for _ in range(4)]
    begin, failed = threading.Barrier(4), []

    def start(db: PostgresDatabase) -> None:
        begin.wait(5)
        try:
            migrate_house(db, house)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            failed.append(error)

    threads = [threading.Thread(target=start, args=(db,)) for db in together]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    steps = together[0].query("SELECT room, number FROM schema_migrations")
    assert len(steps) == len({(row["room"], row["number"]) for row in steps})
    for db in together:
        db.close()


def test_a_long_step_of_one_server_is_waited_for_by_the_next(address: str) -> None:
    slow, other = open_postgres(address), impatient(address, lock_timeout="100ms", statement_timeout="100ms")
    step = [[COUNTS, "SELECT pg_sleep(1)"]]
    thread = in_a_thread(lambda: migrate(slow, "room", step))
    time.sleep(0.2)
    migrate(other, "room", step)
    thread.join()
    assert other.query("SELECT id FROM counts") == []
    slow.close()
    other.close()


def test_every_table_with_many_rows_a_point_is_cut_by_point(db: PostgresDatabase) -> None:
    from sync_server.house import centre_house

    migrate_house(db, centre_house())
    keys = db.query(
        "SELECT relname AS name, indnkeyatts AS columns FROM pg_index JOIN pg_class ON pg_class.oid = indrelid "
        "WHERE indisprimary AND NOT relispartition AND relnamespace = (SELECT current_schema()::regnamespace) "
        "AND pg_get_indexdef(indexrelid, 1, true) = 'point'"
    )
    cut = db.partitions()
    assert set(cut) == {row["name"] for row in keys if row["columns"] > 1}
    assert {"journal", "journal_heads", "parcels", "orders", "order_lines", "stock_movements", "cases"} <= set(cut)
    assert set(cut.values()) == {8}


def test_no_unique_key_of_a_cut_table_spans_points(db: PostgresDatabase) -> None:
    from sync_server.house import centre_house

    migrate_house(db, centre_house())
    keys = db.query(
        "SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid, 1, true) AS first FROM pg_index "
        "JOIN pg_class ON pg_class.oid = indrelid WHERE relkind = 'p' AND indisunique"
    )
    assert len(keys) >= 9
    assert {row["first"] for row in keys} == {"point"}


def test_a_query_about_one_point_looks_into_one_part(db: PostgresDatabase, house: House) -> None:
    migrate_house(db, house)
    for sql in ("SELECT * FROM parcels WHERE point = ? AND id = 'a'", "UPDATE parcels SET note = '' WHERE point = ?"):
        plan = "\n".join(row["QUERY PLAN"] for row in db.query(f"EXPLAIN {sql}", ("JN-HL01",)))
        assert len(set(re.findall(r"\bparcels_p\d+\b", plan))) == 1


def test_a_database_that_was_never_cut_goes_on_as_it_is(address: str, house: House) -> None:
    whole = open_postgres(address, partitions=1)
    migrate_house(whole, house)
    assert whole.partitions() == {}
    later = open_postgres(address)
    migrate_house(later, house)
    assert later.partitions() == {}
    whole.close()
    later.close()


def test_only_tables_of_the_right_form_are_cut() -> None:
    inline = "CREATE TABLE pickup_points (point TEXT NOT NULL PRIMARY KEY, number BIGINT NOT NULL)"
    region = "CREATE TABLE products (region TEXT NOT NULL, sku TEXT NOT NULL, PRIMARY KEY (region, sku))"
    index = "CREATE INDEX parcels_waybill ON parcels (point, waybill)"
    for statement in (inline, region, index):
        assert partitioned(statement, 8) == [statement]
    table = "CREATE TABLE staff (point TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (point, id)) WITHOUT ROWID"
    assert partitioned(table, 1) == [table]
    made = partitioned(table, 2)
    assert made[0].endswith("PRIMARY KEY (point, id)) PARTITION BY HASH (point)")
    assert made[2] == "CREATE TABLE staff_p1 PARTITION OF staff FOR VALUES WITH (MODULUS 2, REMAINDER 1)"
    assert translated(table).endswith("id))")
