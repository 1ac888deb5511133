"""Proof and repair: replay the journal from nothing and arrive at the same rows."""

from shared.db import Database, Tx, migrate
from shared.db.database import Reads, is_about_data
from shared.kernel.clock import checked_utc
from shared.sync import rows, store
from shared.sync.journal import CENTRE_DEVICE
from shared.sync.rooms import Fact, House
from shared.sync.tables import MIGRATIONS
from shared.sync.wire import unpack_batch


def migrate_house(db: Database, house: House) -> None:
    """Bring the ground's and every room's tables up to date."""
    migrate(db, "sync", MIGRATIONS)
    for room in house.rooms:
        migrate(db, room.name, room.migrations)


def rebuild(source: Reads, house: House, empty: Database) -> int:
    """Replay ``source``'s journal into ``empty`` (a fresh database at the centre's side); the number of facts.

    Facts that quarantine holds unresolved are met again and skipped the same way: one that fails changes nothing.
    """
    migrate_house(empty, house)
    count = 0
    for point in store.journal_points(source):
        after = 0
        while batches := store.journal_rows(source, point, after):
            for batch in batches:
                first_seq, lines = unpack_batch(batch.body)
                with empty.writing() as tx:
                    for seq, line in enumerate(lines, start=first_seq):
                        _replay(tx, house, batch, seq, line.kind, line.at, line.actor, line.payload)
                count += len(lines)
                after = batch.number
    return count


def _replay(
    tx: Tx, house: House, batch: store.JournalRow, seq: int, name: str, at: str, actor: str, packed: bytes
) -> None:
    kind = house.kinds.get(name)
    if kind is None or (kind.centre_only and batch.device != CENTRE_DEVICE):
        return
    try:
        checked_utc(at)
        payload = kind.decode(packed)
        with tx.savepoint():
            kind.apply(tx, Fact(batch.point, batch.device, batch.epoch, seq, name, at, actor, payload), payload)
    except Exception as error:
        if not is_about_data(error):
            raise
        rows.forget_reads(tx)


def differences(source: Reads, rebuilt: Reads, house: House) -> list[str]:
    """The feeds whose rows do not follow from the journal; empty when all is well."""
    feeds = {row["feed"] for row in source.query("SELECT feed FROM feeds")}
    feeds |= {row["feed"] for row in rebuilt.query("SELECT feed FROM feeds")}
    return sorted(
        feed
        for feed in feeds
        if not feed.startswith("journal:") and rows.digest(source, house, feed) != rows.digest(rebuilt, house, feed)
    )
