"""Devices: what a kiosk says about itself, and what of it needs somebody's attention."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any

import msgspec

from shared.kernel.clock import parse_utc
from shared.kernel.errors import N_
from shared.kernel.limits import (
    DEVICE_DISK_FULL_MB,
    DEVICE_DISK_LOW_MB,
    DEVICE_DRIFT_SECONDS,
    DEVICE_HOT_CELSIUS,
    DEVICE_LOST_HOURS,
    DEVICE_SILENT_MINUTES,
    DEVICE_WAITING_FACTS,
)


class Part(StrEnum):
    """How a camera or printer is."""

    OK = "ok"
    ABSENT = "absent"
    TROUBLE = "trouble"


COPY_GOOD = frozenset({"", "off", "ok", "none_yet"})


class Health(msgspec.Struct, frozen=True):
    """What a kiosk says of itself with every round. Sizes in MB, temperature in °C, times as UTC text.

    ``copy`` is how the second copy of its database is (a word of ``kiosk.copies``; empty or ``off``: none is set).
    ``missing`` counts facts that its disk lost after they had been confirmed.
    """

    app_version: str = ""
    camera: Part = Part.ABSENT
    camera_detail: str = ""
    printer: Part = Part.ABSENT
    printer_detail: str = ""
    disk_free_mb: int = 0
    disk_total_mb: int = 0
    temperature_c: float | None = None
    waiting: int = 0
    oldest_waiting: str | None = None
    quarantine: int = 0
    clock_utc: str = ""
    clock_trusted: bool = True
    print_waiting: int = 0
    uptime_s: int = 0
    copy: str = ""
    copy_at: str | None = None
    missing: int = 0

    def as_list(self) -> list[Any]:
        """The form it travels in: every round carries it, so names stay at home; new fields go to the end."""
        return list(msgspec.to_builtins(self).values())


def read_health(said: Sequence[Any]) -> Health | None:
    """What a kiosk of this or another version said; unknown fields are passed over. None when it makes no sense."""
    try:
        return msgspec.convert(dict(zip(Health.__struct_fields__, said, strict=False)), Health)
    except msgspec.ValidationError:
        return None


def clock_drift(health: Health, now: datetime) -> int | None:
    """Seconds that the device's clock is ahead of ``now``; None when it did not say a readable time."""
    try:
        return round((parse_utc(health.clock_utc) - now).total_seconds())
    except (ValueError, OverflowError):
        return None


class Severity(IntEnum):
    """How soon somebody must look; the higher the worse."""

    NOTICE = 1
    WARNING = 2
    ALARM = 3


class AttentionCode(StrEnum):
    """Everything a device can be shown for."""

    NEVER_SEEN = "never_seen"
    LOST = "lost"
    SILENT = "silent"
    DISK_FULL = "disk_full"
    DISK_LOW = "disk_low"
    QUARANTINE = "quarantine"
    PRINTER = "printer"
    PRINTER_ABSENT = "printer_absent"
    CAMERA = "camera"
    CAMERA_ABSENT = "camera_absent"
    CLOCK = "clock"
    HOT = "hot"
    BACKLOG = "backlog"
    COPY = "copy"
    MISSING = "missing"


ATTENTION_NAMES = {
    AttentionCode.NEVER_SEEN: N_("尚未联网"),
    AttentionCode.LOST: N_("长时间失联"),
    AttentionCode.SILENT: N_("离线"),
    AttentionCode.DISK_FULL: N_("磁盘将满"),
    AttentionCode.DISK_LOW: N_("磁盘空间不足"),
    AttentionCode.QUARANTINE: N_("隔离区有记录"),
    AttentionCode.PRINTER: N_("打印机故障"),
    AttentionCode.PRINTER_ABSENT: N_("未接打印机"),
    AttentionCode.CAMERA: N_("摄像头故障"),
    AttentionCode.CAMERA_ABSENT: N_("未接摄像头"),
    AttentionCode.CLOCK: N_("时钟不准"),
    AttentionCode.HOT: N_("温度过高"),
    AttentionCode.BACKLOG: N_("待同步积压"),
    AttentionCode.COPY: N_("备份 U 盘需要处理"),
    AttentionCode.MISSING: N_("终端丢了记录"),
}


