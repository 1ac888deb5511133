"""What ``pg_stat_statements`` says of a run: per statement calls, time and blocks a call, as the rows of a table."""

import re
from dataclasses import dataclass

from tests.load.database import Under

_QUERY = (
    "SELECT query, calls, total_exec_time / calls AS ms, (shared_blks_hit + shared_blks_read)::float / calls AS blocks "
    "FROM pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "AND calls >= %s ORDER BY query"
)


@dataclass(frozen=True)
class Statement:
    """One statement of the rounds."""

    text: str
    calls: int
    ms: float
    blocks: float


def forget(under: Under) -> None:
    """Begin to count anew."""
    import psycopg

    with psycopg.connect(under.address, autocommit=True) as conn:
        conn.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        conn.execute("SELECT pg_stat_statements_reset()")


def counted(under: Under, least_calls: int) -> dict[str, Statement]:
    """The statements that ran at least so often."""
    import psycopg

    with psycopg.connect(under.address, autocommit=True) as conn:
        rows = conn.execute(_QUERY, (least_calls,)).fetchall()
    return {row[0]: Statement(_short(row[0]), int(row[1]), float(row[2]), float(row[3])) for row in rows}


def _short(query: str) -> str:
    """What a statement is about: its verb, its table, what it looks for."""
    text = re.sub(r"\s+", " ", query)
    text = re.sub(r"\((?:[^()]|\([^()]*\))*\)", "(…)", text)
    text = re.sub(r"^SELECT .*? FROM ", "SELECT … FROM ", text)
    return text if len(text) <= 110 else f"{text[:109]}…"
