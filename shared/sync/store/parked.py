"""Quarantine, on both roofs: facts that could not be applied, and how each was settled."""

from collections.abc import Sequence
from typing import Any

from shared.db import Row, Tx
from shared.db.database import Reads
from shared.sync.rooms import Fact


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
