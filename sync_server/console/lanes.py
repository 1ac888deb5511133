"""The lives of a kiosk's database in words: put back from a copy, cloned, met by a centre that was put back itself."""

from collections.abc import Iterable
from dataclasses import dataclass

from flask_babel import gettext as _

from shared.sync.rejoin import Why
from shared.sync.store import Lane


@dataclass(frozen=True)
class Event:
    """One entry of a timeline; texts are in the reader's language, ``at`` is UTC text or empty."""

    at: str
    title: str
    text: str
    tone: str
    icon: str


def events(lanes: Iterable[Lane], enrolled_at: str) -> list[Event]:
    """What became of a kiosk's database, newest first."""
    told = [_event(lane) for lane in lanes if lane.why or lane.parked]
    told.append(Event(enrolled_at, _("登记"), _("这台终端从这里开始记录。"), "ok", "key-round"))
    return sorted(told, key=lambda event: event.at, reverse=True)


def _event(lane: Lane) -> Event:
    recorded = max(0, lane.seq - lane.parent_seq)
    if lane.why == Why.CLONE or lane.parked:
        return Event(
            lane.made_at,
            _("另一台机器用了它的存储卡"),
            _("硬件与登记时不同（克隆卡或换了机器）：它的 %(count)s 条记录在隔离区等待决定。", count=recorded),
            "alarm",
            "copy",
        )
    if lane.why == Why.RESTORED:
        return Event(
            lane.made_at,
            _("数据库从备份恢复过，已自动接上"),
            _("从序号 %(seq)s 之后重新记录；之前已送到中心的记录都还在，没有丢失也没有重复。", seq=lane.parent_seq),
            "info",
            "history",
        )
    if lane.why == Why.CENTRE_RESTORED:
        return Event(
            lane.made_at,
            _("中心从备份恢复后，它补传了记录"),
            _("中心缺少序号 %(seq)s 之后的记录，终端已自动补传。", seq=lane.parent_seq),
            "info",
            "cloud-upload",
        )
    if lane.why == Why.LOST:
        return Event(
            lane.made_at,
            _("中心没有它更早的记录"),
            _("终端上更早的记录已清理，从序号 %(seq)s 接上；请核对那之前的业务。", seq=lane.parent_seq),
            "warn",
            "triangle-alert",
        )
    return Event(lane.made_at, _("开始新的设备代"), lane.epoch, "idle", "circle-dot")


def generation_words(generation: int) -> tuple[str, str]:
    """The centre's generation as a heading and what it means."""
    title = _("服务器代 %(generation)s", generation=generation)
    if generation <= 1:
        return title, _("中心的数据库从开始到现在是同一个，没有从备份恢复过。")
    return title, _(
        "中心的数据库从备份恢复过 %(count)s 次；每次恢复后，各终端会自动补传中心缺少的记录，配额在对账完成前暂停分配。",
        count=generation - 1,
    )
