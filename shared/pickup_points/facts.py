"""What happens to pickup points: opened, a layer set, a staff member set. The newest wins."""

import msgspec

from shared.db import Tx
from shared.pickup_points import store
from shared.pickup_points.rules import PickupPoint, ShelfLayer, Staff, StaffRole
from shared.sync import Fact, FactKind


class Opened(msgspec.Struct, frozen=True, array_like=True):
    """A point was opened, or its particulars changed."""

    number: int
    name: str
    address: str
    region: str
    phone: str
    opening: str


class ShelfLayerSet(msgspec.Struct, frozen=True, array_like=True):
    """A layer was set up or changed."""

    shelf: int
    layer: int
    name: str
    capacity: int
    cold: bool


class StaffSet(msgspec.Struct, frozen=True, array_like=True):
    """A staff member was added, changed or made inactive."""

    id: str
    name: str
    pin_hash: str
    role: str
    active: bool


def _opened(tx: Tx, fact: Fact, it: Opened) -> None:
    store.put_point(tx, PickupPoint(fact.point, it.number, it.name, it.address, it.region, it.phone, it.opening))


def _shelf_layer_set(tx: Tx, fact: Fact, it: ShelfLayerSet) -> None:
    store.put_layer(tx, fact.point, ShelfLayer(it.shelf, it.layer, it.name, it.capacity, it.cold))


def _staff_set(tx: Tx, fact: Fact, it: StaffSet) -> None:
    store.put_staff(tx, fact.point, Staff(it.id, it.name, it.pin_hash, StaffRole(it.role), it.active))


KINDS = (
    FactKind("pickup_points.opened.v1", Opened, _opened, centre_only=True),
    FactKind("pickup_points.shelf_layer_set.v1", ShelfLayerSet, _shelf_layer_set, centre_only=True),
    FactKind("pickup_points.staff_set.v1", StaffSet, _staff_set, centre_only=True),
)
