"""All SQL about what staff did at this counter."""

from collections.abc import Sequence

from kiosk.parcels.rules import Action, ActionKind, ActionOutcome
from shared.db import Row, Tx
from shared.db.database import Reads

_ACTION = (
    "SELECT a.number, a.nonce, a.kind, a.outcome, a.waybill, a.staff, a.staff_name, a.at, a.at_ms, a.note, "
    "a.undone_at, (SELECT group_concat(p.parcel, ' ') FROM counter_action_parcels p WHERE p.number = a.number) "
    "AS parcels "
    "FROM counter_actions a "
)


def _action(row: Row) -> Action:
    return Action(
        row["number"],
        row["nonce"],
        ActionKind(row["kind"]),
        ActionOutcome(row["outcome"]),
        row["waybill"],
        tuple((row["parcels"] or "").split()),
        row["staff"],
        row["staff_name"],
        row["at"],
        row["at_ms"],
        row["note"],
        row["undone_at"],
    )


def add_action(tx: Tx, new: Action) -> Action:
    """Write an action down; the one that stands under its nonce, which is an earlier one when pressed twice."""
    before = by_nonce(tx, new.nonce)
    if before is not None:
        return before
    row = tx.one(
        "INSERT INTO counter_actions (nonce, kind, outcome, waybill, staff, staff_name, at, at_ms, note) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING number",
        (new.nonce, new.kind, new.outcome, new.waybill, new.staff, new.staff_name, new.at, new.at_ms, new.note),
    )
    number = int(row["number"]) if row else 0
    tx.executemany(
        "INSERT INTO counter_action_parcels (number, parcel) VALUES (?, ?)",
        [(number, parcel) for parcel in dict.fromkeys(new.parcels)],
    )
    stored = action(tx, number)
    return stored if stored is not None else new


def action(db: Reads, number: int) -> Action | None:
    """One action."""
    row = db.one(_ACTION + "WHERE a.number = ?", (number,))
    return _action(row) if row else None


def by_nonce(db: Reads, nonce: str) -> Action | None:
    """What came of one press of a button."""
    row = db.one(_ACTION + "WHERE a.nonce = ?", (nonce,))
    return _action(row) if row else None


def newest(db: Reads, limit: int, kinds: Sequence[ActionKind] = tuple(ActionKind)) -> list[Action]:
    """The newest actions, newest first."""
    marks = ", ".join("?" * len(kinds))
    rows = db.query(_ACTION + f"WHERE a.kind IN ({marks}) ORDER BY a.number DESC LIMIT ?", (*kinds, limit))
    return [_action(row) for row in rows]


def of_parcel(db: Reads, parcel: str) -> list[Action]:
    """Everything done with one parcel at this counter, oldest first."""
    rows = db.query(
        _ACTION + "JOIN counter_action_parcels q ON q.number = a.number WHERE q.parcel = ? ORDER BY a.number", (parcel,)
    )
    return [_action(row) for row in rows]


def received_since(db: Reads, at: str) -> int:
    """Parcels received (and not undone) since a time in UTC text."""
    row = db.one(
        "SELECT count(*) AS parcels FROM counter_actions WHERE kind = 'inbound' AND at >= ? AND undone_at IS NULL "
        "AND outcome IN ('received', 'no_space')",
        (at,),
    )
    return int(row["parcels"]) if row else 0


def received_between(db: Reads, from_ms: int, to_ms: int) -> int:
    """Parcels received within a stretch of the monotonic clock, of the last 300 things done."""
    row = db.one(
        "SELECT count(*) AS parcels FROM counter_actions WHERE kind = 'inbound' AND at_ms > ? AND at_ms <= ? "
        "AND outcome IN ('received', 'no_space') AND number > (SELECT max(number) FROM counter_actions) - 300",
        (from_ms, to_ms),
    )
    return int(row["parcels"]) if row else 0


def mark_undone(tx: Tx, number: int, at: str) -> bool:
    """Note that an action was taken back; False when it already was."""
    return (
        tx.execute("UPDATE counter_actions SET undone_at = ? WHERE number = ? AND undone_at IS NULL", (at, number)) == 1
    )


def oldest_at(db: Reads) -> str | None:
    """When the oldest action was done; None when there is none."""
    row = db.one("SELECT at FROM counter_actions ORDER BY number LIMIT 1")
    return str(row["at"]) if row else None


def forget_before(tx: Tx, at: str) -> None:
    """Drop actions of former days."""
    tx.execute(
        "DELETE FROM counter_action_parcels WHERE number IN (SELECT number FROM counter_actions WHERE at < ?)", (at,)
    )
    tx.execute("DELETE FROM counter_actions WHERE at < ?", (at,))
