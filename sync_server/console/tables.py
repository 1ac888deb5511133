"""Operators, their sessions and what they did; the centre's own. And indexes for questions across all points."""

MIGRATIONS = (
    (
        (
            "CREATE TABLE operators (name TEXT NOT NULL PRIMARY KEY, password_hash TEXT NOT NULL, "
            "made_at TEXT NOT NULL, active BIGINT NOT NULL DEFAULT 1)"
        ),
        (
            "CREATE TABLE operator_sessions (token_hash TEXT NOT NULL PRIMARY KEY, operator TEXT NOT NULL, "
            "made_at TEXT NOT NULL, seen_at TEXT NOT NULL)"
        ),
        "CREATE INDEX operator_sessions_seen ON operator_sessions (seen_at)",
        # kept for names that do not exist too, so that a lock says nothing about who is an operator
        (
            "CREATE TABLE operator_tries (name TEXT NOT NULL PRIMARY KEY, failed BIGINT NOT NULL, "
            "tried_at TEXT NOT NULL, locked_until TEXT NOT NULL)"
        ),
        (
            "CREATE TABLE operator_log (id TEXT NOT NULL PRIMARY KEY, at TEXT NOT NULL, operator TEXT NOT NULL, "
            "action TEXT NOT NULL, subject TEXT NOT NULL)"
        ),
        "CREATE INDEX operator_log_at ON operator_log (at)",
        "CREATE INDEX console_parcels_collected ON parcels (collected_at) WHERE collected_at IS NOT NULL",
        "CREATE INDEX console_parcels_waybill ON parcels (waybill)",
        "CREATE INDEX console_parcels_changed ON parcels (expected_at)",
        "CREATE INDEX console_orders_placed ON orders (placed_at)",
        "CREATE INDEX console_cases_open ON cases (opened_at) WHERE closed_at IS NULL",
        "CREATE INDEX console_journal_received ON journal (device, received_at)",
    ),
)
