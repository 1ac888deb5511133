"""The rooms of the centre: the shared ones, and those with tables of its own."""

from shared import allotments, cases, catalogue, devices, orders, parcels, pickup_points, residents, stock
from shared.sync import House, quarantine
from sync_server import carry, console, imports, shop

SHARED_ROOMS = (
    parcels.ROOM,
    orders.ROOM,
    allotments.ROOM,
    stock.ROOM,
    cases.ROOM,
    pickup_points.ROOM,
    catalogue.ROOM,
    residents.ROOM,
    devices.ROOM,
)
LOCAL_ROOMS = (console.ROOM, imports.ROOM, shop.ROOM, carry.ROOM)


def centre_house() -> House:
    """The house the centre runs on."""
    rooms = (*SHARED_ROOMS, *LOCAL_ROOMS)
    return House((*rooms, quarantine.room_of(rooms)))
