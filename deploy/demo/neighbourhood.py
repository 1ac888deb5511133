"""The seeded neighbourhood of the demo: two pickup points in Jinan with shelves, staff, residents, orders and parcels.

`generate(seed, day)` is a pure function of its arguments. Names are put together from common ones, every phone number
has 0000 in the middle, where no network numbers its subscribers, and waybills have runs of zeros no courier prints.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from itertools import pairwise

from deploy.demo.goods import Good, all_goods
from deploy.demo.names import PREFIXES, invented_name

JINAN = timezone(timedelta(hours=8), "Asia/Shanghai")
RESIDENTS = 340
ORDERS = 560
COURIER_PARCELS = 60
CANCELLED_SHARE = 0.03
BIG_ORDER_LINES = 4
CARRIERS = ("SF", "YT", "ZT", "YD", "JT", "JD")


@dataclass(frozen=True)
class Shelf:
    """`digit` is the first place of the pickup code; `capacity` counts parcels on one layer."""

    digit: int
    layers: int
    capacity: int
    size_class: str
    cold: bool = False


@dataclass(frozen=True)
class StaffMember:
    """Somebody who works at a point; the PIN has six digits."""

    name: str
    pin: str


@dataclass(frozen=True)
class Point:
    """A pickup point and what stands in it."""

    code: str
    name: str
    address: str
    shelves: tuple[Shelf, ...]
    staff: tuple[StaffMember, ...]


@dataclass(frozen=True)
class Resident:
    """`point` is the code of the pickup point the resident collects at."""

    phone: str
    name: str
    point: str


@dataclass(frozen=True)
class OrderLine:
    """`waybill` is the bar code on the box this line comes in."""

    sku: str
    quantity: int
    waybill: str


@dataclass(frozen=True)
class Order:
    """`placed_at` is Jinan time; `status` is "paid" or "cancelled"."""

    number: str
    phone: str
    point: str
    placed_at: datetime
    status: str
    lines: tuple[OrderLine, ...]

    @property
    def waybills(self) -> tuple[str, ...]:
        """The boxes of this order, each once."""
        return tuple(dict.fromkeys(line.waybill for line in self.lines))


@dataclass(frozen=True)
class CourierParcel:
    """A parcel that a courier leaves at the point; the courier's list gives phone, name and size class."""

    waybill: str
    carrier: str
    phone: str
    name: str
    point: str
    size_class: str


@dataclass(frozen=True)
class Neighbourhood:
    """Everything of one seed."""

    seed: int
    day: date
    goods: tuple[Good, ...]
    points: tuple[Point, ...]
    residents: tuple[Resident, ...]
    orders: tuple[Order, ...]
    courier_parcels: tuple[CourierParcel, ...]

    @property
    def paid_orders(self) -> tuple[Order, ...]:
        """The orders that are to be delivered."""
        return tuple(order for order in self.orders if order.status == "paid")

    @property
    def cold_waybills(self) -> frozenset[str]:
        """The boxes that hold something which must stay cold, and so belong on the cold shelf."""
        cold = {good.sku for good in self.goods if good.temperature == "cold"}
        return frozenset(line.waybill for order in self.orders for line in order.lines if line.sku in cold)


_POINTS = (
    (
        "JN-HL01",
        "洪楼社区自提点",
        "山东省济南市历城区洪家楼南路 18 号楼 1 层",
        (
            Shelf(1, 5, 24, "small"),
            Shelf(2, 5, 24, "small"),
            Shelf(3, 4, 18, "medium"),
            Shelf(4, 4, 18, "medium"),
            Shelf(5, 4, 18, "medium"),
            Shelf(6, 3, 10, "large"),
            Shelf(7, 2, 8, "large"),
            Shelf(9, 5, 40, "medium", cold=True),
        ),
        3,
    ),
    (
        "JN-YZ01",
        "燕子山小区自提点",
        "山东省济南市历下区燕子山路 2 号院门口",
        (
            Shelf(1, 5, 20, "small"),
            Shelf(2, 4, 18, "medium"),
            Shelf(3, 4, 18, "medium"),
            Shelf(4, 3, 10, "large"),
            Shelf(9, 5, 26, "medium", cold=True),
        ),
        2,
    ),
)


def generate(seed: int, day: date) -> Neighbourhood:
    """The neighbourhood of `seed`; orders were placed on the two days before `day`, the day of the delivery."""
    chance = random.Random(seed)  # noqa: S311 - the demo must come out the same for the same seed; nothing secret
    goods = all_goods()
    points = _points(chance)
    residents = _residents(chance, points)
    return Neighbourhood(
        seed=seed,
        day=day,
        goods=goods,
        points=points,
        residents=residents,
        orders=_orders(chance, day, goods, residents),
        courier_parcels=_courier_parcels(chance, residents),
    )


