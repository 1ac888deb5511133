"""What a kiosk keeps for itself: how it was enrolled, and how its processes are."""

from shared.sync import Room

ROOM = Room(
    "kiosk",
    migrations=(
        (
            (
                "CREATE TABLE enrolment (id BIGINT PRIMARY KEY CHECK (id = 1), server TEXT NOT NULL, "
                "server_key BLOB NOT NULL, device_key BLOB NOT NULL, point_number BIGINT NOT NULL, "
                "point_key BLOB NOT NULL, enrolled_at TEXT NOT NULL)"
            ),
            (
                "CREATE TABLE worker_states (name TEXT PRIMARY KEY, state TEXT NOT NULL, detail TEXT NOT NULL, "
                "beat_at TEXT NOT NULL, beat_monotonic DOUBLE PRECISION NOT NULL, pid BIGINT NOT NULL, "
                "since TEXT NOT NULL)"
            ),
        ),
        (
            (
                "CREATE TABLE losses (newest_seq BIGINT NOT NULL, had_seq BIGINT NOT NULL, acked_seq BIGINT NOT NULL, "
                "found_at TEXT NOT NULL, settled_at TEXT, PRIMARY KEY (newest_seq, had_seq))"
            ),
        ),
    ),
)
