"""Whether a statement of a round costs more in a large centre: the same rounds before and after it has grown."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from shared.db import Database
from shared.sync import SyncedTable, store
from sync_server.host import Centre
from tests.bench.handout import DISK
from tests.load.database import postgres_that_counts
from tests.load.drive import drive
from tests.load.kiosk import LoadKiosk
from tests.load.stand import begin, enrol, servers, settings
from tests.load.statements import Statement, counted, forget

SMALL, LARGE = 1_000, 200_000
ROUNDS, KIOSKS = 400, 8
LEAST_CALLS = 50


def grow(db: Database, centre: Centre, kiosks: Sequence[LoadKiosk], rows: int) -> None:
    """So many rows more of parcels, batches and devices, a tenth of it in the other tables of a round; all older."""
    for table in centre.house.tables.values():
        _multiply(db, table.name, table.key_columns[-1], rows if table.name == "parcels" else rows // 10)
        _raise_feeds(db, table)
    _multiply(db, "journal", "number", rows)
    _multiply(db, "journal_heads", "epoch", rows // 10, device=True)
    _multiply(db, "devices", "id", rows)
    _multiply(db, "offer_pools", "offer", rows // 10)
    for name in ("allotments", "allotment_days", "holders"):
        _multiply(db, name, "device", rows // 10)
    for kiosk in kiosks:
        kiosk.cursors = {feed: store.feed_version(db, feed) for feed in kiosk.cursors}
    with db.writing() as tx:
        tx.execute("ANALYZE")


def _columns(db: Database, table: str) -> list[str]:
    found = db.query(
        "SELECT column_name AS name FROM information_schema.columns WHERE table_name = ? "
        "AND table_schema = current_schema() ORDER BY ordinal_position",
        (table,),
    )
    return [row["name"] for row in found]


def _multiply(db: Database, table: str, key: str, rows: int, *, device: bool = False) -> None:
    """``rows`` copies of the table's first row, made different by the last column of its key (and by device)."""
    columns = _columns(db, table)
    word = db.one(f"SELECT pg_typeof({key})::text = 'text' AS text FROM {table} LIMIT 1")
    if word is None:
        return
    different = f"{key} || '~' || extra" if word["text"] else f"{key} + 1000000 + extra"
    other = {key: different, "version": "extra"} | ({"device": "device || '~' || extra"} if device else {})
    values = [other.get(column, column) for column in columns]
    start = db.one(f"SELECT count(*) AS n FROM {table}")
    assert start
    with db.writing() as tx:
        tx.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)} "
            f"FROM (SELECT * FROM {table} ORDER BY {key} LIMIT 1) AS model, "
            f"generate_series({start['n'] + 1}::bigint, {start['n'] + rows}::bigint) AS extra"
        )


def _raise_feeds(db: Database, table: SyncedTable) -> None:
    """Let the feeds stand at the newest version that is used in them."""
    with db.writing() as tx:
        for row in tx.query(f"SELECT {table.scope} AS place, max(version) AS newest FROM {table.name} GROUP BY 1"):
            tx.execute(
                "UPDATE feed_versions SET version = greatest(version, ?) WHERE feed = ?",
                (row["newest"], table.feed(row["place"])),
            )


def table(programs: Path) -> str:
    """Markdown: per statement of mixed rounds the calls, and milliseconds and blocks a call at both sizes."""
    DISK.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=DISK) as name, postgres_that_counts(programs) as under:
        environ = settings(Path(name), under.address)
        centre = begin(environ)
        kiosks = enrol(centre, [f"L{number:05d}" for number in range(KIOSKS)])
        found: list[dict[str, Statement]] = []
        with servers(environ, 1) as running:
            _rounds(kiosks, running.ports)
            for rows in (SMALL, LARGE):
                grow(centre.db, centre, kiosks, rows)
                _rounds(kiosks, running.ports)
                forget(under)
                _rounds(kiosks, running.ports)
                found.append(counted(under, LEAST_CALLS))
        centre.db.close()
    small, large = found
    lines = [
        f"| `{one.text.replace('|', '')}` | {one.calls} | {before.ms:.3f} | {one.ms:.3f} | {before.blocks:.1f} | "
        f"{one.blocks:.1f} |"
        for query, one in large.items()
        if (before := small.get(query)) is not None
    ]
    words = (
        f"{ROUNDS} mixed rounds of {KIOSKS} kiosks, once with {SMALL} parcels, batches and devices more and once with "
        f"{LARGE}, on PostgreSQL {programs.parent.name} with `pg_stat_statements`."
    )
    return "\n".join(
        [
            words,
            "",
            "| Statement | Calls | ms, small | ms, large | Blocks, small | Blocks, large |",
            "|---|---:|---:|---:|---:|---:|",
            *sorted(lines, key=lambda line: -float(line.rsplit("|", 2)[1])),
        ]
    )


def _rounds(kiosks: Sequence[LoadKiosk], ports: Sequence[int]) -> None:
    left = iter(range(ROUNDS))
    drive(kiosks, ports, mode="mixed", at_a_time=1, until=lambda: next(left, None) is None)
