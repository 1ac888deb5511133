"""Answers to carried files wait here until somebody has fetched them, sealed to the kiosk that asked."""

MIGRATIONS = (
    (
        (
            "CREATE TABLE carry_answers (id TEXT NOT NULL PRIMARY KEY, device TEXT NOT NULL, point TEXT NOT NULL, "
            "number BIGINT NOT NULL, outcome TEXT NOT NULL, facts BIGINT NOT NULL, detail TEXT NOT NULL, "
            "taken_by TEXT NOT NULL, taken_at TEXT NOT NULL, file_name TEXT NOT NULL, box BLOB)"
        ),
        "CREATE INDEX carry_answers_at ON carry_answers (taken_at)",
    ),
)
