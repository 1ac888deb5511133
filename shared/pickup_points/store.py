"""All SQL of pickup points."""

from shared.db import Row, Tx
from shared.db.database import Reads
from shared.pickup_points.rules import PickupPoint, ShelfLayer, Staff, StaffRole
from shared.pickup_points.tables import PICKUP_POINTS, SHELF_LAYERS, STAFF
from shared.sync import put

_POINT = "SELECT point, number, name, address, region, phone, opening FROM pickup_points WHERE deleted = 0 "
_LAYER = "SELECT shelf, layer, name, capacity, cold FROM shelf_layers WHERE point = ? AND deleted = 0 "
_STAFF = "SELECT id, name, pin_hash, role, active FROM staff WHERE point = ? AND deleted = 0 "


def _point(row: Row) -> PickupPoint:
    return PickupPoint(
        row["point"], row["number"], row["name"], row["address"], row["region"], row["phone"], row["opening"]
    )


def _layer(row: Row) -> ShelfLayer:
    return ShelfLayer(row["shelf"], row["layer"], row["name"], row["capacity"], bool(row["cold"]))


def _staff(row: Row) -> Staff:
    return Staff(row["id"], row["name"], row["pin_hash"], StaffRole(row["role"]), bool(row["active"]))


def point(db: Reads, code: str) -> PickupPoint | None:
    """One pickup point by its code."""
    row = db.one(_POINT + "AND point = ?", (code,))
    return _point(row) if row else None


def point_by_number(db: Reads, number: int) -> PickupPoint | None:
    """The pickup point that passes call ``number``."""
    row = db.one(_POINT + "AND number = ? ORDER BY point", (number,))
    return _point(row) if row else None


def points(db: Reads) -> list[PickupPoint]:
    """All pickup points, by number. A kiosk knows its own only."""
    return [_point(row) for row in db.query(_POINT + "ORDER BY number, point")]


def put_point(tx: Tx, point: PickupPoint) -> None:
    """Write a pickup point."""
    values = {column: getattr(point, column) for column in PICKUP_POINTS.columns}
    put(tx, PICKUP_POINTS, values)


def shelf_layers(db: Reads, point: str) -> list[ShelfLayer]:
    """The layers of a point, in order of shelf and layer."""
    return [_layer(row) for row in db.query(_LAYER + "ORDER BY shelf, layer", (point,))]


def shelf_layer(db: Reads, point: str, place: tuple[int, int]) -> ShelfLayer | None:
    """One layer by (shelf, layer)."""
    row = db.one(_LAYER + "AND shelf = ? AND layer = ?", (point, *place))
    return _layer(row) if row else None


def put_layer(tx: Tx, point: str, layer: ShelfLayer) -> None:
    """Write a shelf layer."""
    put(
        tx,
        SHELF_LAYERS,
        {
            "point": point,
            "shelf": layer.shelf,
            "layer": layer.layer,
            "name": layer.name,
            "capacity": layer.capacity,
            "cold": int(layer.cold),
        },
    )


def staff(db: Reads, point: str) -> list[Staff]:
    """Everybody who works or has worked at a point, by name."""
    return [_staff(row) for row in db.query(_STAFF + "ORDER BY name, id", (point,))]


def staff_member(db: Reads, point: str, id: str) -> Staff | None:  # noqa: A002 - the domain's word, as in the row
    """One staff member of a point."""
    row = db.one(_STAFF + "AND id = ?", (point, id))
    return _staff(row) if row else None


def put_staff(tx: Tx, point: str, member: Staff) -> None:
    """Write a staff member."""
    put(
        tx,
        STAFF,
        {
            "point": point,
            "id": member.id,
            "name": member.name,
            "pin_hash": member.pin_hash,
            "role": member.role.value,
            "active": int(member.active),
        },
    )
