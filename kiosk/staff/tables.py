"""Wrong PINs and open sessions stay on this kiosk. Times are milliseconds of the machine's monotonic clock."""

from shared.sync import Room

ROOM = Room(
    "staff_sessions",
    migrations=(
        (
            (
                "CREATE TABLE pin_tries (staff TEXT PRIMARY KEY, failures BIGINT NOT NULL, lock_ms BIGINT NOT NULL, "
                "locked_until_ms BIGINT NOT NULL)"
            ),
            (
                "CREATE TABLE staff_sessions (token_hash TEXT PRIMARY KEY, staff TEXT NOT NULL, "
                "started_at TEXT NOT NULL, seen_ms BIGINT NOT NULL)"
            ),
        ),
    ),
)
