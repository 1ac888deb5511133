"""What the pattern page shows: every component in every state, with the words and numbers of an ordinary Tuesday."""

from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _

from shared.web.frame import Link, LinkState

DISTANCES = ("kiosk", "counter", "console", "phone")


@dataclass(frozen=True)
class Sample:
    """Made-up material for the pattern page; nothing of it is stored anywhere."""

    shelves: tuple[dict[str, Any], ...]
    points: tuple[dict[str, Any], ...]
    events: tuple[dict[str, str], ...]
    hours: tuple[str, ...]
    pickups: tuple[int, ...]
    pickups_before: tuple[int, ...]
    history: tuple[int, ...] = (31, 36, 34, 40, 38, 44, 52, 49, 58, 61)
    links: tuple[Link, ...] = field(
        default=(
            Link(LinkState.ONLINE),
            Link(LinkState.SYNCING, waiting=12),
            Link(LinkState.OFFLINE, data_as_of="2026-11-22T01:12:00.000Z", waiting=47),
            Link(LinkState.PORTAL),
        )
    )


def sample() -> Sample:
    """The material in the language of this request."""
    dry = tuple(
        {"code": str(number), "name": _("货架"), "used": used, "room": 40, "cold": False}
        for number, used in enumerate((12, 38, 26, 5, 31, 18, 0), 1)
    )
    shelves = (*dry, {"code": _("冷柜"), "name": _("冷藏"), "used": 9, "room": 16, "cold": True})
    rows = (
        (_("洪楼社区自提点"), _("正常"), "ok", 0, "", "1.0.3"),
        (_("甸柳新村一站"), _("离线"), "info", 312, _("4 小时"), "1.0.3"),
        (_("解放路东口（旧物业楼一层，靠菜市场侧门）"), _("缺纸"), "warn", 8, _("2 分钟"), "1.0.2"),
        (_("燕子山庄"), _("校验不符"), "alarm", 1204, _("3 天"), "0.9.8"),
    )
    points = tuple(
        dict(zip(("name", "state", "tone", "waiting", "oldest", "version"), row, strict=True)) for row in rows
    )
    events = (
        {"at": "09:12", "title": _("上架"), "text": "3-2-0457", "tone": "ok", "icon": "layers"},
        {"at": "09:10", "title": _("打印标签"), "text": _("缺纸，装纸后自动续打"), "tone": "warn", "icon": "printer"},
        {"at": "09:09", "title": _("入库"), "text": _("扫描枪"), "tone": "info", "icon": "package-plus"},
        {"at": "08:40", "title": _("从中心发出"), "text": "", "tone": "idle", "icon": "truck"},
    )
    return Sample(
        shelves=shelves,
        points=points,
        events=events,
        hours=tuple(str(hour) for hour in range(8, 21)),
        pickups=(12, 34, 41, 38, 52, 30, 22, 28, 46, 88),
        pickups_before=(14, 30, 44, 40, 47, 36, 20, 25, 50, 92, 110, 74, 31),
    )
