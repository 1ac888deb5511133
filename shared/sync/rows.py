"""The one door through which synced rows are written.

At the centre a written row gets the next version of its feed. The version comes from the feed's own row, held locked
until the commit, so versions become visible in order (a sequence or a timestamp would not: commits overtake each
other, and a reader that has moved past would never see the late one). At a kiosk the row's former image is kept with
the fact that changes it, so that the kiosk can step back to what the centre knows.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import msgspec

from shared.db import Row, Tx
from shared.db.database import Reads
from shared.kernel.limits import SNAPSHOT_BLOCK_ROWS
from shared.sync import store
from shared.sync.rooms import House, SyncedTable, scope_of

Image = tuple[str, tuple[Any, ...], tuple[Any, ...] | None]

ROWS_REMEMBERED = 1_000
_BEGIN = "INSERT INTO feed_versions (point, feed, version) VALUES (?, ?, 0) ON CONFLICT (point, feed) DO NOTHING"
_HOLD = "UPDATE feed_versions SET version = version WHERE point = ? AND feed = ? RETURNING version"
_FEEDS = "feed versions"
_UNDO = "undo images"
_ROWS = "rows read"


def lock_feed(tx: Tx, feed: str) -> int:
    """Take a feed for this transaction; its newest version so far. Others who write to it wait."""
    versions: dict[str, int] | None = tx.memo.get(_FEEDS)
    if versions is None:
        versions = tx.memo[_FEEDS] = {}
        tx.before_commit(lambda: _store_versions(tx))
    if feed not in versions:
        key = (scope_of(feed), feed)
        row = tx.one(_HOLD, key)
        if row is None:
            tx.execute(_BEGIN, key)
            row = tx.one(_HOLD, key)
        assert row is not None  # noqa: S101 - the line above has just made it
        versions[feed] = int(row["version"])
    return versions[feed]


def next_version(tx: Tx, feed: str) -> int:
    """The version of the next row (or journal entry) written to ``feed`` in this transaction."""
    version = lock_feed(tx, feed) + 1
    tx.memo[_FEEDS][feed] = version
    return version


def _store_versions(tx: Tx) -> None:
    versions: dict[str, int] = tx.memo.pop(_FEEDS)
    tx.executemany(
        "UPDATE feed_versions SET version = ? WHERE point = ? AND feed = ?",
        [(version, scope_of(feed), feed) for feed, version in sorted(versions.items())],
    )


def held_version(db: Reads, feed: str) -> int | None:
    """The version of a feed that this transaction holds, with what it has written; None where others may write now."""
    held: dict[str, int] = getattr(db, "memo", {}).get(_FEEDS, {})
    return held.get(feed)


def newest_version(db: Reads, feed: str) -> int:
    """The newest version of a feed, with what this transaction has written to it."""
    held = held_version(db, feed)
    return store.feed_version(db, feed) if held is None else held


def read(db: Reads, table: SyncedTable, key: Sequence[Any]) -> Mapping[str, Any] | None:
    """The live row under a key (scope first), or None. Within a transaction each row is fetched once."""
    memo: dict[str, Any] | None = getattr(db, "memo", None)
    if memo is None:
        row = db.one(table.select_one, key)
        return None if row is None or row["deleted"] else cast(Mapping[str, Any], row)
    known: dict[tuple[Any, ...], Mapping[str, Any] | None] = memo.setdefault(_ROWS, {})
    at = (table.name, *key)
    if at not in known:
        if len(known) >= ROWS_REMEMBERED:
            # ten thousand facts in one transaction seldom ask for the same row again
            known.clear()
        row = db.one(table.select_one, key)
        known[at] = None if row is None or row["deleted"] else dict(row)
    return known[at]


def note_absent(tx: Tx, table: SyncedTable, key: Sequence[Any]) -> None:
    """Somebody has looked: under a key (scope first) is no row, not even a deleted one, and ``read`` need not look."""
    tx.memo.setdefault(_ROWS, {})[(table.name, *key)] = None


def forget_reads(tx: Tx) -> None:
    """Fetch rows anew: something other than this module's verbs has changed them, or a part was rolled back."""
    tx.memo.pop(_ROWS, None)


