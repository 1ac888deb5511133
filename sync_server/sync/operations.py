"""Taking a round: who may ask, what is applied, what is noted about the kiosk."""

import msgspec

from shared.devices import operations as devices
from shared.devices import store as device_store
from shared.devices.rules import Device
from shared.kernel.clock import utc_text
from shared.kernel.errors import N_, Refused
from shared.orders import operations as orders
from shared.orders.facts import CANCELLED
from shared.pickup_points import store as pickup_points
from shared.pickup_points.rules import PickupPoint
from shared.sync import store
from shared.sync.receive import Enrolled, SyncProblem, receive
from shared.sync.rejoin import rejoin
from shared.sync.rooms import feed_name
from shared.sync.wire import OLDEST_PROTOCOL, RejoinAnswer, RejoinRequest, SyncAnswer, SyncRequest
from sync_server import erasure, life
from sync_server.host import Centre
from sync_server.sync.rules import next_round_seconds


class DeviceUnknown(Refused):
    """No such device, or it was revoked."""

    status = 401

    def __init__(self) -> None:
        super().__init__("DEVICE_UNKNOWN", N_("中心不认识本机，可能已被停用。"), N_("请联系运营重新登记。"))


class ProtocolTooOld(Refused):
    """The kiosk speaks a protocol the centre no longer does."""

    status = 426

    def __init__(self) -> None:
        super().__init__("PROTOCOL_TOO_OLD", N_("本机程序版本太旧。"), N_("请更新程序。"))


def known_device(centre: Centre, device_id: str) -> Device:
    """The enrolled device. Raises :class:`DeviceUnknown`."""
    device = device_store.device(centre.db, device_id)
    if device is None or device.revoked_at is not None:
        raise DeviceUnknown
    return device


def _point(centre: Centre, device: Device) -> PickupPoint:
    point = pickup_points.point(centre.db, device.point)
    if point is None:
        raise DeviceUnknown
    return point


def feeds_of(centre: Centre, device: Device) -> list[str]:
    """The feeds a device may read: its region's and its point's."""
    point = _point(centre, device)
    return [feed_name("region", point.region), feed_name("point", device.point)]


def take_round(centre: Centre, device: Device, asked: SyncRequest) -> SyncAnswer:
    """One round of one device; raises what :func:`shared.sync.receive.receive` raises."""
    if asked.protocol < OLDEST_PROTOCOL:
        raise ProtocolTooOld
    feeds = feeds_of(centre, device)
    try:
        answer = receive(
            centre.db,
            centre.house,
            centre.clock,
            point=device.point,
            feeds=feeds,
            enrolled=Enrolled(device.epoch, device.hardware),
            request=asked,
            next_s=next_round_seconds(device_store.ever_enrolled(centre.db)),
        )
    except SyncProblem as problem:
        if problem.code == "GAP":
            # within one life nothing that was confirmed is missing: the database is an older copy of itself
            life.begin(centre.db, centre.config.data)
            erasure.finish(centre)
        raise
    if CANCELLED in {*(block.kind for block in asked.facts), *(fact.kind for fact in asked.raw)}:
        # a phone order that was cancelled at its point: its units return to the pool
        orders.release_cancelled(centre.journal, device.point, device.id)
    rider = centre.house.rider
    if rider is not None and asked.hardware == device.hardware:
        grants = rider.settle(
            centre.db,
            centre.clock,
            point=device.point,
            region=feeds[0].partition(":")[2],
            device=device.id,
            epoch=asked.epoch,
            hardware=asked.hardware,
            generation=answer.generation,
            told=asked.allotments,
        )
        answer = msgspec.structs.replace(answer, grants=grants)
        now = store.server_life(centre.db)
        if now is not None and now.generation != answer.generation:
            # a right that the database has forgotten proved it to be an older copy, which may know the erased again
            erasure.finish(centre)
    if asked.n:
        erasure.after_push(centre, device.point)
    if asked.health:
        devices.note_contact(centre.db, centre.clock, device.id, asked.health, generation=answer.generation)
    return answer


def take_rejoin(centre: Centre, device: Device, asked: RejoinRequest) -> RejoinAnswer:
    """Compare a device's history with ours; its epoch is the one it is to go on under."""
    if asked.protocol < OLDEST_PROTOCOL:
        raise ProtocolTooOld
    own_hardware = asked.hardware == device.hardware
    with centre.db.writing() as tx:
        known = device_store.device(tx, device.id)
        if known is None:
            raise DeviceUnknown
        answer = rejoin(
            tx,
            point=device.point,
            current_epoch=known.epoch,
            own_hardware=own_hardware,
            request=asked,
            draw_epoch=devices.draw_epoch,
            now=utc_text(centre.clock.now()),
        )
        if own_hardware and answer.epoch != known.epoch:
            device_store.set_epoch(tx, device.id, answer.epoch)
    return answer
