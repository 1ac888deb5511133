"""The centre's sealing key, and what was carried out and waits for its answer; all of this kiosk alone."""

MIGRATIONS = (
    (
        "CREATE TABLE centre_seal (id BIGINT PRIMARY KEY CHECK (id = 1), key BLOB NOT NULL)",
        (
            "CREATE TABLE carried (number INTEGER PRIMARY KEY AUTOINCREMENT, nonce TEXT NOT NULL UNIQUE, "
            "made_at TEXT NOT NULL, epoch TEXT NOT NULL, generation BIGINT NOT NULL, asked BLOB NOT NULL, "
            "facts BIGINT NOT NULL, taken_at TEXT, outcome TEXT NOT NULL DEFAULT '')"
        ),
    ),
)
