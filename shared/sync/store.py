"""All SQL of the ground's own tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shared.db import Row, Tx
from shared.db.database import Reads
from shared.sync.rooms import Fact
from shared.sync.wire import FactLine

HASH_BYTES = 16
START_OF_CHAIN = bytes(HASH_BYTES)


# --- kiosk: facts -------------------------------------------------------------------------------------------------


def kiosk_head(db: Reads) -> tuple[int, bytes]:
    """Number and hash of the newest fact; ``(0, zeros)`` before the first."""
    row = db.one("SELECT seq, hash FROM facts ORDER BY seq DESC LIMIT 1")
    return (int(row["seq"]), bytes(row["hash"])) if row else (0, START_OF_CHAIN)


def fact_hash(db: Reads, seq: int) -> bytes:
    """The chain hash after fact ``seq``; zeros for 0."""
    row = db.one("SELECT hash FROM facts WHERE seq = ?", (seq,))
    return bytes(row["hash"]) if row else START_OF_CHAIN


def add_fact(tx: Tx, fact: Fact, payload: bytes, hashed: bytes, undo: bytes) -> None:
    """Write one fact into the outbox."""
    tx.execute(
        "INSERT INTO facts (seq, point, kind, at, actor, payload, hash, undo) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (fact.seq, fact.point, fact.kind, fact.at, fact.actor, payload, hashed, undo),
    )


def set_undo(tx: Tx, seq: int, undo: bytes) -> None:
    """Replace a fact's undo images after it was applied again."""
    tx.execute("UPDATE facts SET undo = ? WHERE seq = ?", (undo, seq))


def facts_after(db: Reads, seq: int, limit: int = -1) -> list[Row]:
    """Facts above ``seq``, oldest first."""
    return db.query(
        "SELECT seq, point, kind, at, actor, payload, hash, undo FROM facts WHERE seq > ? ORDER BY seq LIMIT ?",
        (seq, limit),
    )


def lines_after(db: Reads, seq: int, limit: int) -> list[FactLine]:
    """What the next push holds. Only a kiosk asks, so a row is SQLite's and gives its columns in order."""
    found: list[Any] = db.query(
        "SELECT kind, at, actor, payload FROM facts WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit)
    )
    return list(map(FactLine._make, found))


def outbox(db: Reads) -> tuple[int, str | None]:
    """How many facts wait for the centre, and when the oldest of them was recorded.

    Numbers have no gaps, so nothing is counted: a month's outbox costs no more than an empty one.
    """
    row = db.one(
        "SELECT (SELECT max(seq) FROM facts) AS newest, acked_seq, "
        "(SELECT at FROM facts WHERE seq = acked_seq + 1) AS oldest FROM sync_state WHERE id = 1"
    )
    if row is None or row["newest"] is None:
        return 0, None
    return max(0, int(row["newest"]) - int(row["acked_seq"])), row["oldest"]


# --- kiosk: state -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SyncState:
    """Who this kiosk is, and how far it and the centre have heard of each other. Times are UTC text.

    ``last_contact`` is by the centre's clock, so that this machine's own can be judged by it; ``last_try`` by our own.
    """

    device: str
    hardware: str
    epoch: str
    point: str
    region: str
    generation: int
    acked_seq: int
    durable_seq: int
    last_contact: str | None
    last_try: str | None
    trouble: str
    next_s: int
    wanted: int


def sync_state(db: Reads) -> SyncState | None:
    """The kiosk's identity and progress; None before enrolment."""
    row = db.one(
        "SELECT device, hardware, epoch, point, region, generation, acked_seq, durable_seq, last_contact, last_try, "
        "trouble, next_s, wanted FROM sync_state WHERE id = 1"
    )
    return SyncState(**dict(row)) if row else None


def enrol_state(tx: Tx, *, device: str, hardware: str, epoch: str, point: str, region: str, generation: int) -> None:
    """Write who this kiosk is, once, at enrolment."""
    tx.execute(
        "INSERT INTO sync_state (id, device, hardware, epoch, point, region, generation, acked_seq, durable_seq) "
        "VALUES (1, ?, ?, ?, ?, ?, ?, 0, 0)",
        (device, hardware, epoch, point, region, generation),
    )


def set_progress(
    tx: Tx, *, generation: int, acked_seq: int, durable_seq: int, next_s: int, contact: str | None, tried: str
) -> None:
    """Note a success. ``contact`` is the centre's time of the last answer, ``tried`` this machine's time of now."""
    tx.execute(
        "UPDATE sync_state SET generation = ?, acked_seq = ?, durable_seq = ?, next_s = ?, last_contact = ?, "
        "last_try = ?, trouble = '' WHERE id = 1",
        (generation, acked_seq, durable_seq, next_s, contact, tried),
    )


def set_trouble(tx: Tx, trouble: str, at: str) -> None:
    """Note a failed round: one of the words of ``kiosk.sync.rules.Trouble``."""
    tx.execute("UPDATE sync_state SET trouble = ?, last_try = ? WHERE id = 1", (trouble, at))


def want_round(tx: Tx) -> None:
    """Ask the sync process for a round now."""
    tx.execute("UPDATE sync_state SET wanted = wanted + 1 WHERE id = 1")


def cursors(db: Reads) -> dict[str, int]:
    """How far each feed has been read."""
    return {row["feed"]: int(row["version"]) for row in db.query("SELECT feed, version FROM cursors")}


def set_cursor(tx: Tx, feed: str, version: int) -> None:
    """Note how far a feed has been read."""
    tx.execute(
        "INSERT INTO cursors (feed, version) VALUES (?, ?) ON CONFLICT (feed) DO UPDATE SET version = excluded.version",
        (feed, version),
    )