def put(tx: Tx, table: SyncedTable, values: Mapping[str, Any]) -> None:
    """Write one whole row of a synced table. What is the same already is not written and gets no new version.

    Only changed columns are named in the UPDATE: SQLite rewrites the entry of every index whose column is named.
    """
    row, keys = table.row(values), len(table.key_columns)
    key = row[:keys]
    before = read(tx, table, key)
    if before is None:
        version = _version_or_image(tx, table, key, None)
        tx.execute(table.upsert, (*row, version, 0))
    else:
        changed = tuple(column for column in table.columns[keys:] if before[column] != values[column])
        if not changed:
            return
        version = _version_or_image(tx, table, key, before)
        news = [values[column] for column in changed]
        if tx.authoritative:
            news.append(version)
        tx.execute(table.update_of(changed, versioned=tx.authoritative), (*news, *key))
    tx.memo[_ROWS][(table.name, *key)] = values


def _version_or_image(tx: Tx, table: SyncedTable, key: tuple[Any, ...], before: Mapping[str, Any] | None) -> int:
    if tx.authoritative:
        return next_version(tx, table.feed(key[0]))
    images: list[Image] | None = tx.memo.get(_UNDO)
    if images is not None:
        image = None if before is None else table.row(before)
        images.append((table.name, key, image))
    return 0


def add(tx: Tx, table: SyncedTable, values: Mapping[str, Any]) -> None:
    """Write a row whose key is new because it derives from the fact itself; saves the look at a former image."""
    row = table.row(values)
    key = row[: len(table.key_columns)]
    tx.execute(table.insert, (*row, _version_or_image(tx, table, key, None), 0))
    tx.memo.setdefault(_ROWS, {})[(table.name, *key)] = values


def remove(tx: Tx, table: SyncedTable, key: Sequence[Any]) -> None:
    """Take one row away: marked at the centre, so that kiosks hear of it; gone at a kiosk. ``key``: scope first."""
    key = tuple(key)
    version = _version_or_image(tx, table, key, read(tx, table, key))
    if tx.authoritative:
        tx.execute(table.mark_deleted, (version, *key))
    else:
        tx.execute(table.delete, key)
    tx.memo[_ROWS][(table.name, *key)] = None


def start_images(tx: Tx) -> None:
    """From here on keep the former image of each row that is written (kiosk only)."""
    tx.memo[_UNDO] = []


def take_images(tx: Tx) -> bytes:
    """The images kept since ``start_images``, packed; keeping ends."""
    return msgspec.msgpack.encode(tx.memo.pop(_UNDO))


def step_back(tx: Tx, house: House, packed: bytes) -> None:
    """Put back the images of one fact, newest first."""
    forget_reads(tx)
    for name, key, image in reversed(msgspec.msgpack.decode(packed, type=list[Image])):
        table = house.tables[name]
        if image is None:
            tx.execute(table.delete, key)
        else:
            tx.execute(table.upsert, (*image, 0, 0))


def values_of(row: Any, columns: Sequence[str]) -> tuple[Any, ...]:
    """A result row as a tuple in the order of ``columns``, on either database."""
    return tuple(row[column] for column in columns)


def live_pages(db: Reads, table: SyncedTable, scope_value: str) -> Iterator[list[Row]]:
    """The live rows of one table and scope in the order of their keys, a page at a time: a point's years of parcels
    must not lie in memory at once. ``db`` is one moment where others may write meanwhile.
    """
    keys = table.key_columns[1:]
    order = ", ".join(keys) or table.scope
    above = f"AND ({order}) > ({', '.join('?' * len(keys))}) " if keys else ""
    sql = f"{table.select_live} %sORDER BY {order} LIMIT ?"
    page = db.query(sql % "", (scope_value, SNAPSHOT_BLOCK_ROWS))
    while page:
        yield page
        if len(page) < SNAPSHOT_BLOCK_ROWS or not keys:
            return
        page = db.query(sql % above, (scope_value, *(page[-1][key] for key in keys), SNAPSHOT_BLOCK_ROWS))


def digest(db: Reads, house: House, feed: str) -> str:
    """The live rows of one feed as 16 hexadecimal digits, the same at the kiosk and the centre once at rest.

    A sum of row hashes, so that order does not matter and no sort is needed.
    """
    total = 0
    scope_value = feed.partition(":")[2]
    encode = msgspec.msgpack.Encoder().encode
    for table in house.tables_of(feed):
        for page in live_pages(db, table, scope_value):
            for row in page:
                packed = encode((table.name, values_of(row, table.columns)))
                total += int.from_bytes(hashlib.blake2b(packed, digest_size=8).digest())
    return f"{total % (1 << 64):016x}"
