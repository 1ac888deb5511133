"""What happens on the demo's day: which parcels come, who collects, who tries what does not work. Pure and seeded."""

import random
from dataclasses import dataclass
from itertools import zip_longest

from deploy.demo.neighbourhood import Neighbourhood, Order


class PlanImpossible(Exception):
    """The neighbourhood has too few orders or residents for the day that was asked for."""


@dataclass(frozen=True)
class DaySize:
    """How much happens: parcels of our own, parcels of couriers, hand-outs."""

    own: int = 88
    courier: int = 12
    hand_outs: int = 60

    @property
    def parcels(self) -> int:
        """All that come in."""
        return self.own + self.courier


@dataclass(frozen=True)
class Arrival:
    """One parcel at the counter's scanner; a courier's has no ``order``, and name and phone stand on its slip."""

    waybill: str
    phone: str
    name: str
    order: str = ""

    @property
    def tail(self) -> str:
        """What staff read off the slip."""
        return self.phone[-4:]


@dataclass(frozen=True)
class PointDay:
    """The day at one point. ``collectors`` are phones in the order of coming; all of them have something to get."""

    point: str
    arrivals: tuple[Arrival, ...]
    collectors: tuple[str, ...]


@dataclass(frozen=True)
class DayPlan:
    """The day at every point."""

    points: tuple[PointDay, ...]

    @property
    def arrivals(self) -> int:
        """Parcels over all points."""
        return sum(len(one.arrivals) for one in self.points)

    @property
    def collectors(self) -> int:
        """Hand-outs over all points."""
        return sum(len(one.collectors) for one in self.points)


def plan_day(neighbourhood: Neighbourhood, size: DaySize, seed: int) -> DayPlan:
    """Choose whole orders until ``size.own`` boxes are together, couriers' parcels, and who comes to collect.

    Both points get deliveries and collectors. Raises :class:`PlanImpossible`.
    """
    chance = random.Random(f"{seed} {neighbourhood.day}")  # noqa: S311 - the same day again for the same seed; nothing secret
    orders = _orders(neighbourhood, size, chance)
    couriers = chance.sample(neighbourhood.courier_parcels, size.courier)
    names = {resident.phone: resident.name for resident in neighbourhood.residents}
    days = []
    for point in neighbourhood.points:
        arrivals = [
            Arrival(box, order.phone, names[order.phone], order.number)
            for order in orders
            if order.point == point.code
            for box in order.waybills
        ]
        arrivals += [Arrival(one.waybill, one.phone, one.name) for one in couriers if one.point == point.code]
        chance.shuffle(arrivals)
        days.append((point.code, arrivals, sorted({one.phone for one in arrivals})))
    wanted = _shares([len(phones) for _, _, phones in days], size.hand_outs)
    points = (
        PointDay(code, tuple(arrivals), tuple(chance.sample(phones, count)))
        for (code, arrivals, phones), count in zip(days, wanted, strict=True)
    )
    return DayPlan(tuple(points))


def _orders(neighbourhood: Neighbourhood, size: DaySize, chance: random.Random) -> list[Order]:
    """Orders of different residents, point by point in turn, as many as give the wanted number of boxes exactly."""
    left, chosen, seen = size.own, [], set()
    mixed = chance.sample(neighbourhood.paid_orders, len(neighbourhood.paid_orders))
    queues = [[order for order in mixed if order.point == point.code] for point in neighbourhood.points]
    for order in (order for turn in zip_longest(*queues) for order in turn if order is not None):
        if order.phone not in seen and len(order.waybills) <= left:
            left -= len(order.waybills)
            seen.add(order.phone)
            chosen.append(order)
    if left or len(chosen) < size.hand_outs:
        raise PlanImpossible(f"{len(neighbourhood.paid_orders)} orders give no day of {size}")
    return chosen


def _shares(available: list[int], wanted: int) -> list[int]:
    """``wanted`` split in proportion to what is available: somebody comes today, somebody tomorrow, everywhere."""
    total = sum(available)
    shares = [wanted * count // total for count in available]
    shares[available.index(max(available))] += wanted - sum(shares)
    if not all(0 < share < count for share, count in zip(shares, available, strict=True)):
        raise PlanImpossible(f"{available} residents have something to collect, {wanted} were to come")
    return shares
