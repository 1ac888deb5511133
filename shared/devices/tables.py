"""Devices and claim codes are the centre's own and never travel."""

MIGRATIONS = (
    (
        (
            "CREATE TABLE devices (id TEXT NOT NULL PRIMARY KEY, point TEXT NOT NULL, name TEXT NOT NULL, "
            "public_key BLOB NOT NULL, hardware TEXT NOT NULL, epoch TEXT NOT NULL, enrolled_at TEXT NOT NULL, "
            "revoked_at TEXT, last_contact TEXT, health TEXT NOT NULL, drift_s BIGINT NOT NULL, "
            "generation BIGINT NOT NULL)"
        ),
        "CREATE INDEX devices_point ON devices (point)",
        (
            "CREATE TABLE claim_codes (code_hash TEXT NOT NULL PRIMARY KEY, point TEXT NOT NULL, device TEXT, "
            "made_by TEXT NOT NULL, made_at TEXT NOT NULL, expires_at TEXT NOT NULL, used_at TEXT, "
            "tries BIGINT NOT NULL)"
        ),
        "CREATE TABLE device_numbers (id BIGINT PRIMARY KEY CHECK (id = 1), last BIGINT NOT NULL)",
        "INSERT INTO device_numbers (id, last) VALUES (1, 0)",
    ),
)