@dataclass(frozen=True, slots=True)
class Attention:
    """One thing to look at; ``detail`` is what the device said."""

    code: AttentionCode
    severity: Severity
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Device:
    """An enrolled kiosk as the centre knows it. Times are UTC text; ``drift_s`` is device clock − centre clock."""

    id: str
    point: str
    name: str
    public_key: bytes
    hardware: str
    epoch: str
    enrolled_at: str
    revoked_at: str | None
    last_contact: str | None
    health: Health
    drift_s: int
    generation: int


def attention(health: Health, last_contact: datetime | None, now: datetime, *, drift_s: int = 0) -> list[Attention]:
    """What needs somebody's attention, the worst first. ``last_contact`` None: never heard of since enrolment.

    A device that has been silent is judged by its silence first; what it said last still counts.
    """
    if last_contact is None:
        return [Attention(AttentionCode.NEVER_SEEN, Severity.WARNING)]
    found = [*_silence(now - last_contact), *_disk(health), *_parts(health)]
    if health.quarantine:
        found.append(Attention(AttentionCode.QUARANTINE, Severity.WARNING, str(health.quarantine)))
    if abs(drift_s) > DEVICE_DRIFT_SECONDS or not health.clock_trusted:
        found.append(Attention(AttentionCode.CLOCK, Severity.WARNING, str(drift_s)))
    if health.temperature_c is not None and health.temperature_c > DEVICE_HOT_CELSIUS:
        found.append(Attention(AttentionCode.HOT, Severity.WARNING, f"{health.temperature_c:.0f}"))
    if health.waiting > DEVICE_WAITING_FACTS:
        found.append(Attention(AttentionCode.BACKLOG, Severity.NOTICE, str(health.waiting)))
    if health.missing:
        found.append(Attention(AttentionCode.MISSING, Severity.ALARM, str(health.missing)))
    if health.copy not in COPY_GOOD:
        found.append(Attention(AttentionCode.COPY, Severity.WARNING, health.copy_at or ""))
    return sorted(found, key=lambda one: -one.severity)


def _silence(silent: timedelta) -> list[Attention]:
    if silent > timedelta(hours=DEVICE_LOST_HOURS):
        return [Attention(AttentionCode.LOST, Severity.ALARM)]
    if silent > timedelta(minutes=DEVICE_SILENT_MINUTES):
        return [Attention(AttentionCode.SILENT, Severity.WARNING)]
    return []


def _disk(health: Health) -> list[Attention]:
    free = str(health.disk_free_mb)
    if not health.disk_total_mb or health.disk_free_mb >= DEVICE_DISK_LOW_MB:
        return []
    if health.disk_free_mb < DEVICE_DISK_FULL_MB:
        return [Attention(AttentionCode.DISK_FULL, Severity.ALARM, free)]
    return [Attention(AttentionCode.DISK_LOW, Severity.WARNING, free)]


def _parts(health: Health) -> list[Attention]:
    found = []
    if health.printer is not Part.OK:
        absent = health.printer is Part.ABSENT
        code = AttentionCode.PRINTER_ABSENT if absent else AttentionCode.PRINTER
        found.append(Attention(code, Severity.NOTICE if absent else Severity.ALARM, health.printer_detail))
    if health.camera is not Part.OK:
        absent = health.camera is Part.ABSENT
        code = AttentionCode.CAMERA_ABSENT if absent else AttentionCode.CAMERA
        found.append(Attention(code, Severity.NOTICE if absent else Severity.WARNING, health.camera_detail))
    return found
