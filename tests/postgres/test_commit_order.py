"""The trap of commit order: versions are drawn in one order and become visible in another.

A reader that follows by "everything above my cursor" then passes a version that it has not seen, for ever. The first
test builds the feed the naive way, with a sequence, and watches it lose a row; the second does the same with ours.
"""

import threading
from collections.abc import Callable

from shared.db.postgres import PostgresDatabase, open_postgres
from shared.sync import House, put, rows
from shared.sync.rebuild import migrate_house
from shared.sync.receive import changed_since
from tests.sync.conftest import POINT
from tests.sync.toy import BOXES, ROOM

HOUSE = House([ROOM])
FEED = f"point:{POINT}"


def naive(db: PostgresDatabase) -> tuple[Callable[..., None], Callable[[int], tuple[set[str], int]]]:
    """A feed whose versions come from a sequence: how a row is written, and how a reader follows."""
    db.run_script(["CREATE SEQUENCE versions", "CREATE TABLE naive (id TEXT PRIMARY KEY, version BIGINT NOT NULL)"])

    def write(box: str, drawn: threading.Event, go: threading.Event) -> None:
        with db.writing() as tx:
            tx.execute("INSERT INTO naive (id, version) VALUES (?, nextval('versions'))", (box,))
            drawn.set()
            go.wait(5)

    def follow(cursor: int) -> tuple[set[str], int]:
        found = db.query("SELECT id, version FROM naive WHERE version > ? ORDER BY version", (cursor,))
        return {row["id"] for row in found}, max([cursor, *(row["version"] for row in found)])

    return write, follow


def ours(db: PostgresDatabase) -> tuple[Callable[..., None], Callable[[int], tuple[set[str], int]]]:
    """The feed as it is: the version comes from the feed's own row, held until the commit."""
    migrate_house(db, HOUSE)
    # so that the first of the two meets a row to hold, as every feed but a new one does
    with db.writing() as tx:
        rows.lock_feed(tx, FEED)

    def write(box: str, drawn: threading.Event, go: threading.Event) -> None:
        with db.writing() as tx:
            put(tx, BOXES, {"point": POINT, "id": box, "held": 1, "note": ""})
            drawn.set()
            go.wait(5)

    def follow(cursor: int) -> tuple[set[str], int]:
        blocks, after, _ = changed_since(db, HOUSE, {FEED: cursor})
        return {box for block in blocks for box in block.columns[1]}, after[FEED]

    return write, follow


def overtaken(
    write: Callable[..., None], follow: Callable[[int], tuple[set[str], int]]
) -> tuple[set[str], set[str], int]:
    """Two writers: the first draws its version, the second wants to overtake it. What a reader sees while the first
    hangs, what it sees after, and its cursor in between."""
    drawn, go, other_drawn, free = (threading.Event() for _ in range(4))
    free.set()
    first = threading.Thread(target=write, args=("first", drawn, go))
    second = threading.Thread(target=write, args=("second", other_drawn, free))
    first.start()
    assert drawn.wait(5)
    second.start()
    # naive: it is through; ours: it waits for the first
    second.join(0.5)
    meanwhile, cursor = follow(0)
    go.set()
    first.join()
    second.join()
    later, _ = follow(cursor)
    return meanwhile, later, cursor


def test_a_sequence_loses_the_row_that_was_overtaken(db: PostgresDatabase) -> None:
    meanwhile, later, cursor = overtaken(*naive(db))
    assert (meanwhile, cursor) == ({"second"}, 2)
    # "first" stands in the table, below the cursor, and no reader will ever ask for it again
    assert later == set()
    assert db.one("SELECT id FROM naive WHERE version < ?", (cursor,)) is not None


def test_the_row_of_the_feed_keeps_the_second_waiting_and_nothing_is_passed(db: PostgresDatabase) -> None:
    meanwhile, later, cursor = overtaken(*ours(db))
    assert (meanwhile, cursor) == (set(), 0)
    assert later == {"first", "second"}


def test_writers_of_other_points_do_not_wait(db: PostgresDatabase, address: str) -> None:
    migrate_house(db, HOUSE)
    hasty = open_postgres(f"{address}%20-c%20lock_timeout%3D500ms")
    with db.writing() as tx:
        put(tx, BOXES, {"point": POINT, "id": "a", "held": 1, "note": ""})
        with hasty.writing() as other:
            put(other, BOXES, {"point": "JN-HL02", "id": "a", "held": 1, "note": ""})
    hasty.close()
