"""Print jobs never leave the kiosk: they belong to the printer that stands beside it."""

from shared.sync import Room

ROOM = Room(
    "labels",
    migrations=(
        (
            (
                "CREATE TABLE print_jobs (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, "
                "point TEXT NOT NULL, parcel TEXT NOT NULL, code TEXT NOT NULL, copy BIGINT NOT NULL, "
                "state TEXT NOT NULL, content TEXT NOT NULL, reason TEXT NOT NULL, asked_by TEXT NOT NULL, "
                "asked_at TEXT NOT NULL, sent_at TEXT, ended_at TEXT, proof TEXT NOT NULL, trouble TEXT NOT NULL, "
                "detail TEXT NOT NULL)"
            ),
            "CREATE INDEX print_jobs_open ON print_jobs (state, number) WHERE state NOT IN ('confirmed', 'cancelled')",
            "CREATE INDEX print_jobs_parcel ON print_jobs (point, parcel)",
            (
                "CREATE TABLE printer_state (id BIGINT PRIMARY KEY CHECK (id = 1), state TEXT NOT NULL, "
                "trouble TEXT NOT NULL, name TEXT NOT NULL, at TEXT NOT NULL)"
            ),
        ),
        ("ALTER TABLE print_jobs ADD COLUMN kind TEXT NOT NULL DEFAULT 'parcel'",),
    ),
)
