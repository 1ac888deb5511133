"""All SQL of pickup's own two tables."""

from dataclasses import dataclass

from kiosk.staff.rules import PinTries
from shared.db import Tx
from shared.db.database import Reads
from shared.kernel.limits import HELP_CALLS_SHOWN


def guesses(db: Reads) -> PinTries:
    """Wrong pickup codes since the last right one, and the lock they earned."""
    row = db.one("SELECT failures, lock_ms, locked_until_ms FROM code_guesses WHERE id = 1")
    return PinTries(row["failures"], row["lock_ms"], row["locked_until_ms"]) if row else PinTries()


def set_guesses(tx: Tx, guesses: PinTries) -> None:
    """Keep how guessing stands."""
    tx.execute(
        "INSERT INTO code_guesses (id, failures, lock_ms, locked_until_ms) VALUES (1, ?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET failures = excluded.failures, lock_ms = excluded.lock_ms, "
        "locked_until_ms = excluded.locked_until_ms",
        (guesses.failures, guesses.lock_ms, guesses.locked_until_ms),
    )


@dataclass(frozen=True, slots=True)
class HelpCall:
    """A resident who asked for staff. ``codes`` are the pickup codes on the screen, with spaces between."""

    id: str
    at: str
    outcome: str
    codes: str
    name_masked: str
    phone_tail: str


def add_help_call(tx: Tx, call: HelpCall) -> None:
    """Write a call; pressing twice on the same result is one call."""
    tx.execute(
        "INSERT INTO help_calls (id, at, outcome, codes, name_masked, phone_tail) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (id) DO NOTHING",
        (call.id, call.at, call.outcome, call.codes, call.name_masked, call.phone_tail),
    )


def help_called(db: Reads, id: str) -> bool:  # noqa: A002 - the domain's word, as in the row
    """Whether this visit has called for staff."""
    return db.one("SELECT 1 AS called FROM help_calls WHERE id = ?", (id,)) is not None


def open_help_calls(db: Reads) -> list[HelpCall]:
    """Calls nobody has answered, oldest first."""
    rows = db.query(
        "SELECT id, at, outcome, codes, name_masked, phone_tail FROM help_calls WHERE closed_at IS NULL "
        "ORDER BY at, id LIMIT ?",
        (HELP_CALLS_SHOWN,),
    )
    return [HelpCall(**dict(row)) for row in rows]


def close_help_call(tx: Tx, id: str, at: str, by: str) -> bool:  # noqa: A002 - the domain's word, as in the row
    """Note that staff have seen to it; False when somebody was quicker or there is no such call."""
    return bool(
        tx.execute(
            "UPDATE help_calls SET closed_at = ?, closed_by = ? WHERE id = ? AND closed_at IS NULL", (at, by, id)
        )
    )


def forget_help_calls(tx: Tx, before: str) -> int:
    """Drop answered calls that are older than ``before``; nobody keeps who once stood here."""
    return tx.execute("DELETE FROM help_calls WHERE closed_at IS NOT NULL AND closed_at < ?", (before,))
