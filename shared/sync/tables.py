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
    (
        # kiosk: where its kept facts begin, once those that lie safe in the centre's backups were dropped
        "ALTER TABLE sync_state ADD COLUMN base_seq BIGINT NOT NULL DEFAULT 0",
        "ALTER TABLE sync_state ADD COLUMN base_hash BLOB",
        # kiosk: since when (by the centre's clock) facts up to a number lie in a backup of the centre
        "CREATE TABLE durable_marks (seq BIGINT PRIMARY KEY, at TEXT NOT NULL)",
        # centre: a lane is a branch of another; a parked one is kept but not applied
        "ALTER TABLE journal_heads ADD COLUMN parent_epoch TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE journal_heads ADD COLUMN parent_seq BIGINT NOT NULL DEFAULT 0",
        "ALTER TABLE journal_heads ADD COLUMN parked BIGINT NOT NULL DEFAULT 0",
        "ALTER TABLE journal_heads ADD COLUMN why TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE journal_heads ADD COLUMN made_at TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE journal ADD COLUMN chain_before BLOB",
        "ALTER TABLE journal ADD COLUMN parked BIGINT NOT NULL DEFAULT 0",
        (
            "UPDATE journal SET chain_before = (SELECT p.chain_after FROM journal p WHERE p.point = journal.point "
            "AND p.device = journal.device AND p.epoch = journal.epoch AND p.first_seq + p.n = journal.first_seq)"
        ),
        "CREATE INDEX journal_lanes ON journal (point, device, first_seq)",
        # centre: rises with every start and every backup, so that an older copy put back is noticed
        "ALTER TABLE server_life ADD COLUMN mark BIGINT NOT NULL DEFAULT 0",
    ),
    # the beginning of a parked fact's hash, which is part of its name
    ("ALTER TABLE quarantine ADD COLUMN mark TEXT NOT NULL DEFAULT ''",),
    (
        # kiosk: the day (of the centre's clock) on which its rows were compared with the centre's last
        "ALTER TABLE sync_state ADD COLUMN digest_on TEXT NOT NULL DEFAULT ''",
        # centre: feeds found to differ at a kiosk
        (
            "CREATE TABLE feed_differences (point TEXT NOT NULL, device TEXT NOT NULL, feed TEXT NOT NULL, "
            "found_at TEXT NOT NULL, PRIMARY KEY (point, device, feed, found_at))"
        ),
    ),
    (
        # centre: a feed's version lies with what it counts: its key begins with the point (or region), as theirs do
        (
            "CREATE TABLE feed_versions (point TEXT NOT NULL, feed TEXT NOT NULL, version BIGINT NOT NULL, "
            "PRIMARY KEY (point, feed))"
        ),
        (
            "INSERT INTO feed_versions (point, feed, version) SELECT "
            "CASE WHEN feed LIKE 'point:%' THEN substr(feed, 7) WHEN feed LIKE 'region:%' THEN substr(feed, 8) "
            "ELSE substr(feed, 9) END, feed, version FROM feeds"
        ),
        "DROP TABLE feeds",
    ),
)
