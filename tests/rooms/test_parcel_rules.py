"""What moves a parcel, what a pickup code is, where a parcel goes: every pair and every form."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.cases.rules import CASE_KIND_NAMES, CaseKind
from shared.orders.rules import Goods, OrderState
from shared.parcels.rules import (
    CARRIER_NAMES,
    PARCEL_STATE_NAMES,
    Carrier,
    Content,
    Event,
    HandOutOutcome,
    Parcel,
    ParcelState,
    PickupCode,
    Way,
    after,
    carrier_of,
    clean_waybill,
    goods_of,
    hand_out_case,
    may_hand_out,
    next_number,
    propose_shelf,
)
from shared.pickup_points.rules import ShelfLayer

PARCEL = Parcel(
    "K1.A.1", "SF1234567890123", Carrier.SF, "R1", "", ParcelState.READY, 3, 2, "3-2-0457", False, (), "王*明", "1234",
    None, "2026-11-22T03:00:00.000Z", None, "", "", "",
)  # fmt: skip

# Rows: state before; columns: event. "-" does not fit; A = arrived (ready once it has a place).
TABLE = """
             INBOUND INBOUND_UNDONE SHELVED HANDED_OUT HAND_OUT_UNDONE WENT_OVERDUE EXCEPTION EXCEPTION_CLEARED RETURNED
