"""SQL of answers to carried files."""

from dataclasses import dataclass

from shared.db import Tx
from shared.db.database import Reads


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that was taken in, and whether its answer can still be fetched."""

    id: str
    device: str
    point: str
    number: int
    outcome: str
    facts: int
    detail: str
    taken_by: str
    taken_at: str
    file_name: str
    fetchable: bool


_KEPT = (
    "SELECT id, device, point, number, outcome, facts, detail, taken_by, taken_at, file_name, "
    "CASE WHEN box IS NULL THEN 0 ELSE 1 END AS fetchable FROM carry_answers "
)


def _kept(row: object) -> Kept:
    values = dict(row)  # type: ignore[call-overload]  # a result row of either database
    return Kept(**{**values, "fetchable": bool(values["fetchable"])})


def add(tx: Tx, kept: Kept, box: bytes) -> None:
    """Keep an answer until it is fetched or too old."""
    tx.execute(
        "INSERT INTO carry_answers (id, device, point, number, outcome, facts, detail, taken_by, taken_at, file_name, "
        "box) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            kept.id,
            kept.device,
            kept.point,
            kept.number,
            kept.outcome,
            kept.facts,
            kept.detail,
            kept.taken_by,
            kept.taken_at,
            kept.file_name,
            box,
        ),
    )


def forget_boxes(tx: Tx, before: str) -> None:
    """Drop answers older than a moment (UTC text); that they were given stays on record."""
    tx.execute("UPDATE carry_answers SET box = NULL WHERE taken_at < ? AND box IS NOT NULL", (before,))


def newest(db: Reads, limit: int) -> list[Kept]:
    """The files taken in last."""
    return [_kept(row) for row in db.query(_KEPT + "ORDER BY taken_at DESC LIMIT ?", (limit,))]


def one(db: Reads, answer_id: str) -> Kept | None:
    """One file taken in."""
    row = db.one(_KEPT + "WHERE id = ?", (answer_id,))
    return _kept(row) if row else None


def box(db: Reads, answer_id: str) -> bytes | None:
    """The sealed answer, while it is kept."""
    row = db.one("SELECT box FROM carry_answers WHERE id = ?", (answer_id,))
    return bytes(row["box"]) if row and row["box"] is not None else None
