"""All SQL of the ground's own tables."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from shared.db import Row, Tx
from shared.db.database import Reads
from shared.sync.rooms import Fact, scope_of
from shared.sync.wire import FactLine

HASH_BYTES = 16
START_OF_CHAIN = bytes(HASH_BYTES)
FACTS_PAGE = 500
NO_IMAGES = b"\x90"  # an empty list of undo images, packed


# --- kiosk: facts -------------------------------------------------------------------------------------------------


class KioskHead(NamedTuple):
    """The kiosk's newest fact, or where its kept facts begin; and the device and epoch that new ones belong to."""

    seq: int
    hash: bytes
    device: str
    epoch: str


def kiosk_head(db: Reads) -> KioskHead:
    """Where the next fact goes on; read in the writing transaction, because a rejoin may have changed the epoch.

    Raises ``LookupError`` before enrolment.
    """
    row = db.one(
        "SELECT s.device, s.epoch, s.base_seq, s.base_hash, f.seq, f.hash FROM sync_state s "
        "LEFT JOIN (SELECT seq, hash FROM facts ORDER BY seq DESC LIMIT 1) f ON 1 = 1 WHERE s.id = 1"
    )
    if row is None:
        raise LookupError("a kiosk records nothing before it is enrolled")
    if row["seq"] is None:
        seq, hashed = row["base_seq"], row["base_hash"] or START_OF_CHAIN
    else:
        seq, hashed = row["seq"], row["hash"]
    return KioskHead(int(seq), bytes(hashed), row["device"], row["epoch"])


def fact_hash(db: Reads, seq: int) -> bytes:
    """The chain hash after fact ``seq``; that of the base for the one before the oldest kept, zeros for 0."""
    row = db.one("SELECT hash FROM facts WHERE seq = ?", (seq,))
    if row is None:
        row = db.one("SELECT base_hash AS hash FROM sync_state WHERE id = 1 AND base_seq = ?", (seq,))
    return bytes(row["hash"] or START_OF_CHAIN) if row else START_OF_CHAIN


def kept_hashes(db: Reads, after: int, limit: int) -> list[bytes]:
    """The chain hashes of the newest ``limit`` kept facts above ``after``, oldest first."""
    found = db.query("SELECT hash FROM facts WHERE seq > ? ORDER BY seq DESC LIMIT ?", (after, limit))
    return [bytes(row["hash"]) for row in reversed(found)]


def note_durable(tx: Tx, seq: int, at: str, day_before: str) -> None:
    """Note when (by the centre's clock) the centre first said that facts up to ``seq`` lie in a backup; once a day."""
    tx.execute(
        "INSERT INTO durable_marks (seq, at) SELECT ?, ? WHERE NOT EXISTS "
        "(SELECT 1 FROM durable_marks WHERE at > ? OR seq >= ?) ON CONFLICT (seq) DO NOTHING",
        (seq, at, day_before, seq),
    )


def prune_facts(tx: Tx, before: str) -> int:
    """Drop facts that were safe in a backup of the centre before ``before`` (the centre's clock); how many.

    Where they ended is kept, so that the chain goes on.
    """
    row = tx.one(
        "SELECT max(m.seq) AS seq FROM durable_marks m, sync_state s WHERE s.id = 1 AND m.at < ? "
        "AND m.seq <= s.acked_seq AND m.seq <= s.durable_seq",
        (before,),
    )
    if row is None or row["seq"] is None:
        return 0
    seq = int(row["seq"])
    fact = tx.one("SELECT hash FROM facts WHERE seq = ?", (seq,))
    if fact is None:
        return 0
    tx.execute("UPDATE sync_state SET base_seq = ?, base_hash = ? WHERE id = 1", (seq, bytes(fact["hash"])))
    tx.execute("DELETE FROM durable_marks WHERE seq <= ?", (seq,))
    return tx.execute("DELETE FROM facts WHERE seq <= ?", (seq,))


def forget_identity(tx: Tx) -> None:
    """Be nobody again, before a new enrolment; every fact has been delivered."""
    for table in ("sync_state", "cursors", "facts", "durable_marks"):
        tx.execute(f"DELETE FROM {table}")


