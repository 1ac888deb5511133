"""No query of a round grows with what lies in the database: blocks per statement at a small and at a large centre."""

import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from shared.allotments.messages import Told, ToldRow, read_granted, told_message
from shared.allotments.operations import set_offer
from shared.allotments.rules import Offer
from shared.catalogue.operations import set_product
from shared.catalogue.rules import Product
from shared.db import Database
from shared.sync.journal import CentreJournal
from shared.sync.signing import SIGNATURE_BYTES
from shared.sync.wire import SyncAnswer, unpack
from sync_server.app import make_app
from sync_server.host import Centre
from tests.load.growth import grow
from tests.load.kiosk import LoadKiosk
from tests.load.line import signed
from tests.load.stand import REGION, begin, enrol, settings
from tests.postgres.costs import Costs, WatchedDatabase

SMALL, LARGE = 1_000, 100_000
POINT = "JN-HL01"
# an index that is a level deeper costs a block more at each look, and a row that is written looks into each of its
# table's indexes; a query that reads what it passes over would cost hundreds or thousands more
LEVELS = 30


@dataclass
class Growing:
    """A centre whose statements are watched, with one kiosk, and how to make it large."""

    centre: Centre
    db: WatchedDatabase
    plain: Database
    kiosk: LoadKiosk

    sold: int = -1
    granted: int = 0

    def __post_init__(self) -> None:
        self.door = make_app(self.centre).test_client()

    def round(self) -> SyncAnswer:
        """One round through the front door."""
        request = self.kiosk.request()
        response = self.door.post("/v1/sync", data=signed(self.kiosk, request))
        assert response.status_code == 200, response.data
        answer = unpack(response.data[SIGNATURE_BYTES:], SyncAnswer)
        self.kiosk.take(request, answer)
        return answer

    def costs_of_rounds(self) -> tuple[Costs, Costs]:
        """What an idle round costs, and one that pushes five facts and pulls what the centre changed meanwhile."""
        # what was added in bulk left full pages behind: the first to write after it makes room for those that follow
        for _ in range(3):
            self.kiosk.busy_minute()
            self.round()
        self.round()
        self.db.costs.taken()
        assert self.round().count == 0
        idle = self.db.costs.taken()
        self.kiosk.busy_minute()
        assert self.round().own
        _changed_by_the_centre(self.centre, self.kiosk.point)
        self.kiosk.busy_minute()
        assert not self.round().own
        self.sell()
        return idle, self.db.costs.taken()

    def open_offer(self) -> None:
        """Something to sell, which the kiosk has heard of and holds a first right to."""
        with self.centre.journal.writing(REGION) as tx:
            set_product(self.centre.journal, tx, REGION, Product("apple", "苹果"), "test")
            offer = Offer("apples", "apple", 1990, 1_000_000, "2020-01-01T00:00:00.000Z")
            set_offer(self.centre.journal, tx, REGION, offer, "test")
        self.sell()

    def sell(self) -> None:
        """One unit more is sold at the kiosk, which lacks some: rights move in both directions."""
        self.sold += 1
        for full in (True, False):
            row = ToldRow("apples", self.granted, min(self.sold, self.granted), 0, 0)
            self.kiosk.told = told_message(Told("lot", full, [row] if self.granted else [], [("apples", 1)]))
            said = read_granted(self.round().grants)
            assert said is not None
            self.granted = next(one.granted for one in said.rows if one.offer == "apples")
        self.kiosk.told = []

    def grow(self, rows: int) -> None:
        """The centre gets older."""
        grow(self.plain, self.centre, [self.kiosk], rows)


def _changed_by_the_centre(centre: Centre, point: str) -> None:
    from shared.pickup_points.operations import set_shelf_layer
    from shared.pickup_points.rules import ShelfLayer

    with centre.journal.writing(point) as tx:
        name = secrets.token_hex(4)
        set_shelf_layer(centre.journal, tx, point, ShelfLayer(1, 2, name, 120, False), "test")


@pytest.fixture
def growing(address: str, tmp_path: Path) -> Iterator[Growing]:
    centre = begin(settings(tmp_path, address))
    [kiosk, *_] = enrol(centre, [POINT, "JN-HL02"])
    db = WatchedDatabase(address)
    watched = replace(centre, db=db, journal=CentreJournal(db, centre.clock, centre.ids, centre.house))
    yield Growing(watched, db, centre.db, kiosk)
    db.close()
    centre.db.close()


def grown(before: Costs, after: Costs) -> Sequence[str]:
    small = before.most()
    return [f"{small.get(sql)} → {blocks} blocks: {sql}" for sql, blocks in after.most().items()
            if blocks > small.get(sql, 0) + LEVELS]  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_no_statement_of_a_round_grows_with_the_total(growing: Growing) -> None:
    growing.kiosk.busy_minute()
    growing.round()
    growing.open_offer()
    growing.grow(SMALL)
    idle_before, work_before = growing.costs_of_rounds()
    growing.grow(LARGE)
    idle_after, work_after = growing.costs_of_rounds()
    for name, before, after in (("idle", idle_before, idle_after), ("work", work_before, work_after)):
        print(f"{name}: {after.calls} statements, {sum(sum(b) for b in after.values())} blocks")
        for sql, blocks in sorted(after.most().items(), key=lambda one: -one[1])[:12]:
            print(f"  {before.most().get(sql)} → {blocks}  {sql[:150]}")
    assert grown(idle_before, idle_after) == []
    assert grown(work_before, work_after) == []
    assert idle_after.calls == idle_before.calls
    assert work_after.calls <= work_before.calls + 2


def test_a_statement_that_does_grow_is_noticed(growing: Growing) -> None:
    """The measurement can say no: without the index on the feed, following it reads what lies below the cursor."""
    growing.kiosk.busy_minute()
    growing.round()
    growing.open_offer()
    growing.grow(SMALL)
    _, before = growing.costs_of_rounds()
    growing.grow(10_000)
    growing.db.run_script(["DROP INDEX parcels_version"])
    _, after = growing.costs_of_rounds()
    assert any("FROM parcels" in sql for sql in grown(before, after))


def test_a_push_writes_under_its_point_and_nowhere_else(growing: Growing) -> None:
    """The sharding key: what one transaction writes lies on one shard; the note of the contact is one of its own."""
    growing.round()
    growing.db.costs.taken()
    growing.kiosk.busy_minute()
    growing.round()
    written = {
        found[1] for sql in growing.db.costs if (found := re.match(r"(?:INSERT INTO|UPDATE|DELETE FROM) (\w+)", sql))
    }
    by_point = growing.plain.query(
        "SELECT relname AS name FROM pg_index JOIN pg_class ON pg_class.oid = indrelid "
        "WHERE indisprimary AND pg_get_indexdef(indexrelid, 1, true) = 'point'"
    )
    assert {"journal", "journal_heads", "feed_versions", "parcels"} <= written
    assert written - {row["name"] for row in by_point} == {"devices"}
