"""All SQL about wrong PINs and open sessions."""

from dataclasses import dataclass

from kiosk.staff.rules import PinTries
from shared.db import Tx
from shared.db.database import Reads


def tries(db: Reads, staff: str) -> PinTries:
    """Wrong PINs of one person."""
    row = db.one("SELECT failures, lock_ms, locked_until_ms FROM pin_tries WHERE staff = ?", (staff,))
    return PinTries(**dict(row)) if row else PinTries()


def set_tries(tx: Tx, staff: str, now: PinTries) -> None:
    """Write them down."""
    tx.execute(
        "INSERT INTO pin_tries (staff, failures, lock_ms, locked_until_ms) VALUES (?, ?, ?, ?) ON CONFLICT (staff) "
        "DO UPDATE SET failures = excluded.failures, lock_ms = excluded.lock_ms, "
        "locked_until_ms = excluded.locked_until_ms",
        (staff, now.failures, now.lock_ms, now.locked_until_ms),
    )


def forget_tries(tx: Tx, staff: str) -> None:
    """The right PIN came."""
    tx.execute("DELETE FROM pin_tries WHERE staff = ?", (staff,))


@dataclass(frozen=True, slots=True)
class OpenSession:
    """Who is signed in, and when (monotonic milliseconds) the screen was last used."""

    staff: str
    seen_ms: int


def session(db: Reads, token_hash: str) -> OpenSession | None:
    """One session."""
    row = db.one("SELECT staff, seen_ms FROM staff_sessions WHERE token_hash = ?", (token_hash,))
    return OpenSession(row["staff"], int(row["seen_ms"])) if row else None


def add_session(tx: Tx, token_hash: str, staff: str, at: str, seen_ms: int) -> None:
    """Begin one."""
    tx.execute(
        "INSERT INTO staff_sessions (token_hash, staff, started_at, seen_ms) VALUES (?, ?, ?, ?)",
        (token_hash, staff, at, seen_ms),
    )


def touch_session(tx: Tx, token_hash: str, seen_ms: int) -> None:
    """The screen was used."""
    tx.execute("UPDATE staff_sessions SET seen_ms = ? WHERE token_hash = ?", (seen_ms, token_hash))


def end_session(tx: Tx, token_hash: str) -> None:
    """End one."""
    tx.execute("DELETE FROM staff_sessions WHERE token_hash = ?", (token_hash,))


def forget_idle(tx: Tx, before_ms: int, now_ms: int) -> None:
    """Drop sessions that nobody can use any more."""
    tx.execute("DELETE FROM staff_sessions WHERE seen_ms < ? OR seen_ms > ?", (before_ms, now_ms))
