"""Files waiting for a decision, and what became of them; the centre's own, they never travel.

The body holds full phone numbers and goes as soon as the file is imported or its time is over; the counts stay.
"""

MIGRATIONS = (
    (
        (
            "CREATE TABLE import_files (id TEXT NOT NULL PRIMARY KEY, kind TEXT NOT NULL, region TEXT NOT NULL, "
            "file_name TEXT NOT NULL, form TEXT NOT NULL, row_count BIGINT NOT NULL, actor TEXT NOT NULL, "
            "made_at TEXT NOT NULL, expires_at TEXT NOT NULL, body BLOB, done_at TEXT, done_by TEXT, "
            "new_count BIGINT NOT NULL DEFAULT 0, changed_count BIGINT NOT NULL DEFAULT 0, "
            "unchanged_count BIGINT NOT NULL DEFAULT 0, bad_count BIGINT NOT NULL DEFAULT 0)"
        ),
        "CREATE INDEX import_files_done ON import_files (done_at)",
        # The centre asks across points: is this order number taken anywhere, which points know this resident?
        "CREATE INDEX import_orders_number ON orders (number)",
        "CREATE INDEX import_residents_id ON residents (id)",
    ),
)