def is_trivial_pin(pin: str) -> bool:
    """Whether a thief would try this PIN first: few different digits, a run, a pattern twice, or a year in front."""
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    return len(set(pin)) < 4 or len(steps) == 1 or pin[:3] == pin[3:] or pin[:2] in {"19", "20"}


def _pin(chance: random.Random, taken: set[str]) -> str:
    while True:
        pin = f"{chance.randrange(10**6):06d}"
        if not is_trivial_pin(pin) and pin not in taken:
            taken.add(pin)
            return pin


def _points(chance: random.Random) -> tuple[Point, ...]:
    pins: set[str] = set()
    names: set[str] = set()
    return tuple(
        Point(
            code,
            name,
            address,
            shelves,
            tuple(StaffMember(invented_name(chance, names), _pin(chance, pins)) for _ in range(staff)),
        )
        for code, name, address, shelves, staff in _POINTS
    )


def _phone(chance: random.Random, taken: set[str]) -> str:
    while True:
        phone = f"{chance.choice(PREFIXES)}0000{chance.randrange(10**4):04d}"
        if phone not in taken:
            taken.add(phone)
            return phone


def _residents(chance: random.Random, points: Sequence[Point]) -> tuple[Resident, ...]:
    phones: set[str] = set()
    names: set[str] = set()
    codes = [point.code for point in points]
    # the first three have names that break careless code: beyond GBK, and longer than four characters
    rare = {0: "张㛃", 1: "刘䶮", 2: "阿依古丽·买买提"}
    return tuple(
        Resident(
            phone=_phone(chance, phones),
            name=rare.get(index) or invented_name(chance, names),
            point=chance.choices(codes, weights=(3, 2))[0],
        )
        for index in range(RESIDENTS)
    )


def _orders(
    chance: random.Random, day: date, goods: Sequence[Good], residents: Sequence[Resident]
) -> tuple[Order, ...]:
    weights = [_popularity(good) for good in goods]
    starts = datetime.combine(day - timedelta(days=2), time(7, 0), JINAN)
    # 40 hours: from seven in the morning two days before to eleven in the evening of the day before
    moments = sorted(starts + timedelta(seconds=chance.randrange(40 * 3600)) for _ in range(ORDERS))
    orders = []
    for serial, moment in enumerate(moments, start=1):
        resident = chance.choice(residents)
        number = f"DD{moment:%y%m%d}{serial:05d}"
        basket = _basket(chance, goods, weights)
        status = "cancelled" if chance.random() < CANCELLED_SHARE else "paid"
        orders.append(Order(number, resident.phone, resident.point, moment, status, _lines(chance, number, basket)))
    return tuple(orders)


def _popularity(good: Good) -> float:
    """Fresh, cheap and from next door sells most."""
    local = 2.0 if "济南" in good.origin else 1.0
    return local * (3.0 if good.price_fen < 1500 else 1.5 if good.price_fen < 4000 else 0.4)


def _basket(chance: random.Random, goods: Sequence[Good], weights: Sequence[float]) -> list[Good]:
    size = chance.choices((1, 2, 3, 4, 5), weights=(28, 30, 22, 12, 8))[0]
    basket: dict[str, Good] = {}
    while len(basket) < size:
        good = chance.choices(goods, weights)[0]
        basket[good.sku] = good
    return list(basket.values())


def _lines(chance: random.Random, number: str, basket: Sequence[Good]) -> tuple[OrderLine, ...]:
    """Big orders come in two boxes, what must stay cold in the second when there is both."""
    boxes = [f"LQ{number[2:]}{box}" for box in ("01", "02")]
    temperatures = {good.temperature for good in basket}
    lines = []
    for place, good in enumerate(basket):
        second = good.temperature == "cold" if len(temperatures) == 2 else place >= len(basket) / 2
        box = boxes[1] if second and len(basket) >= BIG_ORDER_LINES else boxes[0]
        lines.append(OrderLine(good.sku, chance.choices((1, 2, 3), weights=(75, 20, 5))[0], box))
    return tuple(lines)


def _courier_parcels(chance: random.Random, residents: Sequence[Resident]) -> tuple[CourierParcel, ...]:
    serials = chance.sample(range(10**5, 10**6), COURIER_PARCELS)
    parcels = []
    for place, serial in enumerate(serials):
        carrier = CARRIERS[place % len(CARRIERS)]
        resident = chance.choice(residents)
        size = chance.choices(("small", "medium", "large"), weights=(55, 35, 10))[0]
        parcels.append(
            CourierParcel(f"{carrier}9000000{serial}", carrier, resident.phone, resident.name, resident.point, size)
        )
    return tuple(parcels)
