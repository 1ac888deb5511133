"""The bounded counters, without any database: whatever the network does to messages, nothing is sold twice."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from shared.allotments.rules import (
    NOTHING,
    Counters,
    Offer,
    Supply,
    check_offer,
    check_pool,
    check_right,
    check_sale,
    committed,
    first_of_life,
    grant_units,
    keep_units,
    low_mark,
    mean_per_day,
    signed_off,
)
from shared.kernel.errors import Refused

counters = st.builds(Counters, *[st.integers(0, 50)] * 4)
DEVICES = ("K1", "K2", "K3")


@given(counters, counters, counters)
def test_merging_forgets_order_and_repetition(one: Counters, two: Counters, three: Counters) -> None:
    assert one.merged(two) == two.merged(one)
    assert one.merged(two).merged(three) == one.merged(two.merged(three))
    assert one.merged(one) == one


@given(counters)
def test_what_was_used_was_granted(told: Counters) -> None:
    believed = first_of_life(told)
    assert believed.right >= 0
    assert believed.granted >= told.granted
    assert believed[1:] == told[1:]


@given(counters, st.integers(0, 200))
def test_a_count_leaves_exactly_what_was_counted(before: Counters, gone: int) -> None:
    gone = max(gone, before.gone, 0)
    after = signed_off(before, gone)
    assert after.held == after.gone == gone
    assert after.merged(before) == after, "counters only grow"


class Rights(RuleBasedStateMachine):
    """One pool, three devices, a network that loses, doubles and reorders, cards that forget and guards that don't."""

    @initialize(total=st.integers(0, 40))
    def start(self, total: int) -> None:
        self.total = total
        self.centre = dict.fromkeys(DEVICES, NOTHING)
        self.device = dict.fromkeys(DEVICES, NOTHING)
        self.guard = dict.fromkeys(DEVICES, NOTHING)
        self.copies: dict[str, list[Counters]] = {one: [] for one in DEVICES}
        self.letters: list[tuple[str, bool, Counters]] = []
        self.gone = dict.fromkeys(DEVICES, 0)

    def _write(self, device: str, new: Counters) -> None:
        self.guard[device] = self.guard[device].merged(new._replace(undone=0))
        self.device[device] = new

    @rule(device=st.sampled_from(DEVICES))
    def tell(self, device: str) -> None:
        self.letters.append((device, True, self.device[device]))

    @rule(device=st.sampled_from(DEVICES), short=st.integers(0, 9))
    def grant(self, device: str, short: int) -> None:
        free = self.total - committed(self.centre.values())
        supply = Supply(self.total, free, len(DEVICES), None, None)
        known = self.centre[device]
        units = grant_units(supply, known.right, short)
        assert 0 <= units <= max(0, free)
        self.centre[device] = known._replace(granted=known.granted + units)
        self.letters.append((device, False, self.centre[device]))

    @precondition(lambda self: self.letters)
    @rule(data=st.data(), keep=st.booleans())
    def deliver(self, data: st.DataObject, keep: bool) -> None:
        at = data.draw(st.integers(0, len(self.letters) - 1))
        device, up, said = self.letters[at]
        if not keep:
            del self.letters[at]
        if up:
            self.centre[device] = self.centre[device].merged(said)
        else:
            self._write(device, self.device[device].merged(Counters(granted=said.granted)))

    @precondition(lambda self: self.letters)
    @rule(data=st.data())
    def lose(self, data: st.DataObject) -> None:
        del self.letters[data.draw(st.integers(0, len(self.letters) - 1))]

    @rule(device=st.sampled_from(DEVICES), units=st.integers(1, 5))
    def sell(self, device: str, units: int) -> None:
        if self.device[device].right >= units:
            self._write(device, self.device[device].selling(units))
            self.gone[device] += units

    @rule(device=st.sampled_from(DEVICES), units=st.integers(1, 5))
    def crash_in_a_sale(self, device: str, units: int) -> None:
        if self.device[device].right >= units:
            before = self.device[device]
            self._write(device, before.selling(units))
            self.device[device] = before.merged(self.guard[device])

    @rule(device=st.sampled_from(DEVICES))
    def undo(self, device: str) -> None:
        if self.device[device].gone and self.gone[device]:
            self._write(device, self.device[device].undoing(1))
            self.gone[device] -= 1

    @rule(device=st.sampled_from(DEVICES))
    def give_back(self, device: str) -> None:
        if self.device[device].right > 0:
            self._write(device, self.device[device].returning(1))

    @rule(device=st.sampled_from(DEVICES))
    def copy(self, device: str) -> None:
        self.copies[device].append(self.device[device])

    @rule(device=st.sampled_from(DEVICES), data=st.data())
    def put_back(self, device: str, data: st.DataObject) -> None:
        if self.copies[device]:
            old = data.draw(st.sampled_from(self.copies[device]))
            self.device[device] = old.merged(self.guard[device])

    @invariant()
    def nothing_is_sold_twice(self) -> None:
        assert sum(self.gone.values()) <= self.total
        for device in DEVICES:
            assert self.gone[device] <= self.device[device].gone
            assert self.device[device].granted <= self.centre[device].granted

    @invariant()
    def granted_and_pool_are_the_total(self) -> None:
        held = committed(self.centre.values())
        assert held <= self.total


