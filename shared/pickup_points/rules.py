"""Pickup points, their shelves and their staff: what they are and what makes one acceptable."""

import re
from dataclasses import dataclass
from enum import StrEnum

from shared.kernel.errors import N_, Refused
from shared.kernel.limits import LAYER_CAPACITY_MAX, SHELF_MAX
from shared.kernel.passes import POINT_BITS

POINT_CODE = re.compile(r"[A-Z][A-Z0-9-]{1,15}")


class StaffRole(StrEnum):
    """What somebody at a point may do; a group leader may also confirm forced steps."""

    STAFF = "staff"
    LEADER = "leader"


@dataclass(frozen=True, slots=True)
class PickupPoint:
    """A place where residents collect. ``number`` is what passes carry; ``point`` is the code people read."""

    point: str
    number: int
    name: str
    address: str
    region: str
    phone: str
    opening: str


@dataclass(frozen=True, slots=True)
class ShelfLayer:
    """One layer of one shelf, both 1–9. ``capacity`` in parcels; 0 closes the layer for new ones."""

    shelf: int
    layer: int
    name: str
    capacity: int
    cold: bool

    @property
    def place(self) -> tuple[int, int]:
        """Shelf and layer."""
        return self.shelf, self.layer


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody who works at a point. ``pin_hash`` is argon2id; nobody is ever removed, only made inactive."""

    id: str
    name: str
    pin_hash: str
    role: StaffRole
    active: bool


def check_point(point: PickupPoint) -> None:
    """Raise ``Refused`` unless the point can be opened."""
    if not POINT_CODE.fullmatch(point.point):
        raise Refused("POINT_CODE", N_("自提点代码只能用大写字母、数字和横线，2 到 16 位。"), N_("请改正代码。"))
    if not 0 < point.number < 1 << POINT_BITS:
        raise Refused("POINT_NUMBER", N_("自提点编号超出范围。"), N_("请换一个编号。"))
    if not point.name.strip() or not point.region:
        raise Refused("POINT_NAME", N_("自提点需要名称和区域。"), N_("请补全名称和区域。"))


def check_layer(layer: ShelfLayer) -> None:
    """Raise ``Refused`` unless the layer fits a pickup code and has a possible capacity."""
    if not (1 <= layer.shelf <= SHELF_MAX and 1 <= layer.layer <= SHELF_MAX):
        raise Refused("SHELF_RANGE", N_("货架和层只能是 1 到 9。"), N_("请改正货架或层。"))
    if not 0 <= layer.capacity <= LAYER_CAPACITY_MAX:
        raise Refused("SHELF_CAPACITY", N_("每层容量超出范围。"), N_("请改正容量。"))


def check_staff(staff: Staff) -> None:
    """Raise ``Refused`` unless the staff member has a name and a hashed PIN (never a bare one)."""
    if not staff.id or not staff.name.strip():
        raise Refused("STAFF_NAME", N_("店员需要姓名。"), N_("请补全姓名。"))
    if not staff.pin_hash.startswith("$argon2id$"):
        raise Refused("STAFF_PIN", N_("店员需要设置 PIN。"), N_("请重新设置 PIN。"))
