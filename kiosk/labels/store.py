"""All SQL about print jobs and the printer's last known state."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kiosk.labels.rules import TRANSITIONS, JobEvent, JobKind, JobState, PrintJob, Proof, states_before
from shared.db import Row, Tx
from shared.db.database import Reads

_COLUMNS = (
    "number, id, point, parcel, code, copy, state, content, reason, asked_by, asked_at, sent_at, ended_at, proof, "
    "trouble, detail, kind"
)


def _job(row: Row) -> PrintJob:
    made = PrintJob(**dict(row))
    return replace(made, state=JobState(made.state), proof=Proof(made.proof), kind=JobKind(made.kind))


def add_job(tx: Tx, new: PrintJob) -> None:
    """Put a job at the end of the queue; ``number`` is given by the table."""
    tx.execute(
        "INSERT INTO print_jobs (id, point, parcel, code, copy, state, content, reason, asked_by, asked_at, proof, "
        "trouble, detail, kind) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            new.id,
            new.point,
            new.parcel,
            new.code,
            new.copy,
            new.state,
            new.content,
            new.reason,
            new.asked_by,
            new.asked_at,
            new.proof,
            new.trouble,
            new.detail,
            new.kind,
        ),
    )


def job(db: Reads, job_id: str) -> PrintJob | None:
    """One job."""
    row = db.one(f"SELECT {_COLUMNS} FROM print_jobs WHERE id = ?", (job_id,))  # noqa: S608 - a constant of ours
    return _job(row) if row else None


def of_parcel(db: Reads, point: str, parcel: str) -> list[PrintJob]:
    """All labels ever asked for one parcel, oldest first."""
    rows = db.query(
        f"SELECT {_COLUMNS} FROM print_jobs WHERE point = ? AND parcel = ? ORDER BY number",  # noqa: S608 - constant
        (point, parcel),
    )
    return [_job(row) for row in rows]


def copies(db: Reads, point: str, parcel: str, code: str) -> int:
    """The highest copy number among a parcel's labels with this code; 0 when there is none."""
    row = db.one(
        "SELECT max(copy) AS copies FROM print_jobs WHERE point = ? AND parcel = ? AND code = ? "
        "AND state <> 'cancelled'",
        (point, parcel, code),
    )
    return int(row["copies"] or 0) if row else 0


def in_states(db: Reads, states: Sequence[JobState], limit: int = 200) -> list[PrintJob]:
    """Jobs in one of some states, oldest first."""
    marks = ", ".join("?" * len(states))
    rows = db.query(
        f"SELECT {_COLUMNS} FROM print_jobs WHERE state IN ({marks}) ORDER BY number LIMIT ?",  # noqa: S608 - marks
        (*states, limit),
    )
    return [_job(row) for row in rows]


def newest(db: Reads, limit: int) -> list[PrintJob]:
    """The newest jobs, newest first."""
    rows = db.query(
        f"SELECT {_COLUMNS} FROM print_jobs ORDER BY number DESC LIMIT ?",  # noqa: S608 - a constant of ours
        (limit,),
    )
    return [_job(row) for row in rows]


def counts(db: Reads) -> dict[JobState, int]:
    """How many jobs stand in each state that is not the end of it."""
    rows = db.query(
        "SELECT state, count(*) AS jobs FROM print_jobs WHERE state NOT IN ('confirmed', 'cancelled') GROUP BY state"
    )
    return {JobState(row["state"]): int(row["jobs"]) for row in rows}


def take_next(tx: Tx, at: str) -> PrintJob | None:
    """Mark the oldest waiting job as being sent; None when nothing waits."""
    row = tx.one(
        "UPDATE print_jobs SET state = 'sending', sent_at = ? WHERE number = (SELECT number FROM print_jobs "  # noqa: S608 - columns are ours
        f"WHERE state = 'queued' ORDER BY number LIMIT 1) RETURNING {_COLUMNS}",
        (at,),
    )
    return _job(row) if row else None


def happened(
    tx: Tx,
    job_id: str,
    event: JobEvent,
    at: str,
    *,
    proof: Proof = Proof.NONE,
    trouble: str = "",
    detail: str = "",
    only: Sequence[JobState] = (),
) -> bool:
    """Move a job on; False when it is in no state in which this can happen (or in none of ``only``)."""
    allowed = [state for state in states_before(event) if not only or state in only]
    for state in allowed:
        moved = tx.execute(
            "UPDATE print_jobs SET state = ?, ended_at = ?, proof = ?, trouble = ?, detail = ? "
            "WHERE id = ? AND state = ?",
            (TRANSITIONS[state, event], at, proof, trouble, detail, job_id, state),
        )
        if moved:
            return True
    return False


def forget_ended(tx: Tx, before: str) -> int:
    """Drop jobs that ended before a time; what still needs somebody stays."""
    return tx.execute(
        "DELETE FROM print_jobs WHERE ended_at < ? AND state IN ('confirmed', 'cancelled', 'replaced')", (before,)
    )


@dataclass(frozen=True, slots=True)
class PrinterNote:
    """What the print process last saw: ``state`` is ok, absent or trouble; ``trouble`` says which."""

    state: str
    trouble: str
    name: str
    at: str


def printer_note(db: Reads) -> PrinterNote | None:
    """The last note; None when no print process has ever run."""
    row = db.one("SELECT state, trouble, name, at FROM printer_state WHERE id = 1")
    return PrinterNote(**dict(row)) if row else None


def set_printer_note(tx: Tx, note: PrinterNote) -> None:
    """Write it down."""
    tx.execute(
        "INSERT INTO printer_state (id, state, trouble, name, at) VALUES (1, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE "
        "SET state = excluded.state, trouble = excluded.trouble, name = excluded.name, at = excluded.at",
        (note.state, note.trouble, note.name, note.at),
    )
