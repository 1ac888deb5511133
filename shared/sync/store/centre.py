"""What the centre keeps of sync: the journal, the lanes of devices, the lives of its database, differences found."""

from dataclasses import dataclass, replace
from typing import NamedTuple

from shared.db import Row, Tx
from shared.db.database import Reads
from shared.sync.rooms import scope_of
from shared.sync.store.chain import START_OF_CHAIN


@dataclass(frozen=True)
class JournalRow:
    """One batch of facts as received; ``body`` is :func:`shared.sync.wire.pack_batch`."""

    point: str
    number: int
    device: str
    epoch: str
    first_seq: int
    n: int
    chain_after: bytes
    received_at: str
    body: bytes
    chain_before: bytes | None = None
    parked: int = 0


def add_journal_row(tx: Tx, row: JournalRow) -> None:
    """Keep a batch for ever."""
    tx.execute(
        "INSERT INTO journal (point, number, device, epoch, first_seq, n, chain_after, received_at, body, "
        "chain_before, parked) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            row.point,
            row.number,
            row.device,
            row.epoch,
            row.first_seq,
            row.n,
            row.chain_after,
            row.received_at,
            row.body,
            row.chain_before,
            row.parked,
        ),
    )


def journal_points(db: Reads) -> list[str]:
    """The points (and regions) that have a journal."""
    return [row["point"] for row in db.query("SELECT DISTINCT point FROM journal ORDER BY point")]


def journal_rows(db: Reads, point: str, after: int, limit: int = 200) -> list[JournalRow]:
    """A point's batches above ``after``, in order."""
    rows = db.query(
        "SELECT point, number, device, epoch, first_seq, n, chain_after, received_at, body, chain_before, parked "
        "FROM journal WHERE point = ? AND number > ? ORDER BY number LIMIT ?",
        (point, after, limit),
    )
    return [JournalRow(**dict(row)) for row in rows]


@dataclass(frozen=True)
class Lane:
    """The facts of one device under one epoch, as far as the centre holds them.

    ``parent_epoch`` and ``parent_seq`` say where it branched from (empty: from nothing), ``why`` is one of the words of
    :class:`shared.sync.rejoin.Why`. A ``parked`` lane came from foreign hardware: kept, not applied.
    """

    point: str
    device: str
    epoch: str
    seq: int
    hash: bytes
    durable_seq: int
    parent_epoch: str
    parent_seq: int
    parked: int
    why: str
    made_at: str


_LANE = (
    "SELECT point, device, epoch, seq, hash, durable_seq, parent_epoch, parent_seq, parked, why, made_at "
    "FROM journal_heads "
)


def _lane(row: Row) -> Lane:
    lane = Lane(**dict(row))
    return replace(lane, hash=bytes(lane.hash))


def lanes(db: Reads, point: str, device: str) -> dict[str, Lane]:
    """All lanes of a device by epoch."""
    found = db.query(_LANE + "WHERE point = ? AND device = ?", (point, device))
    return {row["epoch"]: _lane(row) for row in found}


def all_lanes(db: Reads) -> list[Lane]:
    """Every lane, by point, device and age."""
    return [_lane(row) for row in db.query(_LANE + "ORDER BY point, device, made_at, epoch")]


def centre_head(db: Reads, point: str, device: str, epoch: str) -> tuple[int, bytes]:
    """The newest fact the centre holds of a device's epoch; ``(0, zeros)`` before the first."""
    row = db.one(
        "SELECT seq, hash FROM journal_heads WHERE point = ? AND device = ? AND epoch = ?", (point, device, epoch)
    )
    return (int(row["seq"]), bytes(row["hash"])) if row else (0, START_OF_CHAIN)


def add_lane(tx: Tx, lane: Lane) -> None:
    """Begin a lane."""
    tx.execute(
        "INSERT INTO journal_heads (point, device, epoch, seq, hash, durable_seq, parent_epoch, parent_seq, parked, "
        "why, made_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (lane.point, lane.device, lane.epoch, lane.seq, lane.hash, lane.durable_seq, lane.parent_epoch,
         lane.parent_seq, lane.parked, lane.why, lane.made_at),
    )  # fmt: skip


def set_centre_head(tx: Tx, point: str, device: str, epoch: str, seq: int, hashed: bytes, at: str = "") -> None:
    """Move a lane's end; at its first fact it begins, at ``at`` (UTC text)."""
    tx.execute(
        "INSERT INTO journal_heads (point, device, epoch, seq, hash, durable_seq, made_at) "
        "VALUES (?, ?, ?, ?, ?, 0, ?) "
        "ON CONFLICT (point, device, epoch) DO UPDATE SET seq = excluded.seq, hash = excluded.hash",
        (point, device, epoch, seq, hashed, at),
    )