TestRights = Rights.TestCase
TestRights.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)


@pytest.mark.parametrize(
    ("supply", "right", "short", "units"),
    [
        (Supply(100, 100, 5, None, None), 0, 0, 5),
        (Supply(100, 100, 5, 4.0, None), 0, 0, 14),
        (Supply(100, 100, 5, 4.0, 1.0), 0, 0, 6),
        (Supply(100, 100, 5, 4.0, None), 14, 0, 0),
        (Supply(100, 8, 2, 4.0, None), 0, 0, 2),
        (Supply(100, 1, 9, 4.0, None), 0, 0, 1),
        (Supply(100, 8, 2, 4.0, None), 0, 7, 7),
        (Supply(100, 3, 2, 4.0, None), 0, 7, 3),
        (Supply(100, 0, 2, 4.0, None), 0, 7, 0),
        (Supply(100, -4, 2, 4.0, None), 0, 7, 0),
    ],
)
def test_grants_follow_demand_and_shrink_near_the_end(supply: Supply, right: int, short: int, units: int) -> None:
    assert grant_units(supply, right, short) == units


def test_a_point_asks_before_it_runs_out_and_gives_back_what_it_never_sells() -> None:
    supply = Supply(100, 100, 5, 4.0, None)
    assert low_mark(supply) == 7
    assert (keep_units(supply, 28), keep_units(supply, 29)) == (None, 28)
    assert mean_per_day({}, 3) is None
    assert mean_per_day({"2026-11-20": 4, "2026-11-22": 5}, 3) == 3.0


def test_an_offer_says_when_it_is_open() -> None:
    offer = Offer("O", "PEAR", 5, 10, "2026-11-22T08:00:00.000Z", "2026-11-22T18:00:00.000Z")
    assert not offer.open_at("2026-11-22T07:59:59.999Z")
    assert offer.open_at("2026-11-22T08:00:00.000Z")
    assert not offer.open_at("2026-11-22T18:00:00.000Z")
    with pytest.raises(Refused, match="OFFER_CLOSED"):
        check_sale(offer, 1, "2026-11-22T19:00:00.000Z")
    with pytest.raises(Refused, match="SALE_QUANTITY"):
        check_sale(offer, 0, "2026-11-22T09:00:00.000Z")
    with pytest.raises(Refused, match="OFFER_UNKNOWN"):
        check_sale(None, 1, "2026-11-22T09:00:00.000Z")
    assert check_sale(offer, 1, "2026-11-22T09:00:00.000Z") is offer


@pytest.mark.parametrize(
    ("offer", "code"),
    [
        (Offer("O", "", 5, 10, "2026"), "OFFER_PRICE"),
        (Offer("O", "P", -1, 10, "2026"), "OFFER_PRICE"),
        (Offer("O", "P", 5, -1, "2026"), "OFFER_TOTAL"),
        (Offer("O", "P", 5, 10_000_001, "2026"), "OFFER_TOTAL"),
        (Offer("O", "P", 5, 6, "2026"), "OFFER_TOTAL"),
        (Offer("O", "P", 5, 10, "2026", "2025"), "OFFER_TIMES"),
    ],
)
def test_offers_that_make_no_sense_are_refused(offer: Offer, code: str) -> None:
    with pytest.raises(Refused, match=code):
        check_offer(offer, 7)


def test_refusals_say_how_many_there_are() -> None:
    for check in (check_right, check_pool):
        check(3, 3)
        with pytest.raises(Refused, match="SALE_NONE_LEFT"):
            check(0, 1)
        with pytest.raises(Refused, match="SALE_TOO_FEW") as refused:
            check(2, 3)
        assert refused.value.params == {"right": 2, "quantity": 3}
