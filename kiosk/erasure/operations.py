"""Forget residents who were erased at the centre. Runs after each good round; almost always there is nothing to do."""

import logging

from kiosk.erasure import store
from kiosk.host import Kiosk
from shared.kernel.clock import utc_text
from shared.parcels import store as parcels
from shared.sync import store as sync_store
from shared.sync.erase import blank_kept, blank_parked, naming_kinds

log = logging.getLogger(__name__)


def forget_the_erased(kiosk: Kiosk) -> int:
    """Take out of kept facts, undo images, quarantine, labels and calls what names somebody erased; how many people.

    Rows have come blank with the round itself. Facts that the centre does not have yet stay whole until it has them:
    their hash could not be checked otherwise. It empties them when they come, and this kiosk after the next round.
    """
    state, now = kiosk.enrolled_state(), utc_text(kiosk.clock.now())
    news = store.new_erasures(kiosk.db, state.point)
    if not news and not store.unfinished(kiosk.db):
        return 0
    with kiosk.db.writing() as tx:
        head = sync_store.kiosk_head(tx).seq
        for resident in news:
            store.begin(tx, resident, head, now)
        state = sync_store.sync_state(tx) or state
        due = store.unfinished(tx)
        people = [one.id for one in due]
        boxes = parcels.ids_of_residents(tx, state.point, people)
        ids = {*people, *boxes}
        blank_kept(tx, kiosk.house, ids, state.acked_seq)
        blank_parked(tx, kiosk.house, state.point, ids, naming_kinds(kiosk.house))
        store.forget_what_hangs_on(tx, sorted(boxes))
    done = [one.id for one in due if one.until_seq <= state.acked_seq]
    # SQLite keeps what was deleted until its place is used again, and the log keeps every page it was written on
    if done and not kiosk.db.shred():
        return 0
    if done:
        with kiosk.db.writing() as tx:
            store.finish(tx, done, now)
        log.info("%d residents forgotten", len(done))
    return len(done)
