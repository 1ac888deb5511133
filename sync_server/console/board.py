"""The answer to "is everything all right?": every kiosk judged, the worst first, and today in figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from shared.allotments import reports
from shared.devices import store as devices
from shared.devices.rules import Attention, AttentionCode, Device, Severity, attention
from shared.kernel.clock import parse_utc, utc_text
from shared.kernel.errors import N_
from shared.pickup_points import store as pickup_points
from shared.sync import store as sync_store
from shared.sync.rejoin import Why
from sync_server.console import store
from sync_server.host import Centre

LANES_SHOWN_DAYS = 7
TONES = {Severity.ALARM: "alarm", Severity.WARNING: "warn", Severity.NOTICE: "info"}

# What a kiosk is shown for: the sentence, and what to do about it. %(detail)s is what the device said.
WHY: dict[AttentionCode, tuple[str, str]] = {
    AttentionCode.NEVER_SEEN: (N_("已登记，但还没有联系过中心"), N_("确认终端已开机并接入网络")),
    AttentionCode.LOST: (N_("超过一天没有联系中心"), N_("打电话给店员，检查电源和网络")),
    AttentionCode.SILENT: (N_("一段时间没有联系中心，现场仍可取货"), N_("等它恢复；持续离线时检查网络")),
    AttentionCode.DISK_FULL: (N_("磁盘只剩 %(detail)s MB"), N_("马上清理磁盘或更换存储卡")),
    AttentionCode.DISK_LOW: (N_("磁盘只剩 %(detail)s MB"), N_("安排清理磁盘")),
    AttentionCode.QUARANTINE: (N_("终端上有 %(detail)s 条记录无法写入"), N_("打开隔离区查看原因")),
    AttentionCode.PRINTER: (N_("打印机故障 %(detail)s"), N_("请店员换纸或重启打印机")),
    AttentionCode.PRINTER_ABSENT: (N_("没有接打印机"), N_("接上打印机，或确认该点不打标签")),
    AttentionCode.CAMERA: (N_("摄像头故障 %(detail)s"), N_("请店员重新插拔摄像头；居民可输入取件码")),
    AttentionCode.CAMERA_ABSENT: (N_("没有接摄像头"), N_("接上摄像头；居民可输入取件码")),
    AttentionCode.CLOCK: (N_("时钟偏差 %(detail)s 秒"), N_("检查终端的网络对时")),
    AttentionCode.HOT: (N_("温度 %(detail)s °C"), N_("检查通风")),
    AttentionCode.BACKLOG: (N_("有 %(detail)s 条记录待发"), N_("等它发完；持续增加时检查网络")),
    AttentionCode.MISSING: (
        N_("存储卡丢了 %(detail)s 条已确认的记录"),
        N_("请店员对照货架核对包裹，并更换存储卡"),
    ),
    AttentionCode.COPY: (N_("备份 U 盘不在、写不进或太久没有更新"), N_("请店员插好备份 U 盘，坏了就换一个")),
}


@dataclass(frozen=True)
class KioskState:
    """One kiosk with what is wrong with it, the worst first."""

    device: Device
    place: str
    found: tuple[Attention, ...]

    @property
    def worst(self) -> Severity | None:
        """How bad it is; None when nothing is wrong."""
        return self.found[0].severity if self.found else None

    @property
    def well(self) -> bool:
        """Whether nobody has to do anything."""
        return self.worst is None or self.worst < Severity.WARNING

    @property
    def tone(self) -> str:
        """The colour of its state."""
        return "ok" if self.worst is None else TONES[self.worst]


@dataclass(frozen=True)
class Need:
    """One line of the worst-first list. ``why`` and ``action`` are message ids; ``subject`` is a kiosk or a point."""

    severity: Severity
    place: str
    subject: str
    why: str
    detail: str
    since: str
    action: str
    kind: str

    @property
    def tone(self) -> str:
        """The colour of its state."""
        return TONES[self.severity]


@dataclass(frozen=True)
class Hours:
    """Pickups by local hour: today so far, and the same weekday a week ago."""

    labels: tuple[str, ...]
    today: tuple[int, ...]
    before: tuple[int, ...]


@dataclass(frozen=True)
class PlaceToday:
    """One point today: parcels collected, lying there, awaited."""

    point: str
    name: str
    collected: int
    here: int
    expected: int


@dataclass(frozen=True)
class Overview:
    """The first page in figures. ``oldest`` is UTC text or empty."""

    kiosks: int
    well: int
    needs: tuple[Need, ...]
    waiting: int
    oldest: str
    cases: int
    parked: int
    collected: int
    placed: int
    hours: Hours
    places: tuple[PlaceToday, ...]

    @property
    def needing(self) -> int:
        """Kiosks somebody must do something about."""
        return self.kiosks - self.well


def place_names(centre: Centre) -> dict[str, str]:
    """Point code → name."""
    return {point.point: point.name for point in pickup_points.points(centre.db)}


def kiosk_state(device: Device, places: Mapping[str, str], now: datetime) -> KioskState:
    """Judge one kiosk."""
    last = parse_utc(device.last_contact) if device.last_contact else None
    found = attention(device.health, last, now, drift_s=device.drift_s)
    return KioskState(device, places.get(device.point, device.point), tuple(found))


def kiosk_states(centre: Centre) -> list[KioskState]:
    """Every kiosk that is trusted, the worst first, then by point."""
    places, now = place_names(centre), centre.clock.now()
    trusted = [device for device in devices.devices(centre.db) if device.revoked_at is None]
    states = [kiosk_state(device, places, now) for device in trusted]
    return sorted(states, key=lambda state: (-(state.worst or 0), state.device.last_contact or "", state.device.id))


def _needs(centre: Centre, states: list[KioskState]) -> list[Need]:
    places = place_names(centre)
    needs = [
        Need(
            one.severity,
            state.place,
            state.device.id,
            WHY[one.code][0],
            one.detail,
            (state.device.health.oldest_waiting if one.code is AttentionCode.BACKLOG else state.device.last_contact)
            or state.device.enrolled_at,
            WHY[one.code][1],
            "kiosk",
        )
        for state in states
        for one in state.found
        if one.severity >= Severity.WARNING
    ]
    for row in store.open_cases_by_point(centre.db):
        why, action = N_("有 %(detail)s 件事项要人处理"), N_("打开事项逐件处理")
        place = places.get(row["point"], row["point"])
        needs.append(Need(Severity.WARNING, place, row["point"], why, str(row["n"]), row["since"], action, "cases"))
    needs += _stock_needs(centre, places) + _lane_needs(centre, places)
    for row in store.quarantine_by_device(centre.db):
        why, action = N_("中心隔离了 %(detail)s 条记录"), N_("打开隔离区查看原因")
        place = places.get(row["point"], row["point"])
        subject = row["device"]
        needs.append(Need(Severity.WARNING, place, subject, why, str(row["n"]), row["since"], action, "quarantine"))
    return sorted(needs, key=lambda need: (-need.severity, need.since))


def _stock_needs(centre: Centre, places: Mapping[str, str]) -> list[Need]:
    """Offers that wait for somebody's word, and rights that wait for somebody's count."""
    found = []
    now = utc_text(centre.clock.now())
    for region in sorted({point.region for point in pickup_points.points(centre.db)}):
        frozen = [one for one in reports.offer_summaries(centre.db, region) if one.frozen]
        if frozen:
            why = N_("%(detail)s 个商品冻结：中心恢复后还没和所有自提点对完账")
            action = N_("看还在等谁，或清点核销")
            found.append(Need(Severity.ALARM, region, region, why, str(len(frozen)), now, action, "offers"))
        risky: dict[tuple[str, str], list[int]] = {}
        since: dict[tuple[str, str], str] = {}
        for share in reports.at_risk_in(centre.db, region):
            key = (share.point, share.device)
            risky.setdefault(key, []).append(max(0, share.counters.right))
            since[key] = min(since.get(key, share.heard_at), share.heard_at)
        for (point, device), units in risky.items():
            why = N_("终端失联或护卫丢失：%(detail)s 件可能已卖出而没有报告")
            action = N_("到店清点后核销")
            place, at = places.get(point, point), since[point, device]
            found.append(Need(Severity.WARNING, place, device, why, str(sum(units)), at, action, "rights"))
    return found


def _lane_needs(centre: Centre, places: Mapping[str, str]) -> list[Need]:
    """Cards that were used in another machine, and databases put back from a copy in the last days."""
    found = []
    for row in store.parked_lanes(centre.db):
        why, action = N_("存储卡在另一台机器上用过：%(detail)s 条记录等待决定"), N_("决定入账还是忽略")
        place = places.get(row["point"], row["point"])
        found.append(Need(Severity.ALARM, place, row["device"], why, str(row["n"]), row["since"], action, "quarantine"))
    recent = utc_text(centre.clock.now() - timedelta(days=LANES_SHOWN_DAYS))
    for lane in sync_store.all_lanes(centre.db):
        if lane.why == Why.RESTORED and not lane.parked and lane.made_at >= recent:
            why, action = N_("数据库从备份恢复过，已自动接上"), N_("看它的经历；不是有意恢复的就检查存储卡")
            place = places.get(lane.point, lane.point)
            found.append(Need(Severity.NOTICE, place, lane.device, why, "", lane.made_at, action, "kiosk"))
        elif lane.why == Why.LOST and lane.made_at >= recent:
            why, action = N_("中心没有它更早的记录"), N_("核对那之前的业务")
            place = places.get(lane.point, lane.point)
            found.append(Need(Severity.WARNING, place, lane.device, why, "", lane.made_at, action, "kiosk"))
    return found


def overview(centre: Centre) -> Overview:
    """Everything the first page shows."""
    now = centre.clock.now()
    states = kiosk_states(centre)
    today = _midnight(centre, now)
    oldest = [state.device.health.oldest_waiting for state in states if state.device.health.waiting]
    return Overview(
        kiosks=len(states),
        well=sum(state.well for state in states),
        needs=tuple(_needs(centre, states)),
        waiting=sum(state.device.health.waiting for state in states),
        oldest=min((at for at in oldest if at), default=""),
        cases=store.count_open_cases(centre.db),
        parked=sync_store.count_quarantine(centre.db),
        collected=store.collected_between(centre.db, utc_text(today), utc_text(today + timedelta(days=1))),
        placed=store.placed_since(centre.db, utc_text(today)),
        hours=_hours(centre, now, today),
        places=tuple(_places(centre, today)),
    )


def _places(centre: Centre, today: datetime) -> list[PlaceToday]:
    """Every point, the busiest first."""
    figures = store.figures_by_point(centre.db)
    collected = store.collected_by_point(centre.db, utc_text(today), utc_text(today + timedelta(days=1)))
    places = [
        PlaceToday(
            point,
            name,
            collected.get(point, 0),
            figures.get(point, {}).get("here", 0),
            figures.get(point, {}).get("expected", 0),
        )
        for point, name in place_names(centre).items()
    ]
    return sorted(places, key=lambda place: (-place.collected, -place.here, place.point))


def _midnight(centre: Centre, now: datetime) -> datetime:
    """When today began at the centre's place."""
    local = now.astimezone(ZoneInfo(centre.config.timezone))
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


def _by_hour(centre: Centre, day: datetime) -> list[int]:
    hours = [0] * 24
    zone = ZoneInfo(centre.config.timezone)
    slots = store.collected_by_slot(centre.db, utc_text(day), utc_text(day + timedelta(days=1)))
    for slot, count in slots.items():
        hours[parse_utc(f"{slot}0:00.000Z").astimezone(zone).hour] += count
    return hours


def _hours(centre: Centre, now: datetime, today: datetime) -> Hours:
    """From seven to ten in the evening, and wider where something happened."""
    values, before = _by_hour(centre, today), _by_hour(centre, today - timedelta(days=7))
    busy = [hour for hour in range(24) if values[hour] or before[hour]]
    first, last = min([7, *busy]), max([21, *busy])
    so_far = max(first, min(last, now.astimezone(ZoneInfo(centre.config.timezone)).hour)) + 1
    return Hours(
        tuple(f"{hour}" for hour in range(first, last + 1)),
        tuple(values[first:so_far]),
        tuple(before[first : last + 1]) if any(before) else (),
    )
