"""SQL of forgetting."""

from dataclasses import dataclass

from shared.db import Tx
from shared.db.database import Reads


@dataclass(frozen=True, slots=True)
class Forgetting:
    """Somebody to forget; facts up to ``until_seq`` were recorded before this kiosk knew."""

    id: str
    until_seq: int


def new_erasures(db: Reads, point: str) -> list[str]:
    """Those erased at the centre of whom this kiosk has not begun to forget anything."""
    found = db.query(
        "SELECT id FROM erasures WHERE point = ? AND deleted = 0 AND id NOT IN (SELECT id FROM erased_here)", (point,)
    )
    return [row["id"] for row in found]


def begin(tx: Tx, id: str, until_seq: int, at: str) -> None:  # noqa: A002 - as in the row
    """Begin to forget."""
    tx.execute("INSERT INTO erased_here (id, until_seq, heard_at) VALUES (?, ?, ?)", (id, until_seq, at))


def unfinished(db: Reads) -> list[Forgetting]:
    """Those of whom facts may still be kept."""
    found = db.query("SELECT id, until_seq FROM erased_here WHERE done_at IS NULL ORDER BY heard_at, id")
    return [Forgetting(row["id"], int(row["until_seq"])) for row in found]


def finish(tx: Tx, ids: list[str], at: str) -> None:
    """Nothing is left of them."""
    tx.executemany("UPDATE erased_here SET done_at = ? WHERE id = ?", [(at, one) for one in ids])


def last_done(db: Reads) -> str | None:
    """When this kiosk last finished forgetting somebody (UTC text)."""
    row = db.one("SELECT max(done_at) AS at FROM erased_here")
    return row["at"] if row else None


def forget_what_hangs_on(tx: Tx, parcels: list[str]) -> None:
    """Labels of these parcels, and the names on calls for help, which can't be told apart any more: all of them."""
    tx.executemany("DELETE FROM print_jobs WHERE parcel = ?", [(parcel,) for parcel in parcels])
    tx.execute("UPDATE help_calls SET name_masked = '', phone_tail = '' WHERE name_masked <> '' OR phone_tail <> ''")
