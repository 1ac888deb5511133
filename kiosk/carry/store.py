"""SQL of what is carried."""

from dataclasses import dataclass

from shared.db import Tx
from shared.db.database import Reads


def centre_key(db: Reads) -> bytes | None:
    """What to seal to, so that only the centre can read it; None where it was not given at enrolment."""
    row = db.one("SELECT key FROM centre_seal WHERE id = 1")
    return bytes(row["key"]) if row else None


def set_centre_key(tx: Tx, key: bytes) -> None:
    """Keep the key that came with the enrolment."""
    tx.execute(
        "INSERT INTO centre_seal (id, key) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET key = excluded.key", (key,)
    )


@dataclass(frozen=True, slots=True)
class Carried:
    """A file that was carried out. ``asked`` is what it asked, packed; times are UTC text."""

    number: int
    nonce: str
    made_at: str
    epoch: str
    generation: int
    asked: bytes
    facts: int
    taken_at: str | None
    outcome: str


_CARRIED = "SELECT number, nonce, made_at, epoch, generation, asked, facts, taken_at, outcome FROM carried "


def _carried(row: object) -> Carried:
    values = dict(row)  # type: ignore[call-overload]  # a result row
    return Carried(**{**values, "asked": bytes(values["asked"])})


def begin(tx: Tx, nonce: str, made_at: str, epoch: str, generation: int) -> int:
    """Take the number of a new file."""
    row = tx.one(
        "INSERT INTO carried (nonce, made_at, epoch, generation, asked, facts) VALUES (?, ?, ?, ?, ?, 0) "
        "RETURNING number",
        (nonce, made_at, epoch, generation, b""),
    )
    assert row is not None  # noqa: S101 - RETURNING gives the row
    return int(row["number"])


def finish(tx: Tx, number: int, asked: bytes, facts: int) -> None:
    """Note what a file asks."""
    tx.execute("UPDATE carried SET asked = ?, facts = ? WHERE number = ?", (asked, facts, number))


def by_nonce(db: Reads, nonce: str) -> Carried | None:
    """The file that an answer belongs to."""
    row = db.one(_CARRIED + "WHERE nonce = ?", (nonce,))
    return _carried(row) if row else None


def newest(db: Reads) -> Carried | None:
    """The file carried out last."""
    row = db.one(_CARRIED + "ORDER BY number DESC LIMIT 1")
    return _carried(row) if row else None


def note_taken(tx: Tx, nonce: str, at: str, outcome: str) -> None:
    """An answer came back; it is good for once."""
    tx.execute("UPDATE carried SET taken_at = ?, outcome = ?, asked = ? WHERE nonce = ?", (at, outcome, b"", nonce))


def forget(tx: Tx, before: str) -> None:
    """Drop what was carried out long ago and never answered (UTC text)."""
    tx.execute("DELETE FROM carried WHERE made_at < ?", (before,))