def relabel(tx: Tx, *, epoch: str, generation: int, acked_seq: int) -> None:
    """Go on under ``epoch`` from the newest point that the centre holds too; what it holds in rows is read anew."""
    # what was confirmed once and is not held any more is sent again; its images are of rows long gone
    tx.execute(
        "UPDATE facts SET undo = ? WHERE seq > ? AND seq <= (SELECT acked_seq FROM sync_state WHERE id = 1)",
        (NO_IMAGES, acked_seq),
    )
    tx.execute(
        "UPDATE sync_state SET epoch = ?, generation = ?, acked_seq = ?, durable_seq = min(durable_seq, ?), "
        "trouble = '' WHERE id = 1",
        (epoch, generation, acked_seq, acked_seq),
    )
    tx.execute("DELETE FROM durable_marks WHERE seq > ?", (acked_seq,))
    forget_cursors(tx)


def facts_of_kinds(db: Reads, kinds: Sequence[str], until: int) -> list[Row]:
    """Kept facts of some kinds up to a number."""
    marks = ", ".join("?" * len(kinds))
    return db.query(
        f"SELECT seq, point, kind, payload, hash FROM facts WHERE seq <= ? AND kind IN ({marks}) ORDER BY seq",
        (until, *kinds),
    )


def set_payload(tx: Tx, seq: int, payload: bytes) -> None:
    """Put a redacted payload in the place of the whole one."""
    tx.execute("UPDATE facts SET payload = ? WHERE seq = ?", (payload, seq))


def forget_images(tx: Tx, until: int) -> None:
    """Drop the undo images of facts that the centre has: they are never stepped back over again."""
    tx.execute("UPDATE facts SET undo = ? WHERE seq <= ? AND undo <> ?", (NO_IMAGES, until, NO_IMAGES))


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


def each_fact_after(db: Reads, seq: int) -> Iterator[Row]:
    """Facts above ``seq``, oldest first; page by page, so that a month of them takes no more memory than a day."""
    while page := facts_after(db, seq, FACTS_PAGE):
        yield from page
        seq = int(page[-1]["seq"])


def each_fact_back_to(db: Reads, seq: int) -> Iterator[Row]:
    """Facts above ``seq`` with their undo images, newest first and page by page."""
    below = kiosk_head(db).seq + 1
    while page := db.query(
        "SELECT seq, undo FROM facts WHERE seq > ? AND seq < ? ORDER BY seq DESC LIMIT ?", (seq, below, FACTS_PAGE)
    ):
        yield from page
        below = int(page[-1]["seq"])


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
    base_seq: int = 0
    digest_on: str = ""


def sync_state(db: Reads) -> SyncState | None:
    """The kiosk's identity and progress; None before enrolment."""
    row = db.one(
        "SELECT device, hardware, epoch, point, region, generation, acked_seq, durable_seq, last_contact, last_try, "
        "trouble, next_s, wanted, base_seq, digest_on FROM sync_state WHERE id = 1"
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


def forget_cursors(tx: Tx, feeds: Sequence[str] | None = None) -> None:
    """Read these feeds (None: every feed) from a new snapshot next."""
    if feeds is None:
        tx.execute("DELETE FROM cursors")
    else:
        tx.executemany("DELETE FROM cursors WHERE feed = ?", [(feed,) for feed in feeds])


def set_digest_on(tx: Tx, day: str) -> None:
    """Note the day on which rows were compared with the centre's."""
    tx.execute("UPDATE sync_state SET digest_on = ? WHERE id = 1", (day,))


# --- centre: differences ------------------------------------------------------------------------------------------


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


def parked_of_kinds_at(db: Reads, point: str, kinds: Sequence[str]) -> list[Row]:
    """Everything that quarantine ever held of these kinds at a point, settled or not."""
    marks = ", ".join("?" * len(kinds))
    return db.query(
        f"SELECT device, epoch, seq, kind, payload FROM quarantine WHERE point = ? AND kind IN ({marks})",
        (point, *kinds),
    )


def set_parked_payload(tx: Tx, point: str, device: str, epoch: str, seq: int, payload: bytes) -> None:
    """Put a redacted payload in the place of the whole one."""
    tx.execute(
        "UPDATE quarantine SET payload = ? WHERE point = ? AND device = ? AND epoch = ? AND seq = ?",
        (payload, point, device, epoch, seq),
    )


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


# --- both: quarantine ---------------------------------------------------------------------------------------------


def add_quarantine(tx: Tx, where: Fact, payload: bytes, reason: str, found_at: str) -> None:
    """Park a fact that could not be applied. Shows � for NUL, which PostgreSQL's text does not hold."""
    kind, at, actor, reason = (text.replace("\x00", "�") for text in (where.kind, where.at, where.actor, reason))
    tx.execute(
        "INSERT INTO quarantine (point, device, epoch, seq, kind, at, actor, payload, reason, found_at, mark) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (point, device, epoch, seq) "
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
            where.mark,
        ),
    )


