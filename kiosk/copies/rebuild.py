"""Rebuild this kiosk from the centre: rows come anew, facts that the centre does not have yet are kept.

For a database whose rows are doubted, or whose file is damaged and of which there is no copy. Of a damaged file
everything is saved that can still be read and proven: who this kiosk is, and its facts as far as their chain holds.
"""

from dataclasses import dataclass
from pathlib import Path

from kiosk.config import Config
from kiosk.copies import store
from kiosk.copies.operations import MARKS
from kiosk.host import DATABASE_FILE
from kiosk.house import kiosk_house
from shared.db import DatabaseUnreadable, SqliteDatabase, copies, open_sqlite
from shared.kernel.clock import Clock, utc_text
from shared.kernel.errors import N_, Refused
from shared.sync import store as sync_store
from shared.sync.journal import chain_hash
from shared.sync.rebuild import migrate_house
from shared.sync.signing import keep_hex_secret

IDENTITY = ("sync_state", "enrolment", "centre_seal", "restores", "losses", "erased_here")
"""Tables that say who this kiosk is and what has happened to it."""


@dataclass(frozen=True)
class Rebuilt:
    """What was kept: facts in all, those not acknowledged, the newest one, and where the damaged file lies."""

    facts: int
    unsent: int
    newest: int
    kept: Path | None


def rebuild(config: Config, clock: Clock) -> Rebuilt:
    """Throw the rows away, keep identity and facts; the next round brings the rows anew.

    Raises ``DatabaseInUse`` while processes run, ``Refused`` REBUILD_NOTHING where not even the identity can be read.
    """
    database = config.data / DATABASE_FILE
    with copies.alone(config.data):
        key = keep_hex_secret(config.data / "db.key")
        try:
            old = open_sqlite(database, key=key, authoritative=False)
        except DatabaseUnreadable as error:
            raise _nothing() from error
        try:
            if not old.damage():
                return _read_anew(old)
            return _save(old, config, key, clock)
        finally:
            old.close()


def _nothing() -> Refused:
    return Refused(
        "REBUILD_NOTHING",
        N_("数据库里已经读不出本机的身份。"),
        N_("请把数据目录里的 kiosk.db 移走，向运营要登记码，重新登记；数据会从中心下载。"),
    )


def _read_anew(db: SqliteDatabase) -> Rebuilt:
    """The file is whole: forget how far the feeds were read, and every row comes anew."""
    migrate_house(db, kiosk_house())
    if sync_store.sync_state(db) is None:
        raise _nothing()
    with db.writing() as tx:
        sync_store.forget_cursors(tx)
    head = sync_store.kiosk_head(db)
    state = sync_store.sync_state(db)
    assert state is not None  # noqa: S101 - looked at above
    return Rebuilt(head.seq - state.base_seq, sync_store.outbox(db)[0], head.seq, None)


def _save(old: SqliteDatabase, config: Config, key: str, clock: Clock) -> Rebuilt:
    """Save what can be read into a new file, which then takes the old one's place."""
    fresh_path = config.data / f"{DATABASE_FILE}.restoring"
    for left in config.data.glob(f"{fresh_path.name}*"):
        left.unlink()
    fresh = open_sqlite(fresh_path, key=key, authoritative=False)
    try:
        migrate_house(fresh, kiosk_house())
        with fresh.writing() as tx:
            for table in IDENTITY:
                store.add_rows(tx, table, list(old.salvage(store.select_all(table))))
        state = sync_store.sync_state(fresh)
        if state is None:
            raise _nothing()
        facts, newest = _save_facts(old, fresh, state)
        at = utc_text(clock.now())
        aside = config.data / f"replaced-{at.replace(':', '').replace('.', '')}"
        with fresh.writing() as tx:
            store.add_restore(tx, at, "rebuild", aside.name)
    finally:
        fresh.close()
    old.close()
    copies.put_in_place(fresh_path, config.data / DATABASE_FILE, aside, with_it=MARKS)
    unsent = max(0, newest - state.acked_seq)
    return Rebuilt(facts, unsent, newest, aside)


def _save_facts(old: SqliteDatabase, fresh: SqliteDatabase, state: sync_store.SyncState) -> tuple[int, int]:
    """Facts from the oldest kept on, as far as each follows from the one before; how many, and the newest."""
    seq, before, count = state.base_seq, sync_store.fact_hash(fresh, state.base_seq), 0
    with fresh.writing() as tx:
        for row in old.salvage(store.SELECT_FACTS):
            hashed = chain_hash(before, row["kind"], row["at"], row["actor"], bytes(row["payload"]))
            if row["seq"] != seq + 1 or hashed != bytes(row["hash"]):
                break
            # rows come anew from the centre: nothing is ever stepped back over these
            store.add_rows(tx, "facts", [{**dict(row), "undo": sync_store.NO_IMAGES}])
            seq, before, count = seq + 1, hashed, count + 1
    return count, seq
