"""SQL of copies and restores."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kiosk.copies.rules import StickCopy
from shared.db import Row, Tx
from shared.db.database import Reads
from shared.kernel.clock import parse_utc, utc_text


@dataclass(frozen=True, slots=True)
class Restore:
    """The database was put back from ``file``; what stood there lies in ``kept``. Times are UTC text."""

    number: int
    at: str
    file: str
    kept: str
    settled_at: str | None


def stick_copy(db: Reads) -> StickCopy | None:
    """The newest copy on the stick, as far as this database knows."""
    row = db.one("SELECT at, seq, file, bytes FROM stick_copies WHERE id = 1")
    return StickCopy(parse_utc(row["at"]), int(row["seq"]), row["file"], int(row["bytes"])) if row else None


def set_stick_copy(tx: Tx, copy: StickCopy) -> None:
    """Note a finished copy."""
    tx.execute(
        "INSERT INTO stick_copies (id, at, seq, file, bytes) VALUES (1, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
        "at = excluded.at, seq = excluded.seq, file = excluded.file, bytes = excluded.bytes",
        (utc_text(copy.at), copy.seq, copy.file, copy.bytes),
    )


def add_restore(tx: Tx, at: str, file: str, kept: str) -> None:
    """Note that this database was put back from a copy."""
    tx.execute("INSERT INTO restores (at, file, kept) VALUES (?, ?, ?)", (at, file, kept))


def open_restore(db: Reads) -> Restore | None:
    """The newest restore that the centre has not settled yet by a round."""
    row = db.one(
        "SELECT number, at, file, kept, settled_at FROM restores WHERE settled_at IS NULL ORDER BY number DESC LIMIT 1"
    )
    return Restore(**dict(row)) if row else None


def restores_before(db: Reads, at: str) -> list[str]:
    """The folders of databases that were replaced before a moment (UTC text)."""
    return [row["kept"] for row in db.query("SELECT kept FROM restores WHERE at < ? ORDER BY number", (at,))]


def settle_restores(tx: Tx, at: str) -> None:
    """The centre has been heard since: the histories are joined again."""
    tx.execute("UPDATE restores SET settled_at = ? WHERE settled_at IS NULL", (at,))


# --- saving a damaged file ----------------------------------------------------------------------------------------

SELECT_FACTS = "SELECT seq, point, kind, at, actor, payload, hash FROM facts ORDER BY seq"


def select_all(table: str) -> str:
    """Everything in one of our tables."""
    return f"SELECT * FROM {table}"  # noqa: S608 - a name of ours


def add_rows(tx: Tx, table: str, rows: Sequence[Row | Mapping[str, Any]]) -> None:
    """Write saved rows under the names of their columns."""
    for row in rows:
        values = dict(row)
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        tx.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(values.values()))  # noqa: S608 - our names
