"""SQL of the kiosk's own tables."""

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


@dataclass(frozen=True, slots=True)
class Loss:
    """Facts that had been confirmed here and were not there any more: those above ``had_seq``, up to ``newest_seq``.

    The centre had acknowledged them up to ``acked_seq``. ``settled_at``: the first good round after it was found.
    """

    newest_seq: int
    had_seq: int
    acked_seq: int
    found_at: str
    settled_at: str | None = None

    @property
    def missing(self) -> int:
        """How many are not here."""
        return self.newest_seq - self.had_seq

    @property
    def unsent(self) -> int:
        """How many of them the centre had not acknowledged: they can only be found again by looking at the shelves."""
        return max(0, self.newest_seq - max(self.had_seq, self.acked_seq))


def add_loss(tx: Tx, loss: Loss) -> None:
    """Write it down; several processes that start at once find the same one."""
    tx.execute(
        "INSERT INTO losses (newest_seq, had_seq, acked_seq, found_at) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (newest_seq, had_seq) DO NOTHING",
        (loss.newest_seq, loss.had_seq, loss.acked_seq, loss.found_at),
    )


def last_loss(db: Reads) -> Loss | None:
    """The newest loss; None when there never was one."""
    row = db.one(
        "SELECT newest_seq, had_seq, acked_seq, found_at, settled_at FROM losses ORDER BY found_at DESC, "
        "newest_seq DESC LIMIT 1"
    )
    return Loss(**dict(row)) if row else None


def settle_losses(tx: Tx, at: str) -> None:
    """The centre has been asked since, and has sent what it had."""
    tx.execute("UPDATE losses SET settled_at = ? WHERE settled_at IS NULL", (at,))