EXPECTED     A       -              -       -          -               -            -         -                 -
ARRIVED      A       EXPECTED       A       COLLECTED  -               -            EXCEPTION -                 RETURNED
READY        A       EXPECTED       A       COLLECTED  -               OVERDUE      EXCEPTION -                 RETURNED
OVERDUE      OVERDUE EXPECTED       OVERDUE COLLECTED  -               -            EXCEPTION -                 RETURNED
COLLECTED    -       -              -       -          A               -            -         -                 -
EXCEPTION    EXCEPTION -          EXCEPTION -          -               -            -         A                 RETURNED
RETURNED     A       -              -       -          -               -            -         -                 -
"""


def pairs() -> list[tuple[ParcelState, Event, str]]:
    head, *lines = (line.split() for line in TABLE.strip().splitlines())
    return [
        (ParcelState[state], Event[event], cell)
        for state, *cells in lines
        for event, cell in zip(head, cells, strict=True)
    ]


def test_the_table_names_every_pair() -> None:
    assert {(state, event) for state, event, _ in pairs()} == {(s, e) for s in ParcelState for e in Event}


@pytest.mark.parametrize(("state", "event", "cell"), pairs())
def test_every_pair_of_state_and_event(state: ParcelState, event: Event, cell: str) -> None:
    unplaced = None if cell == "-" else ParcelState.ARRIVED if cell == "A" else ParcelState[cell]
    placed = ParcelState.READY if cell == "A" else unplaced
    assert after(state, event, shelved=False) is unplaced
    assert after(state, event, shelved=True) is placed


def test_every_state_carrier_and_case_has_a_name() -> None:
    assert set(PARCEL_STATE_NAMES) == set(ParcelState)
    assert set(CARRIER_NAMES) == set(Carrier)
    assert set(CASE_KIND_NAMES) == set(CaseKind)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("3-2-0457", PickupCode(3, 2, 457)),
        ("320457", PickupCode(3, 2, 457)),
        (" 3-2 0457 ", PickupCode(3, 2, 457)),
        ("３－２－０４５７", PickupCode(3, 2, 457)),
        ("9-9-9999", PickupCode(9, 9, 9999)),
        ("0-2-0457", None),
        ("3-0-0457", None),
        ("3-2-0000", None),
        ("3-2-457", None),
        ("3-2-04571", None),
        ("32045", None),
        ("------", None),
        ("", None),
        ("abcdef", None),
        ("٣٢٠٤٥٧", None),
        ("3-2-0457\n4-2-0457", None),
    ],
)
def test_pickup_codes_as_people_type_them(text: str, code: PickupCode | None) -> None:
    assert PickupCode.parse(text) == code


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9999))
def test_a_printed_code_reads_back(shelf: int, layer: int, number: int) -> None:
    code = PickupCode(shelf, layer, number)
    assert PickupCode.parse(str(code)) == code == PickupCode.parse(str(code).replace("-", ""))


@given(st.text(max_size=60))
def test_any_text_is_a_code_or_none(text: str) -> None:
    code = PickupCode.parse(text)
    assert code is None or PickupCode.parse(str(code)) == code


def test_numbers_go_round() -> None:
    assert [next_number(0), next_number(1), next_number(9998), next_number(9999)] == [1, 2, 9999, 1]


@pytest.mark.parametrize(
    ("text", "waybill"),
    [
        ("sf1234567890123", "SF1234567890123"),
        (" SF 1234 5678 90123\r\n", "SF1234567890123"),
        ("ＬＱ-2026.11", "LQ-2026.11"),
        ("1234", None),
        ("-12345", None),
        ("A" * 40, "A" * 40),
        ("A" * 41, None),
        ("A" * 5000, None),
        ("SF12345'; --", None),
        ("包裹12345", None),
        ("", None),
        ("%%%%%%", None),
    ],
)
def test_waybills_as_scanned(text: str, waybill: str | None) -> None:
    assert clean_waybill(text) == waybill


@pytest.mark.parametrize(
    ("waybill", "carrier"),
    [
        ("LQ20261122001", Carrier.OWN),
        ("SF1234567890123", Carrier.SF),
        ("YT1234567890123", Carrier.YTO),
        ("JDVA12345678901", Carrier.JD),
        ("78123456789012", Carrier.ZTO),
        ("773123456789012", Carrier.STO),
        ("463123456789012", Carrier.YUNDA),
        ("EA123456789CN", Carrier.EMS),
        ("HELLO-12345", Carrier.OTHER),
    ],
)
def test_carriers_are_guessed_by_form(waybill: str, carrier: Carrier) -> None:
    assert carrier_of(waybill) is carrier


def test_shelves_fill_evenly_and_cold_stays_cold() -> None:
    layers = [ShelfLayer(1, 1, "", 4, False), ShelfLayer(1, 2, "", 2, False), ShelfLayer(2, 1, "", 3, True)]
    taken: dict[tuple[int, int], int] = {}
    for _ in range(6):
        layer = propose_shelf(layers, taken, cold=False)
        assert layer is not None
        taken[layer.place] = taken.get(layer.place, 0) + 1
        assert abs(taken.get((1, 1), 0) / 4 - taken.get((1, 2), 0) / 2) <= 0.5
    assert taken == {(1, 1): 4, (1, 2): 2}
    assert propose_shelf(layers, taken, cold=False) is None
    assert propose_shelf(layers, taken, cold=True) == layers[2]
    assert propose_shelf([ShelfLayer(1, 1, "", 0, False)], {}, cold=False) is None
    assert propose_shelf([], {}, cold=False) is None


@pytest.mark.parametrize(
    ("states", "goods"),
    [
        ([], Goods.WAITING),
        (["READY"], Goods.READY),
        (["READY", "OVERDUE"], Goods.READY),
        (["READY", "COLLECTED"], Goods.READY),
        (["COLLECTED", "COLLECTED"], Goods.COLLECTED),
        (["READY", "EXPECTED"], Goods.WAITING),
        (["COLLECTED", "ARRIVED"], Goods.WAITING),
        (["EXCEPTION", "READY"], Goods.WAITING),
        (["RETURNED", "COLLECTED"], Goods.WAITING),
    ],
)
def test_an_order_is_as_far_as_its_parcels(states: list[str], goods: Goods) -> None:
    assert goods_of(ParcelState[state] for state in states) is goods


@pytest.mark.parametrize("state", ParcelState)
@pytest.mark.parametrize("order", [None, *OrderState])
@pytest.mark.parametrize("way", Way)
def test_what_may_go_opens_no_case_and_the_rest_does(state: ParcelState, order: OrderState | None, way: Way) -> None:
    parcel = replace(PARCEL, state=state)
    outcome, case = may_hand_out(parcel, order, way), hand_out_case(parcel, order)
    if outcome is HandOutOutcome.HANDED_OUT:
        assert case is None
        assert state in (ParcelState.READY, ParcelState.OVERDUE, ParcelState.ARRIVED)
        assert order not in (OrderState.PLACED, OrderState.CANCELLED, OrderState.REFUNDED)
    elif state is not ParcelState.ARRIVED or order in (OrderState.PLACED, OrderState.CANCELLED, OrderState.REFUNDED):
        assert case is not None
    expected = {
        ParcelState.COLLECTED: HandOutOutcome.ALREADY_COLLECTED,
        ParcelState.EXCEPTION: HandOutOutcome.EXCEPTION,
    }
    assert outcome is expected.get(state, outcome)
    assert (case is CaseKind.DOUBLE_HAND_OUT) == (state is ParcelState.COLLECTED)


def test_a_parcel_without_a_place_is_found_by_staff_only() -> None:
    parcel = replace(PARCEL, state=ParcelState.ARRIVED, shelf=None, layer=None, pickup_code="")
    assert may_hand_out(parcel, None, Way.PASS) is HandOutOutcome.NOT_READY
    assert may_hand_out(parcel, None, Way.CODE) is HandOutOutcome.NOT_READY
    assert may_hand_out(parcel, None, Way.STAFF) is HandOutOutcome.HANDED_OUT
    assert (parcel.code, parcel.place, PARCEL.code, PARCEL.place) == ("—", None, "3-2-0457", (3, 2))


def test_only_own_goods_that_lie_here_are_stock() -> None:
    contents = (Content("A", "苹果", 2), Content("B", "梨", 1), Content("A", "苹果", 3))
    own = replace(PARCEL, carrier=Carrier.OWN, contents=contents)
    assert own.units == {"A": 5, "B": 1}
    assert replace(own, carrier=Carrier.SF).units == {}
    present = {state for state in ParcelState if replace(own, state=state).units}
    assert present == {ParcelState.ARRIVED, ParcelState.READY, ParcelState.OVERDUE, ParcelState.EXCEPTION}
