"""All SQL of the console: operators, and the questions that concern all points at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.db import Row, Tx
from shared.db.database import Reads
from shared.db.matching import containing, searched
from shared.kernel.clock import parse_utc, utc_text
from shared.kernel.privacy import mask_name
from shared.parcels.rules import PickupCode
from sync_server.console.rules import Tries


@dataclass(frozen=True)
class Session:
    """A signed-in operator's session."""

    operator: str
    made_at: datetime
    seen_at: datetime


def put_operator(tx: Tx, name: str, password_hash: str, at: str) -> None:
    """Write an operator; a known one gets the new password."""
    tx.execute(
        "INSERT INTO operators (name, password_hash, made_at, active) VALUES (?, ?, ?, 1) "
        "ON CONFLICT (name) DO UPDATE SET password_hash = excluded.password_hash, active = 1",
        (name, password_hash, at),
    )


def count_operators(db: Reads) -> int:
    """How many operators there are."""
    row = db.one("SELECT count(*) AS n FROM operators")
    return int(row["n"]) if row else 0


def password_hash(db: Reads, name: str) -> str | None:
    """The argon2id hash of an active operator's password."""
    row = db.one("SELECT password_hash FROM operators WHERE name = ? AND active = 1", (name,))
    return str(row["password_hash"]) if row else None


def tries(db: Reads, name: str) -> Tries | None:
    """Failed sign-ins under a name since the last good one."""
    row = db.one("SELECT failed, tried_at, locked_until FROM operator_tries WHERE name = ?", (name,))
    return Tries(int(row["failed"]), parse_utc(row["tried_at"]), parse_utc(row["locked_until"])) if row else None


def hold_tries(tx: Tx, name: str, at: str) -> None:
    """Take the tries of a name for this transaction: who tries the same name at the same moment waits."""
    tx.execute(
        "INSERT INTO operator_tries (name, failed, tried_at, locked_until) VALUES (?, 0, ?, ?) "
        "ON CONFLICT (name) DO UPDATE SET name = excluded.name",
        (name, at, at),
    )


def set_tries(tx: Tx, name: str, tried: Tries) -> None:
    """Write down a try."""
    tx.execute(
        "INSERT INTO operator_tries (name, failed, tried_at, locked_until) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (name) DO UPDATE SET failed = excluded.failed, tried_at = excluded.tried_at, "
        "locked_until = excluded.locked_until",
        (name, tried.failed, utc_text(tried.tried_at), utc_text(tried.locked_until)),
    )


def forget_tries(tx: Tx, name: str, before: str) -> None:
    """Forget the tries of one name, and everybody's from before a moment (UTC text)."""
    tx.execute("DELETE FROM operator_tries WHERE name = ? OR tried_at < ?", (name, before))


def add_session(tx: Tx, token_hash: str, operator: str, at: str) -> None:
    """Begin a session."""
    tx.execute(
        "INSERT INTO operator_sessions (token_hash, operator, made_at, seen_at) VALUES (?, ?, ?, ?)",
        (token_hash, operator, at, at),
    )


def session(db: Reads, token_hash: str) -> Session | None:
    """The session under a token's hash, if its operator is still active."""
    row = db.one(
        "SELECT s.operator, s.made_at, s.seen_at FROM operator_sessions s "
        "JOIN operators o ON o.name = s.operator AND o.active = 1 WHERE s.token_hash = ?",
        (token_hash,),
    )
    return Session(row["operator"], parse_utc(row["made_at"]), parse_utc(row["seen_at"])) if row else None


def touch_session(tx: Tx, token_hash: str, at: str) -> None:
    """Note that a session is in use."""
    tx.execute("UPDATE operator_sessions SET seen_at = ? WHERE token_hash = ?", (at, token_hash))


def end_session(tx: Tx, token_hash: str) -> None:
    """End a session."""
    tx.execute("DELETE FROM operator_sessions WHERE token_hash = ?", (token_hash,))


def end_sessions_of(tx: Tx, operator: str) -> None:
    """End every session of an operator."""
    tx.execute("DELETE FROM operator_sessions WHERE operator = ?", (operator,))


