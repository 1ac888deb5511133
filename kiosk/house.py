"""The rooms of the kiosk: the shared ones, and those with tables that never leave it."""

from kiosk import carry, copies, erasure, labels, pickup, sales, staff, tables
from kiosk import parcels as counter
from shared import allotments, cases, catalogue, devices, orders, parcels, pickup_points, residents, stock
from shared.sync import House

LOCAL_ROOMS = (
    tables.ROOM,
    staff.ROOM,
    labels.ROOM,
    pickup.ROOM,
    counter.ROOM,
    sales.ROOM,
    copies.ROOM,
    carry.ROOM,
    erasure.ROOM,
)
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


def kiosk_house() -> House:
    """The house a kiosk runs on."""
    return House((*SHARED_ROOMS, *LOCAL_ROOMS))
