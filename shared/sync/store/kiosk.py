"""What a kiosk keeps of sync: its facts, who it is, how far it has read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from shared.db import Row, Tx
from shared.db.database import Reads
from shared.sync.rooms import Fact
from shared.sync.store.chain import NO_IMAGES, START_OF_CHAIN
from shared.sync.wire import FactLine

FACTS_PAGE = 500


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