def forget_sessions(tx: Tx, before: str) -> None:
    """Drop sessions begun before a moment (UTC text)."""
    tx.execute("DELETE FROM operator_sessions WHERE made_at < ?", (before,))


def add_log(tx: Tx, id: str, at: str, operator: str, action: str, subject: str) -> None:  # noqa: A002 - the domain's word
    """Write down what an operator did."""
    tx.execute(
        "INSERT INTO operator_log (id, at, operator, action, subject) VALUES (?, ?, ?, ?, ?)",
        (id, at, operator, action, subject),
    )


def log(db: Reads, limit: int, offset: int = 0) -> list[Row]:
    """What operators did, newest first."""
    return db.query(
        "SELECT at, operator, action, subject FROM operator_log ORDER BY at DESC, id DESC LIMIT ? OFFSET ?",
        (limit, offset),
    )


# --- today --------------------------------------------------------------------------------------------------------


def _number(db: Reads, sql: str, params: Sequence[Any] = ()) -> int:
    row = db.one(sql, params)
    return int(row["n"]) if row else 0


def collected_between(db: Reads, start: str, end: str) -> int:
    """Parcels handed out from ``start`` to before ``end`` (UTC text)."""
    sql = "SELECT count(*) AS n FROM parcels WHERE collected_at >= ? AND collected_at < ? AND deleted = 0"
    return _number(db, sql, (start, end))


def placed_since(db: Reads, start: str) -> int:
    """Orders placed since a moment (UTC text)."""
    return _number(db, "SELECT count(*) AS n FROM orders WHERE placed_at >= ? AND deleted = 0", (start,))


def collected_by_slot(db: Reads, start: str, end: str) -> dict[str, int]:
    """Parcels handed out in each stretch of ten minutes, by its first 15 characters of UTC text (``2026-11-22T03:1``).

    Ten minutes, because some time zones are half an hour away from a whole hour of UTC.
    """
    rows = db.query(
        "SELECT substr(collected_at, 1, 15) AS slot, count(*) AS n FROM parcels "
        "WHERE collected_at >= ? AND collected_at < ? AND deleted = 0 GROUP BY substr(collected_at, 1, 15)",
        (start, end),
    )
    return {row["slot"]: int(row["n"]) for row in rows}


def collected_by_point(db: Reads, start: str, end: str) -> dict[str, int]:
    """Parcels handed out at each point from ``start`` to before ``end`` (UTC text)."""
    rows = db.query(
        "SELECT point, count(*) AS n FROM parcels "
        "WHERE collected_at >= ? AND collected_at < ? AND deleted = 0 GROUP BY point",
        (start, end),
    )
    return {row["point"]: int(row["n"]) for row in rows}


def count_open_cases(db: Reads) -> int:
    """Cases nobody has closed."""
    return _number(db, "SELECT count(*) AS n FROM cases WHERE closed_at IS NULL AND deleted = 0")


def open_cases_by_point(db: Reads) -> list[Row]:
    """For each point with open cases: ``point``, how many (``n``), since when (``since``)."""
    return db.query(
        "SELECT point, count(*) AS n, min(opened_at) AS since FROM cases "
        "WHERE closed_at IS NULL AND deleted = 0 GROUP BY point"
    )


def quarantine_by_device(db: Reads) -> list[Row]:
    """For each device with parked facts of its own (clones apart): ``point``, ``device``, ``n``, ``since``."""
    return db.query(
        "SELECT point, device, count(*) AS n, min(found_at) AS since FROM quarantine "
        "WHERE resolved_at IS NULL AND reason <> 'CLONE' GROUP BY point, device"
    )


