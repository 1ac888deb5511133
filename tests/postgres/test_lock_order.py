"""Two transactions that want the same feeds take them in the same order: nobody is refused because of a deadlock."""

import threading
import time

from shared.db.postgres import PostgresDatabase
from shared.kernel.clock import SystemClock
from shared.kernel.ids import IdMaker
from shared.sync import CentreJournal, House, rows, store
from shared.sync.rebuild import migrate_house
from tests.sync.toy import ROOM, Filled, held

HOUSE = House([ROOM])


def test_an_operator_who_writes_to_two_points_and_a_round_of_one_of_them(db: PostgresDatabase) -> None:
    migrate_house(db, HOUSE)
    with db.writing() as tx:
        store.start_server_life(tx, 1, "E0")
    journal = CentreJournal(db, SystemClock(), IdMaker.at_start("0"), HOUSE)
    within, failed = threading.Event(), []

    def a_round() -> None:
        """What ``receive`` holds, and when: the point's feed, and after the facts were applied its journal."""
        try:
            with db.writing() as other:
                rows.lock_feed(other, "point:P2")
                within.set()
                time.sleep(0.5)
                rows.next_version(other, "journal:P2")
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            failed.append(error)

    thread = threading.Thread(target=a_round)
    thread.start()
    assert within.wait(5)
    with journal.writing("P1") as own:
        journal.record(own, Filled("a", 1), point="P1", actor="运营")
        journal.record(own, Filled("a", 1), point="P2", actor="运营")
    thread.join()
    assert failed == []
    assert (held(db, "P1", "a"), held(db, "P2", "a")) == (1, 1)
