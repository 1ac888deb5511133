"""Taking a round: who may ask, what is applied, what is noted about the kiosk."""

from shared.devices import operations as devices
from shared.devices import store as device_store
from shared.devices.rules import Device
from shared.kernel.errors import N_, Refused
from shared.pickup_points import store as pickup_points
from shared.sync.receive import receive
from shared.sync.rooms import feed_name
from shared.sync.wire import PROTOCOL, SyncAnswer, SyncRequest
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


def take_round(centre: Centre, device: Device, asked: SyncRequest, size: int) -> SyncAnswer:
    """One round of one device; raises what :func:`shared.sync.receive.receive` raises."""
    if asked.protocol != PROTOCOL:
        raise ProtocolTooOld
    if asked.epoch != device.epoch:
        raise DeviceUnknown
    point = pickup_points.point(centre.db, device.point)
    if point is None:
        raise DeviceUnknown
    answer = receive(
        centre.db,
        centre.house,
        centre.clock,
        point=device.point,
        feeds=[feed_name("region", point.region), feed_name("point", device.point)],
        request=asked,
        next_s=next_round_seconds(device_store.count(centre.db)),
    )
    if asked.health:
        devices.note_contact(centre.db, centre.clock, device.id, asked.health)
    return answer