def parked(db: Reads, limit: int, *, settled: bool, lane: tuple[str, str, str] | None = None) -> list[Row]:
    """Parked facts that wait for a person, newest finding first; or those settled, newest first.

    ``lane`` (point, device, epoch) gives those of one lane.
    """
    state = "resolved_at IS NOT NULL" if settled else "resolved_at IS NULL"
    order = "resolved_at DESC, seq DESC" if settled else "found_at DESC, point, device, epoch, seq"
    only = "AND point = ? AND device = ? AND epoch = ? " if lane else ""
    return db.query(
        "SELECT point, device, epoch, seq, kind, at, actor, payload, reason, found_at, resolved_at, resolution "  # noqa: S608 - constants of ours
        f"FROM quarantine WHERE {state} {only}ORDER BY {order} LIMIT ?",
        (*(lane or ()), limit),
    )


def parked_lanes(db: Reads) -> list[Row]:
    """Lanes of foreign hardware whose facts wait, the oldest first: how many, from when to when, since when."""
    return db.query(
        "SELECT point, device, epoch, count(*) AS n, min(at) AS first, max(at) AS last, min(found_at) AS since "
        "FROM quarantine WHERE resolved_at IS NULL AND reason = 'CLONE' GROUP BY point, device, epoch "
        "ORDER BY min(found_at)"
    )


def parked_of_lane(db: Reads, point: str, device: str, epoch: str, limit: int) -> list[int]:
    """Numbers of a lane's facts that wait, oldest first."""
    found = db.query(
        "SELECT seq FROM quarantine WHERE point = ? AND device = ? AND epoch = ? AND resolved_at IS NULL "
        "ORDER BY seq LIMIT ?",
        (point, device, epoch, limit),
    )
    return [int(row["seq"]) for row in found]


# --- devices ------------------------------------------------------------------------------------------------------


def facts_received(db: Reads, device: str, limit: int) -> list[Row]:
    """The batches received last from a device: ``received_at``, ``first_seq``, ``n``, newest first."""
    return db.query(
        "SELECT received_at, first_seq, n FROM journal WHERE device = ? ORDER BY received_at DESC, number DESC LIMIT ?",
        (device, limit),
    )


def facts_by_hour(db: Reads, device: str, since: str) -> dict[str, int]:
    """Facts received from a device in each UTC hour (``2026-11-22T03``)."""
    rows = db.query(
        "SELECT substr(received_at, 1, 13) AS hour, sum(n) AS n FROM journal "
        "WHERE device = ? AND received_at >= ? GROUP BY substr(received_at, 1, 13)",
        (device, since),
    )
    return {row["hour"]: int(row["n"]) for row in rows}


def parked_facts(db: Reads, device: str, limit: int) -> list[Row]:
    """Facts of a device that could not be applied, open ones first."""
    return db.query(
        "SELECT epoch, seq, kind, at, reason, found_at, resolved_at FROM quarantine WHERE device = ? "
        "ORDER BY resolved_at IS NOT NULL, found_at DESC LIMIT ?",
        (device, limit),
    )


# --- lists across points ------------------------------------------------------------------------------------------

_PARCELS = (
    "SELECT p.point, p.id, p.waybill, p.carrier, p.order_id, p.state, p.pickup_code, p.cold, p.name_masked, "
    "p.phone_tail, p.expected_at, p.inbound_at, p.collected_at, p.collected_way FROM parcels p WHERE p.deleted = 0 "
)
_COUNT_PARCELS = "SELECT count(*) AS n FROM parcels p WHERE p.deleted = 0 "
_PARCEL_STATES = "SELECT p.state, count(*) AS n FROM parcels p WHERE p.deleted = 0 "
_COUNT_RESIDENTS = "SELECT count(*) AS n FROM residents r WHERE r.deleted = 0 "
_RESIDENTS = "SELECT r.point, r.id, r.number, r.name_masked, r.phone_tail FROM residents r WHERE r.deleted = 0 "


def _parcel_filter(point: str, state: str, text: str) -> tuple[str, list[Any]]:
    where, params = "", []
    if point:
        where += "AND p.point = ? "
        params.append(point)
    if state:
        where += "AND p.state = ? "
        params.append(state)
    if wanted := searched(text):
        code = str(PickupCode.parse(wanted) or wanted)
        where += (
            "AND (p.waybill LIKE ? ESCAPE '!' OR p.pickup_code = ? OR p.phone_tail = ? "
            "OR p.name_masked = ? OR p.name_masked = ?) "
        )
        params += [containing(wanted.upper()), code, wanted, wanted, mask_name(wanted)]
    return where, params


