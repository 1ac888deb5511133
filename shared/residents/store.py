"""All SQL of residents."""

from shared.db import Row, Tx
from shared.db.database import Reads
from shared.db.matching import containing, searched
from shared.kernel.limits import SEARCH_ROWS
from shared.kernel.privacy import mask_name
from shared.residents.rules import Resident, ResidentDetail
from shared.residents.tables import ERASURES, RESIDENTS
from shared.sync import put, read, remove

_RESIDENT = "SELECT id, number, name_masked, phone_tail FROM residents WHERE point = ? AND deleted = 0 "
_DETAIL = "SELECT id, number, name, phone, created_at FROM resident_details "


def _resident(row: Row) -> Resident:
    return Resident(row["id"], row["number"], row["name_masked"], row["phone_tail"])


def _detail(row: Row) -> ResidentDetail:
    return ResidentDetail(row["id"], row["number"], row["name"], row["phone"], row["created_at"])


def resident(db: Reads, point: str, id: str) -> Resident | None:  # noqa: A002 - the domain's word, as in the row
    """One resident of a point."""
    row = db.one(_RESIDENT + "AND id = ?", (point, id))
    return _resident(row) if row else None


def by_number(db: Reads, point: str, number: int) -> Resident | None:
    """The resident whose passes carry ``number``."""
    row = db.one(_RESIDENT + "AND number = ?", (point, number))
    return _resident(row) if row else None


def by_tail(db: Reads, point: str, tail: str) -> list[Resident]:
    """Residents whose phone ends in four digits."""
    return [_resident(row) for row in db.query(_RESIDENT + "AND phone_tail = ? ORDER BY number", (point, tail))]


def search(db: Reads, point: str, text: str, limit: int = SEARCH_ROWS) -> list[Resident]:
    """Residents by tail, number or name.

    A full name finds its masked form. An empty text finds nobody.
    """
    text = searched(text)
    if not text:
        return []
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else -1
    found = db.query(
        _RESIDENT
        + "AND (phone_tail = ? OR number = ? OR name_masked = ? OR name_masked LIKE ? ESCAPE '!') "
        + "ORDER BY number LIMIT ?",
        (point, text, number, mask_name(text), containing(text), limit),
    )
    return [_resident(row) for row in found]


def residents(db: Reads, point: str, limit: int = SEARCH_ROWS, offset: int = 0) -> list[Resident]:
    """A page of a point's residents, by number."""
    found = db.query(_RESIDENT + "ORDER BY number LIMIT ? OFFSET ?", (point, limit, offset))
    return [_resident(row) for row in found]


def count_residents(db: Reads, point: str) -> int:
    """How many residents a point has."""
    row = db.one("SELECT count(*) AS n FROM residents WHERE point = ? AND deleted = 0", (point,))
    return int(row["n"]) if row else 0


def put_resident(tx: Tx, point: str, resident: Resident) -> None:
    """Write a resident of a point."""
    values = {
        "point": point,
        "id": resident.id,
        "number": resident.number,
        "name_masked": resident.name_masked,
        "phone_tail": resident.phone_tail,
    }
    put(tx, RESIDENTS, values)


def remove_resident(tx: Tx, point: str, id: str) -> None:  # noqa: A002 - the domain's word, as in the row
    """Know a resident no more at a point."""
    remove(tx, RESIDENTS, (point, id))


def put_erasure(tx: Tx, point: str, id: str, at: str) -> None:  # noqa: A002 - the domain's word, as in the row
    """Note that a resident was erased at a point."""
    put(tx, ERASURES, {"point": point, "id": id, "at": at})


def is_erased(db: Reads, point: str, id: str) -> bool:  # noqa: A002 - the domain's word, as in the row
    """Whether a resident was erased at a point."""
    return read(db, ERASURES, (point, id)) is not None


def erased(db: Reads, point: str) -> list[str]:
    """Everybody who was erased at a point."""
    return [row["id"] for row in db.query("SELECT id FROM erasures WHERE point = ? AND deleted = 0", (point,))]


# --- centre only --------------------------------------------------------------------------------------------------


def detail(db: Reads, id: str) -> ResidentDetail | None:  # noqa: A002 - the domain's word, as in the row
    """Full name and phone of a resident."""
    row = db.one(_DETAIL + "WHERE id = ?", (id,))
    return _detail(row) if row else None


def by_phone(db: Reads, phone: str) -> ResidentDetail | None:
    """The resident who has a phone number (eleven digits)."""
    row = db.one(_DETAIL + "WHERE phone = ?", (phone,))
    return _detail(row) if row else None


def take_number(tx: Tx) -> int:
    """The next resident number; others who want one wait for this transaction."""
    row = tx.one("UPDATE resident_numbers SET last = last + 1 WHERE id = 1 RETURNING last")
    assert row is not None  # noqa: S101 - the migration has made it
    return int(row["last"])


def skip_numbers(tx: Tx, count: int) -> None:
    """Leave numbers out that may have been given in a life of the database that is lost."""
    tx.execute("UPDATE resident_numbers SET last = last + ? WHERE id = 1", (count,))


def add_detail(tx: Tx, detail: ResidentDetail) -> None:
    """Keep a new resident's name and phone."""
    tx.execute(
        "INSERT INTO resident_details (id, number, phone, name, created_at) VALUES (?, ?, ?, ?, ?)",
        (detail.id, detail.number, detail.phone, detail.name, detail.created_at),
    )


def points_of(db: Reads, id: str) -> list[str]:  # noqa: A002 - the domain's word, as in the row
    """The points that know a resident, or have erased them already."""
    found = db.query(
        "SELECT point FROM residents WHERE id = ? AND deleted = 0 UNION SELECT point FROM erasures WHERE id = ? "
        "ORDER BY point",
        (id, id),
    )
    return [row["point"] for row in found]


def forget_detail(tx: Tx, id: str) -> int:  # noqa: A002 - the domain's word, as in the row
    """Drop full name and phone; 0 when there were none."""
    return tx.execute("DELETE FROM resident_details WHERE id = ?", (id,))


def points_with_erasures(db: Reads) -> list[str]:
    """The points at which anybody was erased."""
    return [row["point"] for row in db.query("SELECT DISTINCT point FROM erasures ORDER BY point")]


def swept(db: Reads, point: str) -> int:
    """How far a point's journal has been searched for those erased there."""
    row = db.one("SELECT number FROM erasure_sweeps WHERE point = ?", (point,))
    return int(row["number"]) if row else 0


def move_swept(tx: Tx, point: str, before: int, after: int) -> None:
    """Note that it was searched from ``before`` to ``after``; not where somebody has made it begin anew meanwhile."""
    tx.execute("INSERT INTO erasure_sweeps (point, number) VALUES (?, 0) ON CONFLICT (point) DO NOTHING", (point,))
    tx.execute("UPDATE erasure_sweeps SET number = ? WHERE point = ? AND number = ?", (after, point, before))


def set_swept(tx: Tx, point: str, number: int) -> None:
    """Note how far it was searched; 0 begins anew."""
    tx.execute(
        "INSERT INTO erasure_sweeps (point, number) VALUES (?, ?) "
        "ON CONFLICT (point) DO UPDATE SET number = excluded.number",
        (point, number),
    )