def forget_cursors(tx: Tx) -> None:
    """Read every feed from a new snapshot next."""
    tx.execute("DELETE FROM cursors")


# --- centre: journal ----------------------------------------------------------------------------------------------


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


def add_journal_row(tx: Tx, row: JournalRow) -> None:
    """Keep a batch for ever."""
    tx.execute(
        "INSERT INTO journal (point, number, device, epoch, first_seq, n, chain_after, received_at, body) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
        ),
    )


def journal_points(db: Reads) -> list[str]:
    """The points (and regions) that have a journal."""
    return [row["point"] for row in db.query("SELECT DISTINCT point FROM journal ORDER BY point")]


def journal_rows(db: Reads, point: str, after: int, limit: int = 200) -> list[JournalRow]:
    """A point's batches above ``after``, in order."""
    rows = db.query(
        "SELECT point, number, device, epoch, first_seq, n, chain_after, received_at, body FROM journal "
        "WHERE point = ? AND number > ? ORDER BY number LIMIT ?",
        (point, after, limit),
    )
    return [JournalRow(**dict(row)) for row in rows]


def centre_head(db: Reads, point: str, device: str, epoch: str) -> tuple[int, bytes]:
    """The newest fact the centre holds of a device's epoch; ``(0, zeros)`` before the first."""
    row = db.one(
        "SELECT seq, hash FROM journal_heads WHERE point = ? AND device = ? AND epoch = ?", (point, device, epoch)
    )
    return (int(row["seq"]), bytes(row["hash"])) if row else (0, START_OF_CHAIN)


def durable_seq(db: Reads, point: str, device: str, epoch: str) -> int:
    """The newest fact of a device's epoch that lies in a backup of the centre."""
    row = db.one(
        "SELECT durable_seq FROM journal_heads WHERE point = ? AND device = ? AND epoch = ?", (point, device, epoch)
    )
    return int(row["durable_seq"]) if row else 0


def set_centre_head(tx: Tx, point: str, device: str, epoch: str, seq: int, hashed: bytes) -> None:
    """Move a device's head."""
    tx.execute(
        "INSERT INTO journal_heads (point, device, epoch, seq, hash, durable_seq) VALUES (?, ?, ?, ?, ?, 0) "
        "ON CONFLICT (point, device, epoch) DO UPDATE SET seq = excluded.seq, hash = excluded.hash",
        (point, device, epoch, seq, hashed),
    )


def feed_version(db: Reads, feed: str) -> int:
    """The newest version of a feed."""
    row = db.one("SELECT version FROM feeds WHERE feed = ?", (feed,))
    return int(row["version"]) if row else 0


def server_life(db: Reads) -> tuple[int, str] | None:
    """Generation of the centre's database and the epoch of its own facts; None before ``init``."""
    row = db.one("SELECT generation, epoch FROM server_life WHERE id = 1")
    return (int(row["generation"]), row["epoch"]) if row else None


def start_server_life(tx: Tx, generation: int, epoch: str) -> None:
    """Begin a life of the centre's database."""
    tx.execute("INSERT INTO server_life (id, generation, epoch) VALUES (1, ?, ?)", (generation, epoch))


# --- both: quarantine ---------------------------------------------------------------------------------------------


def add_quarantine(tx: Tx, where: Fact, payload: bytes, reason: str, found_at: str) -> None:
    """Park a fact that could not be applied. Shows � for NUL, which PostgreSQL's text does not hold."""
    kind, at, actor, reason = (text.replace("\x00", "�") for text in (where.kind, where.at, where.actor, reason))
    tx.execute(
        "INSERT INTO quarantine (point, device, epoch, seq, kind, at, actor, payload, reason, found_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (point, device, epoch, seq) "
        "DO UPDATE SET reason = excluded.reason, found_at = excluded.found_at, resolved_at = NULL, resolution = NULL",
        (
            where.point,
            where.device,
            where.epoch,
            where.seq,
            kind,
            at,
            actor,
            payload,
            reason,
            found_at,
        ),
    )


def resolve_quarantine(tx: Tx, device: str, epoch: str, after_seq: int, at: str, resolution: str) -> None:
    """Note that what was parked of a device's facts above ``after_seq`` is settled; it stays on record."""
    tx.execute(
        "UPDATE quarantine SET resolved_at = ?, resolution = ? "
        "WHERE device = ? AND epoch = ? AND seq > ? AND resolved_at IS NULL",
        (at, resolution, device, epoch, after_seq),
    )


def open_quarantine(db: Reads, points: Sequence[str] | None = None, limit: int = 500) -> list[Row]:
    """Parked facts that nobody has resolved, newest first."""
    if points is not None and not points:
        return []
    only = f"AND point IN ({', '.join('?' * len(points))}) " if points is not None else ""
    return db.query(
        f"SELECT point, device, epoch, seq, kind, at, actor, reason, found_at FROM quarantine "
        f"WHERE resolved_at IS NULL {only}ORDER BY found_at DESC LIMIT ?",
        (*(points or ()), limit),
    )


def count_quarantine(db: Reads) -> int:
    """How many facts are parked."""
    row: Any = db.one("SELECT count(*) AS n FROM quarantine WHERE resolved_at IS NULL")
    return int(row["n"])


# --- both: synced rows --------------------------------------------------------------------------------------------


def changed_rows(db: Reads, sql: str, scope_value: str, after: int, limit: int) -> list[Row]:
    """Rows of one table above a version (``SyncedTable.select_changed``)."""
    return db.query(sql, (scope_value, after, limit))


def live_rows(db: Reads, sql: str, scope_value: str) -> list[Row]:
    """All live rows of one table and scope (``SyncedTable.select_live``)."""
    return db.query(sql, (scope_value,))