def set_durable(tx: Tx, lane: Lane) -> None:
    """Note that a finished backup holds a lane as far as ``lane`` says."""
    tx.execute(
        "UPDATE journal_heads SET durable_seq = ? WHERE point = ? AND device = ? AND epoch = ? AND durable_seq < ?",
        (lane.seq, lane.point, lane.device, lane.epoch, lane.seq),
    )


class Stretch(NamedTuple):
    """One journal row of a device without its body."""

    number: int
    epoch: str
    first_seq: int
    n: int
    chain_before: bytes
    chain_after: bytes


def stretches(
    db: Reads, point: str, device: str, after: int, until: int, *, but: str = "", applied: bool = False
) -> list[Stretch]:
    """A device's journal rows that hold facts above ``after`` and not above ``until``, without those of lane ``but``
    and, where only what was ``applied`` counts, of parked lanes."""
    found = db.query(
        "SELECT number, epoch, first_seq, n, chain_before, chain_after FROM journal "
        "WHERE point = ? AND device = ? AND first_seq <= ? AND first_seq + n > ? AND epoch <> ? AND parked <= ? "
        "ORDER BY first_seq",
        (point, device, until, after + 1, but, 0 if applied else 1),
    )
    return [
        Stretch(int(row["number"]), row["epoch"], int(row["first_seq"]), int(row["n"]),
                bytes(row["chain_before"] or START_OF_CHAIN), bytes(row["chain_after"]))
        for row in found
    ]  # fmt: skip


def set_journal_body(tx: Tx, point: str, number: int, body: bytes) -> None:
    """Put a redacted batch in the place of the whole one."""
    tx.execute("UPDATE journal SET body = ? WHERE point = ? AND number = ?", (body, point, number))


def journal_newest(db: Reads, point: str) -> int:
    """The number of a point's newest batch."""
    row = db.one("SELECT max(number) AS newest FROM journal WHERE point = ?", (point,))
    return int(row["newest"] or 0) if row else 0


def journal_body(db: Reads, point: str, number: int) -> bytes:
    """The facts of one journal row, packed."""
    row = db.one("SELECT body FROM journal WHERE point = ? AND number = ?", (point, number))
    assert row is not None  # noqa: S101 - the caller has its number from the journal
    return bytes(row["body"])


def feed_version(db: Reads, feed: str) -> int:
    """The newest version of a feed."""
    row = db.one("SELECT version FROM feed_versions WHERE point = ? AND feed = ?", (scope_of(feed), feed))
    return int(row["version"]) if row else 0


class ServerLife(NamedTuple):
    """One life of the centre's database. ``epoch`` is that of the centre's own facts; ``mark`` rises at every start
    and after every backup, so that an older copy that was put back is noticed."""

    generation: int
    epoch: str
    mark: int


def server_life(db: Reads) -> ServerLife | None:
    """The present life of the centre's database; None before ``init``."""
    row = db.one("SELECT generation, epoch, mark FROM server_life WHERE id = 1")
    return ServerLife(int(row["generation"]), row["epoch"], int(row["mark"])) if row else None


def start_server_life(tx: Tx, generation: int, epoch: str) -> None:
    """Begin a life of the centre's database: the first, or the next after it was put back from a copy."""
    tx.execute(
        "INSERT INTO server_life (id, generation, epoch) VALUES (1, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET generation = excluded.generation, epoch = excluded.epoch",
        (generation, epoch),
    )


def raise_mark(tx: Tx) -> int:
    """Raise the mark of this life; the new one."""
    row = tx.one("UPDATE server_life SET mark = mark + 1 WHERE id = 1 RETURNING mark")
    return int(row["mark"]) if row else 0


def add_difference(tx: Tx, point: str, device: str, feed: str, at: str) -> None:
    """Note that a kiosk's rows of a feed were not ours."""
    tx.execute(
        "INSERT INTO feed_differences (point, device, feed, found_at) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (point, device, feed, found_at) DO NOTHING",
        (point, device, feed, at),
    )


def differences_since(db: Reads, since: str) -> list[Row]:
    """Feeds found to differ since a moment (UTC text): ``point``, ``device``, ``feed``, ``found_at``, newest first."""
    return db.query(
        "SELECT point, device, feed, found_at FROM feed_differences WHERE found_at >= ? ORDER BY found_at DESC",
        (since,),
    )


def changed_rows(db: Reads, sql: str, scope_value: str, after: int, limit: int) -> list[Row]:
    """Rows of one table above a version (``SyncedTable.select_changed``)."""
    return db.query(sql, (scope_value, after, limit))
