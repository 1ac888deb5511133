"""SQL of the kiosk's own two tables."""

from dataclasses import dataclass

from shared.db import Tx
from shared.db.database import Reads


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What enrolment gave: whom to trust, and the key that checks this point's passes."""

    server: str
    server_key: bytes
    device_key: bytes
    point_number: int
    point_key: bytes
    enrolled_at: str


def enrolment(db: Reads) -> Enrolment | None:
    """How this kiosk was enrolled; None before."""
    row = db.one(
        "SELECT server, server_key, device_key, point_number, point_key, enrolled_at FROM enrolment WHERE id = 1"
    )
    if row is None:
        return None
    return Enrolment(
        row["server"],
        bytes(row["server_key"]),
        bytes(row["device_key"]),
        row["point_number"],
        bytes(row["point_key"]),
        row["enrolled_at"],
    )


def forget_enrolment(tx: Tx) -> None:
    """Be enrolled nowhere."""
    tx.execute("DELETE FROM enrolment")


def set_enrolment(tx: Tx, enrolled: Enrolment) -> None:
    """Write it, once."""
    tx.execute(
        "INSERT INTO enrolment (id, server, server_key, device_key, point_number, point_key, enrolled_at) "
        "VALUES (1, ?, ?, ?, ?, ?, ?)",
        (
            enrolled.server,
            enrolled.server_key,
            enrolled.device_key,
            enrolled.point_number,
            enrolled.point_key,
            enrolled.enrolled_at,
        ),
    )


@dataclass(frozen=True, slots=True)
class WorkerState:
    """The last word of one process. ``beat_monotonic`` is in seconds of this machine's monotonic clock."""

    name: str
    state: str
    detail: str
    beat_at: str
    beat_monotonic: float
    pid: int
    since: str


def worker_states(db: Reads) -> dict[str, WorkerState]:
    """The last word of every process, by name."""
    rows = db.query("SELECT name, state, detail, beat_at, beat_monotonic, pid, since FROM worker_states")
    return {row["name"]: WorkerState(**dict(row)) for row in rows}


def set_worker_state(tx: Tx, new: WorkerState) -> None:
    """Write a beat; ``since`` stays while the state stays."""
    tx.execute(
        "INSERT INTO worker_states (name, state, detail, beat_at, beat_monotonic, pid, since) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET "
        "since = CASE WHEN worker_states.state = excluded.state THEN worker_states.since ELSE excluded.since END, "
        "state = excluded.state, detail = excluded.detail, beat_at = excluded.beat_at, "
        "beat_monotonic = excluded.beat_monotonic, pid = excluded.pid",
        (new.name, new.state, new.detail, new.beat_at, new.beat_monotonic, new.pid, new.since),
    )
