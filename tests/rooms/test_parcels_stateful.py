"""A kiosk driven at random: stock agrees with its ledger and with what lies here, orders follow their parcels."""

import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from shared import allotments, cases, catalogue, devices, orders, parcels, pickup_points, residents, stock
from shared.db import open_sqlite
from shared.kernel.clock import ManualClock
from shared.kernel.errors import Refused
from shared.orders.operations import cancel_order, pay_order, refund_order
from shared.parcels import facts, operations, store
from shared.parcels.operations import HandOutOutcome, hand_over, receive_parcel
from shared.parcels.rules import ParcelState
from shared.sync import House
from tests.conftest import POINT, make_kiosk
from tests.rooms.stall import WANG, announce, check_books, shelve_up

PLACES = st.sampled_from([(1, 1), (1, 2), (2, 1)])
WHICH = st.integers(0, 30)


class Counter(RuleBasedStateMachine):
    """Whatever staff, residents and the centre do, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        rooms = (parcels, orders, allotments, stock, cases, pickup_points, catalogue, residents, devices)
        db = open_sqlite(self.folder / "kiosk.db", key=None, authoritative=False)
        self.clock = ManualClock(datetime(2026, 11, 22, 3, tzinfo=UTC))
        self.kiosk = make_kiosk(db, House([room.ROOM for room in rooms]), self.clock)
        self.orders: list[str] = []
        self.parcels: list[str] = []
        self.waybills: list[str] = []

    def teardown(self) -> None:
        self.kiosk.db.close()
        shutil.rmtree(self.folder)

    @initialize()
    def open(self) -> None:
        shelve_up(self.kiosk, capacity=3)

    def _one(self, which: int) -> str:
        return self.parcels[which % len(self.parcels)] if self.parcels else "nobody"

    def _may(self, work: Callable[[], object]) -> None:
        """The rules may refuse; nothing else may go wrong."""
        with suppress(Refused):
            work()

    @rule(parcels=st.integers(1, 3), paid=st.booleans())
    def announce(self, parcels: int, paid: bool) -> None:
        made = announce(self.kiosk, str(len(self.orders)), parcels=parcels, paid=paid)
        self.orders.append(made.order.id)
        self.parcels += [one.id for one in made.parcels]
        self.waybills += [one.waybill for one in made.parcels]

    @rule(which=WHICH, cold=st.booleans())
    def receive(self, which: int, cold: bool) -> None:
        if self.waybills:
            receive_parcel(self.kiosk, POINT, self.waybills[which % len(self.waybills)], "S1", cold=cold)

    @rule(which=WHICH, place=PLACES)
    def receive_a_stranger(self, which: int, place: tuple[int, int]) -> None:
        result = receive_parcel(self.kiosk, POINT, f"SF00000000000{which:02d}", "S1", recipient=WANG, place=place)
        assert result.parcel is not None
        if result.parcel.id not in self.parcels:
            self.parcels.append(result.parcel.id)

    @rule(which=st.lists(WHICH, min_size=1, max_size=3), way=st.sampled_from(["pass", "code", "staff"]))
    def hand_out(self, which: list[int], way: str) -> None:
        ids = [self._one(one) for one in which]
        before = store.parcels(self.kiosk.db, POINT, ids)
        result = hand_over(self.kiosk, POINT, ids, "S1", way=way)
        if result.outcome is HandOutOutcome.HANDED_OUT:
            assert all(before[one.id].state is not ParcelState.COLLECTED for one in result.parcels)

    @rule(which=st.lists(WHICH, min_size=1, max_size=3))
    def take_back(self, which: list[int]) -> None:
        self._may(lambda: operations.undo_hand_over(self.kiosk, POINT, [self._one(one) for one in which], "S1"))

    @rule(which=st.lists(WHICH, min_size=1, max_size=2))
    def hand_out_elsewhere(self, which: list[int]) -> None:
        """A fact that no operation of this kiosk would have allowed."""
        ids = tuple(dict.fromkeys(self._one(one) for one in which))
        with self.kiosk.writing(POINT) as tx:
            self.kiosk.record(tx, facts.HandedOut(ids, "staff", ""), point=POINT, actor="S2")

    @rule(which=WHICH)
    def undo_inbound(self, which: int) -> None:
        self._may(lambda: operations.undo_inbound(self.kiosk, POINT, self._one(which), "S1"))

    @rule(which=WHICH, place=PLACES)
    def move(self, which: int, place: tuple[int, int]) -> None:
        self._may(lambda: operations.move_parcel(self.kiosk, POINT, self._one(which), place, "S1"))

    @rule(which=WHICH)
    def find_fault(self, which: int) -> None:
        self._may(lambda: operations.mark_exception(self.kiosk, POINT, self._one(which), "破损", "S1"))

    @rule(which=WHICH)
    def find_right(self, which: int) -> None:
        self._may(lambda: operations.clear_exception(self.kiosk, POINT, self._one(which), "S1"))

    @rule(which=WHICH)
    def send_back(self, which: int) -> None:
        self._may(lambda: operations.return_parcel(self.kiosk, POINT, self._one(which), "退回", "S1"))

    @rule(hours=st.integers(1, 60))
    def wait(self, hours: int) -> None:
        self.clock.advance(hours * 3600)
        operations.mark_overdue(self.kiosk, POINT, "night")

    @rule(which=WHICH, wish=st.sampled_from([pay_order, cancel_order, refund_order]))
    def wish(self, which: int, wish: Callable[..., object]) -> None:
        if not self.orders:
            return
        order_id = self.orders[which % len(self.orders)]
        told = (order_id,) if wish is pay_order else (order_id, "不要了")

        def work() -> None:
            with self.kiosk.writing(POINT) as tx:
                wish(self.kiosk, tx, POINT, *told, "op")

        self._may(work)

    @invariant()
    def books_are_right(self) -> None:
        check_books(self.kiosk)

    @invariant()
    def codes_of_what_lies_here_differ(self) -> None:
        here = [one for one in store.recent(self.kiosk.db, POINT, 1000) if one.present and one.pickup_code]
        assert len({one.pickup_code for one in here}) == len(here)


Counter.TestCase.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None, print_blob=True, derandomize=False,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
TestCounter = Counter.TestCase
