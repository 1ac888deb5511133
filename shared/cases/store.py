"""All SQL of cases."""

import msgspec

from shared.cases.rules import Case, CaseKind
from shared.cases.tables import CASES
from shared.db import Row, Tx
from shared.db.database import Reads
from shared.kernel.limits import SEARCH_ROWS
from shared.sync import add, put

_CASE = (
    "SELECT point, id, kind, parcel, first_fact, second_fact, opened_at, closed_at, detail "
    "FROM cases WHERE deleted = 0 "
)
_decode = msgspec.json.Decoder(dict[str, str | int]).decode
_encode = msgspec.json.Encoder(order="sorted").encode


def _case(row: Row) -> Case:
    return Case(
        row["id"],
        CaseKind(row["kind"]),
        row["parcel"],
        row["first_fact"],
        row["second_fact"],
        row["opened_at"],
        row["closed_at"],
        _decode(row["detail"]),
    )


def cases(
    db: Reads, point: str | None = None, *, closed: bool = False, limit: int = SEARCH_ROWS
) -> list[tuple[str, Case]]:
    """(point, case), newest first: the open ones, or all with ``closed``; ``point`` None means all points."""
    where = "" if closed else "AND closed_at IS NULL "
    where += "" if point is None else "AND point = ? "
    params = (limit,) if point is None else (point, limit)
    found = db.query(_CASE + where + "ORDER BY opened_at DESC, id DESC LIMIT ?", params)
    return [(row["point"], _case(row)) for row in found]


def case(db: Reads, point: str, id: str) -> Case | None:  # noqa: A002 - the domain's word, as in the row
    """One case."""
    row = db.one(_CASE + "AND point = ? AND id = ?", (point, id))
    return _case(row) if row else None


def open_cases_of(db: Reads, point: str, parcel_id: str) -> list[Case]:
    """The open cases about one parcel, oldest first."""
    sql = _CASE + "AND point = ? AND parcel = ? AND closed_at IS NULL ORDER BY opened_at, id"
    return [_case(row) for row in db.query(sql, (point, parcel_id))]


def _values(point: str, case: Case) -> dict[str, str | None]:
    return {
        "point": point,
        "id": case.id,
        "kind": case.kind.value,
        "parcel": case.parcel,
        "first_fact": case.first_fact,
        "second_fact": case.second_fact,
        "opened_at": case.opened_at,
        "closed_at": case.closed_at,
        "detail": _encode(case.detail).decode(),
    }


def add_case(tx: Tx, point: str, case: Case) -> None:
    """Open a case whose id derives from the fact."""
    add(tx, CASES, _values(point, case))


def put_case(tx: Tx, point: str, case: Case) -> None:
    """Write a case again."""
    put(tx, CASES, _values(point, case))
