"""Points, shelves and staff, written and read on both databases."""

from dataclasses import replace

import pytest

from shared.kernel.errors import Refused
from shared.pickup_points import operations, store
from shared.pickup_points.rules import PickupPoint, ShelfLayer, Staff, StaffRole, check_layer, check_point, check_staff
from shared.sync import CentreJournal
from tests.conftest import POINT, REGION

GOOD_POINT = PickupPoint(POINT, 1, "花园路店", "历下区花园路 1 号", REGION, "0531-88888888", "8:00-22:00")
GOOD_STAFF = Staff("S1", "李娜", "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA", StaffRole.LEADER, True)


def opened(centre: CentreJournal, code: str = POINT, number: int = 1) -> PickupPoint:
    with centre.writing(code) as tx:
        return operations.open_point(centre, tx, code, number=number, name=f"{code} 店", region=REGION, actor="op")


def test_what_is_opened_is_read_back(centre: CentreJournal) -> None:
    first, second = opened(centre), opened(centre, "JN-HL02", 2)
    assert store.point(centre.db, POINT) == first
    assert store.points(centre.db) == [first, second]
    assert store.point_by_number(centre.db, 2) == second
    assert store.point(centre.db, "NOBODY") is None


def test_a_number_belongs_to_one_point(centre: CentreJournal) -> None:
    opened(centre)
    with pytest.raises(Refused, match="POINT_NUMBER_TAKEN"):
        opened(centre, "JN-HL02", 1)
    assert opened(centre) == store.point(centre.db, POINT)  # the same point again is a change, not a clash


def test_layers_and_staff_are_read_back_and_change(centre: CentreJournal) -> None:
    layers = [ShelfLayer(1, 1, "上", 10, False), ShelfLayer(1, 2, "下", 20, False), ShelfLayer(9, 9, "冷柜", 5, True)]
    with centre.writing(POINT) as tx:
        for layer in reversed(layers):
            operations.set_shelf_layer(centre, tx, POINT, layer, "op")
        operations.set_staff(centre, tx, POINT, GOOD_STAFF, "op")
    assert store.shelf_layers(centre.db, POINT) == layers
    assert store.shelf_layer(centre.db, POINT, (9, 9)) == layers[2]
    assert store.shelf_layer(centre.db, POINT, (9, 8)) is None
    assert store.staff(centre.db, POINT) == [GOOD_STAFF]
    gone = replace(GOOD_STAFF, active=False)
    with centre.writing(POINT) as tx:
        operations.set_shelf_layer(centre, tx, POINT, replace(layers[0], capacity=0), "op")
        operations.set_staff(centre, tx, POINT, gone, "op")
    assert store.shelf_layer(centre.db, POINT, (1, 1)) == replace(layers[0], capacity=0)
    assert store.staff_member(centre.db, POINT, "S1") == gone
    assert store.staff_member(centre.db, "JN-HL02", "S1") is None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"point": "jn"}, "POINT_CODE"),
        ({"point": "A"}, "POINT_CODE"),
        ({"number": 0}, "POINT_NUMBER"),
        ({"number": 1 << 20}, "POINT_NUMBER"),
        ({"name": " "}, "POINT_NAME"),
        ({"region": ""}, "POINT_NAME"),
    ],
)
def test_what_no_point_can_be_is_refused(change: dict[str, object], code: str) -> None:
    check_point(GOOD_POINT)
    with pytest.raises(Refused) as refused:
        check_point(replace(GOOD_POINT, **change))  # type: ignore[arg-type]  # the fields named above
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("shelf", "layer", "capacity", "code"),
    [(0, 1, 1, "SHELF_RANGE"), (1, 10, 1, "SHELF_RANGE"), (1, 1, -1, "SHELF_CAPACITY"), (1, 1, 1000, "SHELF_CAPACITY")],
)
def test_layers_that_fit_no_code_are_refused(shelf: int, layer: int, capacity: int, code: str) -> None:
    check_layer(ShelfLayer(9, 9, "", 999, False))
    with pytest.raises(Refused) as refused:
        check_layer(ShelfLayer(shelf, layer, "", capacity, False))
    assert refused.value.code == code


def test_a_bare_pin_never_enters_a_fact() -> None:
    with pytest.raises(Refused) as refused:
        check_staff(replace(GOOD_STAFF, pin_hash="123456"))
    assert refused.value.code == "STAFF_PIN"
    with pytest.raises(Refused, match="STAFF_NAME"):
        check_staff(replace(GOOD_STAFF, name=" "))