def resolve_quarantine(tx: Tx, device: str, epoch: str, after_seq: int, at: str, resolution: str) -> None:
    """Note that what was parked of a device's facts above ``after_seq`` is settled; it stays on record."""
    tx.execute(
        "UPDATE quarantine SET resolved_at = ?, resolution = ? "
        "WHERE device = ? AND epoch = ? AND seq > ? AND resolved_at IS NULL",
        (at, resolution, device, epoch, after_seq),
    )


def settle_clones(tx: Tx, point: str, device: str, until: int, at: str, resolution: str) -> None:
    """Note that parked copies of a device's facts up to ``until`` came from the device itself."""
    tx.execute(
        "UPDATE quarantine SET resolved_at = ?, resolution = ? WHERE point = ? AND device = ? AND seq <= ? "
        "AND reason = 'CLONE' AND resolved_at IS NULL",
        (at, resolution, point, device, until),
    )


def parked_fact(db: Reads, point: str, device: str, epoch: str, seq: int) -> Row | None:
    """One quarantined fact with its payload, settled or not."""
    return db.one(
        "SELECT point, device, epoch, seq, kind, at, actor, payload, reason, found_at, resolved_at, resolution, mark "
        "FROM quarantine WHERE point = ? AND device = ? AND epoch = ? AND seq = ?",
        (point, device, epoch, seq),
    )


def settled_as(db: Reads, point: str, device: str, after: int, resolution: str) -> list[Row]:
    """A device's facts above ``after`` that left quarantine in one way."""
    return db.query(
        "SELECT seq, mark FROM quarantine WHERE point = ? AND device = ? AND seq > ? AND resolution = ?",
        (point, device, after, resolution),
    )


def parked_of_kinds(db: Reads, reason: str, kinds: Sequence[str]) -> list[Row]:
    """Open quarantined facts of some kinds that were parked for one reason, in the order of their lanes."""
    marks = ", ".join("?" * len(kinds))
    return db.query(
        "SELECT point, device, epoch, seq FROM quarantine WHERE resolved_at IS NULL AND reason = ? "
        f"AND kind IN ({marks}) ORDER BY point, device, epoch, seq",
        (reason, *kinds),
    )


def park_because(tx: Tx, point: str, device: str, epoch: str, seq: int, reason: str) -> None:
    """Note another reason why a fact stays parked."""
    tx.execute(
        "UPDATE quarantine SET reason = ? WHERE point = ? AND device = ? AND epoch = ? AND seq = ?",
        (reason, point, device, epoch, seq),
    )


def settle_parked(tx: Tx, point: str, device: str, epoch: str, seq: int, at: str, resolution: str) -> int:
    """Note how one parked fact was settled; 0 when it was not open."""
    return tx.execute(
        "UPDATE quarantine SET resolved_at = ?, resolution = ? "
        "WHERE point = ? AND device = ? AND epoch = ? AND seq = ? AND resolved_at IS NULL",
        (at, resolution, point, device, epoch, seq),
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
