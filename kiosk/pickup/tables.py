"""What pickup keeps on this kiosk alone: wrong codes, and residents' calls for staff."""

MIGRATIONS = (
    (
        (
            "CREATE TABLE code_guesses (id BIGINT PRIMARY KEY CHECK (id = 1), failures BIGINT NOT NULL, "
            "lock_ms BIGINT NOT NULL, locked_until_ms BIGINT NOT NULL)"
        ),
        (
            "CREATE TABLE help_calls (id TEXT PRIMARY KEY, at TEXT NOT NULL, outcome TEXT NOT NULL, "
            "codes TEXT NOT NULL, name_masked TEXT NOT NULL, phone_tail TEXT NOT NULL, closed_at TEXT, closed_by TEXT)"
        ),
        "CREATE INDEX help_calls_open ON help_calls (at) WHERE closed_at IS NULL",
    ),
)
