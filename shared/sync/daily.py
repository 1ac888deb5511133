"""Once a day a kiosk's rows are compared with the centre's, feed by feed, by their digests.

At rest they are equal, so a difference is a fault somewhere (a bit, a bug, a hand in the database): the kiosk reads the
feed anew, and the centre keeps a note for whoever looks after it.
"""

import hashlib
from datetime import timedelta

import msgspec

from shared.db import Database
from shared.kernel.clock import Clock, parse_utc, utc_text
from shared.sync import rows, store
from shared.sync.rooms import House
from shared.sync.wire import SyncRequest

MINUTES_A_DAY = 24 * 60


def shape(house: House, feed: str) -> str:
    """The tables and columns of a feed as eight hexadecimal digits: digests of unlike shapes say nothing."""
    tables = [(table.name, table.columns) for table in house.tables_of(feed)]
    return hashlib.blake2b(msgspec.msgpack.encode(tables), digest_size=4).hexdigest()


def _day(state: store.SyncState) -> str:
    """The day of the centre's clock; it begins at another minute for each device, so that a fleet does not compare at
    once. Empty before the first contact."""
    if not state.last_contact:
        return ""
    minute = int.from_bytes(hashlib.blake2b(state.device.encode(), digest_size=4).digest()) % MINUTES_A_DAY
    return (parse_utc(state.last_contact) - timedelta(minutes=minute)).date().isoformat()


def digests_due(db: Database, house: House, state: store.SyncState) -> dict[str, tuple[str, str]]:
    """Kiosk: shape and digest of each feed, once in a day of the centre's clock, while nothing waits to be sent."""
    today = _day(state)
    if not today or today == state.digest_on or store.outbox(db)[0]:
        return {}
    with db.reading() as moment:
        if store.kiosk_head(moment).seq != state.acked_seq:
            return {}
        return {feed: (shape(house, feed), rows.digest(moment, house, feed)) for feed in store.cursors(moment)}


def note_asked(db: Database, state: store.SyncState) -> None:
    """Kiosk: this day's comparison is asked for; noted first, or one that takes too long would be tried each round."""
    with db.writing() as tx:
        store.set_digest_on(tx, _day(state))


def read_anew(db: Database, feeds: list[str]) -> None:
    """Kiosk: feeds that differ are read from a snapshot next."""
    with db.writing() as tx:
        store.forget_cursors(tx, feeds)


def differing(
    db: Database, house: House, clock: Clock, *, point: str, feeds: list[str], request: SyncRequest
) -> list[str]:
    """Centre: the feeds whose rows at the kiosk are not what they are here, though it has read all; they are noted."""
    found = []
    with db.reading() as moment:
        for feed, (kiosk_shape, digest) in request.digests.items():
            comparable = (
                feed in feeds
                and kiosk_shape == shape(house, feed)
                and request.cursors.get(feed) == store.feed_version(moment, feed)
            )
            if comparable and rows.digest(moment, house, feed) != digest:
                found.append(feed)
    if found:
        with db.writing() as tx:
            for feed in found:
                store.add_difference(tx, point, request.device, feed, utc_text(clock.now()))
    return found
