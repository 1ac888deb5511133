"""All SQL of imports: staged files, and what the centre already holds of the things a file names."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from shared.db import Row, Tx
from shared.db.database import Reads
from sync_server.imports.rules import KnownOrder, Resident

CHUNK = 400


@dataclass(frozen=True)
class ImportFile:
    """A file as staged. ``body`` is None once it was imported; times are UTC text."""

    id: str
    kind: str
    region: str
    file_name: str
    form: str
    row_count: int
    actor: str
    made_at: str
    expires_at: str
    body: bytes | None
    done_at: str | None = None
    done_by: str | None = None
    new_count: int = 0
    changed_count: int = 0
    unchanged_count: int = 0
    bad_count: int = 0


_COLUMNS = (
    "id, kind, region, file_name, form, row_count, actor, made_at, expires_at, body, done_at, done_by, "
    "new_count, changed_count, unchanged_count, bad_count"
)


def _file(row: Row) -> ImportFile:
    values = {name: row[name] for name in _COLUMNS.split(", ")}
    values["body"] = bytes(values["body"]) if values["body"] is not None else None
    return ImportFile(**values)


def add_file(tx: Tx, file: ImportFile) -> None:
    """Stage a file."""
    names = _COLUMNS.split(", ")
    marks = ", ".join("?" * len(names))
    sql = f"INSERT INTO import_files ({_COLUMNS}) VALUES ({marks})"  # noqa: S608 - columns named above
    tx.execute(sql, [getattr(file, name) for name in names])


def file(db: Reads, id: str) -> ImportFile | None:  # noqa: A002 - the domain's word, as in the row
    """A staged or imported file."""
    row = db.one(f"SELECT {_COLUMNS} FROM import_files WHERE id = ?", (id,))  # noqa: S608 - columns named above
    return _file(row) if row else None


def done_files(db: Reads, limit: int) -> list[ImportFile]:
    """What was imported, newest first."""
    sql = f"SELECT {_COLUMNS} FROM import_files WHERE done_at IS NOT NULL ORDER BY done_at DESC LIMIT ?"  # noqa: S608 - columns named above
    return [_file(row) for row in db.query(sql, (limit,))]


def forget(tx: Tx, id: str) -> None:  # noqa: A002 - the domain's word, as in the row
    """Drop a file that was not imported."""
    tx.execute("DELETE FROM import_files WHERE id = ? AND done_at IS NULL", (id,))


def forget_expired(tx: Tx, now: str) -> int:
    """Drop files that nobody has confirmed in time; how many."""
    return tx.execute("DELETE FROM import_files WHERE done_at IS NULL AND expires_at < ?", (now,))


def mark_done(tx: Tx, id: str, counts: tuple[int, int, int, int], actor: str, at: str) -> None:  # noqa: A002 - as above
    """Note that a file was imported and drop its body. ``counts``: new, changed, unchanged, bad."""
    tx.execute(
        "UPDATE import_files SET body = NULL, done_at = ?, done_by = ?, new_count = ?, changed_count = ?, "
        "unchanged_count = ?, bad_count = ? WHERE id = ?",
        (at, actor, *counts, id),
    )


# --- what the centre holds ----------------------------------------------------------------------------------------


def _chunks(values: Collection[str]) -> Iterator[list[str]]:
    ordered = sorted(set(values))
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]


def residents_by_phone(db: Reads, phones: Collection[str]) -> dict[str, Resident]:
    """The residents who have these numbers, with the points that know them."""
    found: dict[str, tuple[str, str, set[str]]] = {}
    for chunk in _chunks(phones):
        marks = ", ".join("?" * len(chunk))
        sql = (
            "SELECT d.phone, d.id, d.name, r.point FROM resident_details d "  # noqa: S608 - only marks
            f"LEFT JOIN residents r ON r.id = d.id AND r.deleted = 0 WHERE d.phone IN ({marks})"
        )
        for row in db.query(sql, chunk):
            entry = found.setdefault(row["phone"], (row["id"], row["name"], set()))
            if row["point"] is not None:
                entry[2].add(row["point"])
    return {phone: Resident(id_, name, frozenset(points)) for phone, (id_, name, points) in found.items()}


def orders_by_number(db: Reads, numbers: Collection[str]) -> dict[str, KnownOrder]:
    """The orders under these numbers at any point, with their goods."""
    heads: dict[str, tuple[str, str]] = {}
    units: dict[str, list[tuple[str, int]]] = {}
    for chunk in _chunks(numbers):
        marks = ", ".join("?" * len(chunk))
        sql = (
            "SELECT o.number, o.point, o.resident, l.sku, l.quantity FROM orders o "  # noqa: S608 - only marks
            "LEFT JOIN order_lines l ON l.point = o.point AND l.order_id = o.id AND l.deleted = 0 "
            f"WHERE o.deleted = 0 AND o.number IN ({marks})"
        )
        for row in db.query(sql, chunk):
            heads[row["number"]] = (row["point"], row["resident"])
            if row["sku"] is not None:
                units.setdefault(row["number"], []).append((row["sku"], int(row["quantity"])))
    return {
        number: KnownOrder(point, resident, tuple(sorted(units.get(number, []))))
        for number, (point, resident) in heads.items()
    }


def owners_of_waybills(db: Reads, point: str, waybills: Collection[str]) -> dict[str, str]:
    """Waybill → number of the order it belongs to (or a dash), for those already announced to a point."""
    found: dict[str, str] = {}
    for chunk in _chunks(waybills):
        marks = ", ".join("?" * len(chunk))
        sql = (
            "SELECT p.waybill, o.number FROM parcels p "  # noqa: S608 - only marks
            "LEFT JOIN orders o ON o.point = p.point AND o.id = p.order_id AND o.deleted = 0 "
            f"WHERE p.point = ? AND p.deleted = 0 AND p.expected_at IS NOT NULL AND p.waybill IN ({marks})"
        )
        for row in db.query(sql, (point, *chunk)):
            found[row["waybill"]] = row["number"] or "—"
    return found
