"""What the console does with pickup points. ``tx`` comes from ``journal.writing(point)``."""

from shared.db import Tx
from shared.kernel.errors import N_, Refused
from shared.pickup_points import store
from shared.pickup_points.facts import Opened, ShelfLayerSet, StaffSet
from shared.pickup_points.rules import PickupPoint, ShelfLayer, Staff, check_layer, check_point, check_staff
from shared.sync import Journal


def open_point(
    journal: Journal,
    tx: Tx,
    point: str,
    *,
    number: int,
    name: str,
    region: str,
    address: str = "",
    phone: str = "",
    opening: str = "",
    actor: str,
) -> PickupPoint:
    """Open a point or change its particulars.

    Raises ``Refused`` POINT_CODE, POINT_NUMBER, POINT_NAME; POINT_NUMBER_TAKEN when another point has the number.
    """
    opened = PickupPoint(point, number, name, address, region, phone, opening)
    check_point(opened)
    other = store.point_by_number(tx, number)
    if other and other.point != point:
        raise Refused("POINT_NUMBER_TAKEN", N_("编号已被自提点 %(name)s 使用。"), N_("请换一个编号。"), name=other.name)
    journal.record(tx, Opened(number, name, address, region, phone, opening), point=point, actor=actor)
    return opened


def set_shelf_layer(journal: Journal, tx: Tx, point: str, layer: ShelfLayer, actor: str) -> None:
    """Set up or change one layer. Raises ``Refused`` SHELF_RANGE, SHELF_CAPACITY."""
    check_layer(layer)
    payload = ShelfLayerSet(layer.shelf, layer.layer, layer.name, layer.capacity, layer.cold)
    journal.record(tx, payload, point=point, actor=actor)


def set_staff(journal: Journal, tx: Tx, point: str, member: Staff, actor: str) -> None:
    """Add, change or retire a staff member. Raises ``Refused`` STAFF_NAME, STAFF_PIN."""
    check_staff(member)
    payload = StaffSet(member.id, member.name, member.pin_hash, member.role.value, member.active)
    journal.record(tx, payload, point=point, actor=actor)
