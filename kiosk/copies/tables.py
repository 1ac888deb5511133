"""When this database was last copied onto the stick, and when it was itself put back from a copy."""

MIGRATIONS = (
    (
        (
            "CREATE TABLE stick_copies (id BIGINT PRIMARY KEY CHECK (id = 1), at TEXT NOT NULL, seq BIGINT NOT NULL, "
            "file TEXT NOT NULL, bytes BIGINT NOT NULL)"
        ),
        (
            "CREATE TABLE restores (number INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, file TEXT NOT NULL, "
            "kept TEXT NOT NULL, settled_at TEXT)"
        ),
    ),
)
