"""The ground's own tables, the same on both roofs; each roof uses its part."""

MIGRATIONS = (
    (
        # kiosk: every fact recorded here; the outbox is what lies above acked_seq
        (
            "CREATE TABLE facts (seq INTEGER PRIMARY KEY, point TEXT NOT NULL, kind TEXT NOT NULL, "
            "at TEXT NOT NULL, actor TEXT NOT NULL, payload BLOB NOT NULL, hash BLOB NOT NULL, undo BLOB NOT NULL)"
        ),
        # kiosk: who it is and how far it has read; one row
        (
            "CREATE TABLE sync_state (id BIGINT PRIMARY KEY CHECK (id = 1), device TEXT NOT NULL, "
            "hardware TEXT NOT NULL, epoch TEXT NOT NULL, point TEXT NOT NULL, region TEXT NOT NULL, "
            "generation BIGINT NOT NULL, acked_seq BIGINT NOT NULL, durable_seq BIGINT NOT NULL, "
            "last_contact TEXT, last_try TEXT, trouble TEXT NOT NULL DEFAULT '', "
            "next_s BIGINT NOT NULL DEFAULT 30, wanted BIGINT NOT NULL DEFAULT 0)"
        ),
        "CREATE TABLE cursors (feed TEXT PRIMARY KEY, version BIGINT NOT NULL)",
        # centre: newest version of each feed, held locked while it is written
        "CREATE TABLE feeds (feed TEXT PRIMARY KEY, version BIGINT NOT NULL)",
        # centre: every fact ever received, one compressed row a batch
        (
            "CREATE TABLE journal (point TEXT NOT NULL, number BIGINT NOT NULL, device TEXT NOT NULL, "
            "epoch TEXT NOT NULL, first_seq BIGINT NOT NULL, n BIGINT NOT NULL, chain_after BLOB NOT NULL, "
            "received_at TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (point, number))"
        ),
        (
            "CREATE TABLE journal_heads (point TEXT NOT NULL, device TEXT NOT NULL, epoch TEXT NOT NULL, "
            "seq BIGINT NOT NULL, hash BLOB NOT NULL, durable_seq BIGINT NOT NULL, PRIMARY KEY (point, device, epoch))"
        ),
        (
            "CREATE TABLE server_life (id BIGINT PRIMARY KEY CHECK (id = 1), generation BIGINT NOT NULL, "
            "epoch TEXT NOT NULL)"
        ),
        # both: what could not be applied; nothing is dropped
        (
            "CREATE TABLE quarantine (point TEXT NOT NULL, device TEXT NOT NULL, epoch TEXT NOT NULL, "
            "seq BIGINT NOT NULL, kind TEXT NOT NULL, at TEXT NOT NULL, actor TEXT NOT NULL, payload BLOB NOT NULL, "
            "reason TEXT NOT NULL, found_at TEXT NOT NULL, resolved_at TEXT, resolution TEXT, "
            "PRIMARY KEY (point, device, epoch, seq))"
        ),
        "CREATE INDEX quarantine_open ON quarantine (point) WHERE resolved_at IS NULL",
    ),
)