def parcels(db: Reads, point: str, state: str, text: str, limit: int, offset: int = 0) -> list[Row]:
    """Parcels of one or (empty ``point``) all points, newest first; ``text`` looks in waybill, code, tail and name."""
    where, params = _parcel_filter(point, state, text)
    order = "ORDER BY coalesce(p.collected_at, p.inbound_at, p.expected_at) DESC, p.id DESC LIMIT ? OFFSET ?"
    return db.query(_PARCELS + where + order, (*params, limit, offset))


def count_parcels(db: Reads, point: str, state: str, text: str) -> int:
    """How many parcels :func:`parcels` would give without its limit."""
    where, params = _parcel_filter(point, state, text)
    return _number(db, _COUNT_PARCELS + where, params)


def parcel_states(db: Reads, point: str) -> dict[str, int]:
    """How many parcels are in each state, at one or all points."""
    where, params = _parcel_filter(point, "", "")
    found = db.query(_PARCEL_STATES + where + "GROUP BY p.state", params)
    return {row["state"]: int(row["n"]) for row in found}


def _resident_filter(point: str, text: str) -> tuple[str, list[Any]]:
    where, params = "", list[Any]()
    if point:
        where += "AND r.point = ? "
        params.append(point)
    if wanted := searched(text):
        number = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) <= 9 else -1
        where += (
            "AND (r.phone_tail = ? OR r.number = ? OR r.name_masked = ? "
            "OR r.id IN (SELECT d.id FROM resident_details d WHERE d.phone = ? OR d.name = ?)) "
        )
        params += [wanted, number, wanted, wanted, wanted]
    return where, params


def residents(db: Reads, point: str, text: str, limit: int, offset: int = 0) -> list[Row]:
    """Residents of one or all points, masked; a whole phone number or name finds its owner."""
    where, params = _resident_filter(point, text)
    return db.query(_RESIDENTS + where + "ORDER BY r.number, r.point LIMIT ? OFFSET ?", (*params, limit, offset))


def count_residents(db: Reads, point: str, text: str) -> int:
    """How many residents :func:`residents` would give without its limit."""
    where, params = _resident_filter(point, text)
    return _number(db, _COUNT_RESIDENTS + where, params)


def points_of_resident(db: Reads, resident: str) -> list[str]:
    """The points that know a resident."""
    rows = db.query("SELECT point FROM residents WHERE id = ? AND deleted = 0 ORDER BY point", (resident,))
    return [row["point"] for row in rows]


def masked_names(db: Reads, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], tuple[str, str]]:
    """(point, resident) → (masked name, phone tail), for the rows of one page."""
    ids = sorted({resident for _, resident in keys if resident})
    if not ids:
        return {}
    rows = db.query(_RESIDENTS + f"AND r.id IN ({', '.join('?' * len(ids))})", ids)
    return {(row["point"], row["id"]): (row["name_masked"], row["phone_tail"]) for row in rows}


def figures_by_point(db: Reads) -> dict[str, dict[str, int]]:
    """For each point: parcels lying there (``here``), awaited (``expected``), and its residents (``residents``)."""
    figures: dict[str, dict[str, int]] = {}
    for row in db.query(
        "SELECT point, sum(CASE WHEN state = 'expected' THEN 1 ELSE 0 END) AS expected, "
        "sum(CASE WHEN state <> 'expected' AND state <> 'returned' THEN 1 ELSE 0 END) AS here "
        "FROM parcels WHERE deleted = 0 AND state <> 'collected' GROUP BY point"
    ):
        figures[row["point"]] = {"expected": int(row["expected"]), "here": int(row["here"]), "residents": 0}
    for row in db.query("SELECT point, count(*) AS n FROM residents WHERE deleted = 0 GROUP BY point"):
        entry = figures.setdefault(row["point"], {"expected": 0, "here": 0, "residents": 0})
        entry["residents"] = int(row["n"])
    return figures
