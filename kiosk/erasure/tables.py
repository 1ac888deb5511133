"""Whom this kiosk has forgotten, and up to which of its facts that has to be searched."""

MIGRATIONS = (
    (
        (
            "CREATE TABLE erased_here (id TEXT PRIMARY KEY, until_seq BIGINT NOT NULL, heard_at TEXT NOT NULL, "
            "done_at TEXT)"
        ),
    ),
)
