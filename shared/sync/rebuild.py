"""Proof and repair: replay the journal from nothing and arrive at the same rows."""

from shared.db import Database, Tx, migrate
from shared.db.database import Reads, is_about_data
from shared.kernel.clock import checked_utc
from shared.sync import rows, store
from shared.sync.journal import CENTRE_DEVICE, chain_hash, mark_of
from shared.sync.quarantine import Retried
from shared.sync.rooms import Fact, House
from shared.sync.tables import MIGRATIONS
from shared.sync.wire import FactLine, unpack_batch


def migrate_house(db: Database, house: House) -> int:
    """Bring the ground's and every room's tables up to date; the number of steps that ran."""
    ran = migrate(db, "sync", MIGRATIONS)
    return ran + sum(migrate(db, room.name, room.migrations) for room in house.rooms)


def rebuild(source: Reads, house: House, empty: Database) -> int:
    """Replay ``source``'s journal into ``empty`` (a fresh database at the centre's side); the number of facts.

    Facts that quarantine holds unresolved are met again and skipped the same way: one that fails changes nothing.
    """
    migrate_house(empty, house)
    count = 0
    by_hand: set[tuple[str, str, int, str]] = set()
    for point in store.journal_points(source):
        after = 0
        while batches := store.journal_rows(source, point, after):
            for batch in batches:
                first_seq, lines = unpack_batch(batch.body)
                chain = batch.chain_before or store.START_OF_CHAIN
                with empty.writing() as tx:
                    for seq, line in enumerate(lines, start=first_seq):
                        chain = chain_hash(chain, line.kind, line.at, line.actor, line.payload)
                        mark = mark_of(chain)
                        if not batch.parked and (point, batch.device, seq, mark) not in by_hand:
                            _replay(tx, house, batch, seq, line, mark, by_hand)
                count += len(lines)
                after = batch.number
    return count


def _replay(
    tx: Tx,
    house: House,
    batch: store.JournalRow,
    seq: int,
    line: FactLine,
    mark: str,
    by_hand: set[tuple[str, str, int, str]],
) -> None:
    kind = house.kinds.get(line.kind)
    if kind is None or (kind.centre_only and batch.device != CENTRE_DEVICE):
        return
    try:
        checked_utc(line.at)
        payload = kind.decode(line.payload)
        with tx.savepoint():
            fact = Fact(batch.point, batch.device, batch.epoch, seq, line.kind, line.at, line.actor, payload, mark)
            kind.apply(tx, fact, payload)
    except Exception as error:
        if not is_about_data(error):
            raise
        rows.forget_reads(tx)
        return
    if isinstance(payload, Retried):
        # the device itself may send the same fact later: it was skipped then, and is skipped now
        by_hand.add((batch.point, payload.device, payload.seq, payload.mark))


def differences(source: Reads, rebuilt: Reads, house: House) -> list[str]:
    """The feeds whose rows do not follow from the journal; empty when all is well."""
    feeds = {row["feed"] for row in source.query("SELECT feed FROM feed_versions")}
    feeds |= {row["feed"] for row in rebuilt.query("SELECT feed FROM feed_versions")}
    return sorted(
        feed
        for feed in feeds
        if not feed.startswith("journal:") and rows.digest(source, house, feed) != rows.digest(rebuilt, house, feed)
    )
