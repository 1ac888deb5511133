"""Channels that may sell, and what each has asked for under which key; the centre's own."""

MIGRATIONS = (
    (
        (
            "CREATE TABLE channels (id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, key_hash TEXT NOT NULL UNIQUE, "
            "made_at TEXT NOT NULL, made_by TEXT NOT NULL, used_at TEXT, revoked_at TEXT)"
        ),
        # one row a request that was carried out, so that asking again gives the same answer and sells nothing twice
        (
            "CREATE TABLE shop_requests (channel TEXT NOT NULL, request TEXT NOT NULL, asked TEXT NOT NULL, "
            "point TEXT NOT NULL, order_id TEXT NOT NULL, answer TEXT NOT NULL, at TEXT NOT NULL, "
            "PRIMARY KEY (channel, request))"
        ),
        "CREATE INDEX shop_requests_order ON shop_requests (order_id)",
        "CREATE INDEX shop_requests_at ON shop_requests (at)",
    ),
)
