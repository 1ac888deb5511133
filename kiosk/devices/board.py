"""What the devices page shows, put together from the workers' words, the machine and the way to the centre."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from flask_babel import gettext as _

from kiosk import workers
from kiosk.copies import operations as copies
from kiosk.copies import store as copy_store
from kiosk.copies.rules import WORDS as STICK_WORDS
from kiosk.copies.rules import StickState
from kiosk.devices import health
from kiosk.devices.rules import (
    CAMERA,
    CAMERA_UNKNOWN,
    LOSS,
    LOSS_SETTLED,
    PRINTER,
    TESTED,
    Condition,
    clock_condition,
    disk_condition,
    temperature_condition,
)
from kiosk.host import Kiosk
from kiosk.labels.pages import trouble_words
from kiosk.scan.rules import read_detail
from kiosk.store import WorkerState
from kiosk.sync.badge import link
from kiosk.sync.rules import ADVICE, Trouble
from kiosk.watermark import loss_to_tell
from shared import __version__
from shared.kernel.clock import utc_text
from shared.kernel.errors import N_
from shared.sync import store as sync_store
from shared.web.frame import LinkState
from shared.web.i18n import words
from shared.web.render import duration, local_time

LINKS: Mapping[LinkState, tuple[str, str, str]] = {
    LinkState.ONLINE: ("ok", "wifi", N_("在线")),
    LinkState.SYNCING: ("ok", "refresh-cw", N_("同步中")),
    LinkState.OFFLINE: ("warn", "cloud-off", N_("离线")),
    LinkState.PORTAL: ("warn", "wifi-off", N_("网络需要登录")),
    LinkState.NEIGHBOUR: ("ok", "wifi", N_("经邻近终端同步")),
}


@dataclass(frozen=True, slots=True)
class Part:
    """One card of the page: a name, its condition in words, and figures (word, value)."""

    key: str
    name: str
    icon: str
    tone: str
    word: str
    text: str
    next_step: str
    figures: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Board:
    """All cards; those that need somebody first. ``moved``: the card is another machine's and must be enrolled anew."""

    parts: list[Part]
    moved: bool = False

    @property
    def trouble(self) -> list[Part]:
        """The cards that somebody must see to."""
        return [part for part in self.parts if part.tone in ("warn", "alarm")]


@dataclass(frozen=True, slots=True)
class CodeTest:
    """A code tried on this page: waiting for one, or what the last one was."""

    waiting: bool
    tone: str = ""
    text: str = ""
    symbology: str = ""


def _part(key: str, name: str, condition: Condition, figures: list[tuple[str, str]]) -> Part:
    return Part(
        key,
        name,
        condition.icon,
        condition.tone,
        words(condition.word, {}),
        words(condition.text, {}),
        words(condition.next_step, {}),
        figures,
    )


def read_board(kiosk: Kiosk) -> Board:
    """Everything, as it is now."""
    states = workers.states(kiosk.db, kiosk.clock)
    parts = [
        _camera(kiosk, states.get("scan")),
        _printer(kiosk, states.get("print")),
        _network(kiosk),
        _disk(kiosk),
        _clock(kiosk),
        _machine(kiosk),
    ]
    if kiosk.config.copy is not None or copy_store.open_restore(kiosk.db) is not None:
        parts.append(_copies(kiosk))
    order = {"alarm": 0, "warn": 1}
    known = kiosk.state()
    moved = known is not None and known.trouble == Trouble.CLONE
    return Board(sorted(parts, key=lambda part: order.get(part.tone, 2)), moved)


def _camera(kiosk: Kiosk, state: WorkerState | None) -> Part:
    key = "none" if not kiosk.config.camera else state.state if state else "silent"
    detail = read_detail(state.detail if state else "")
    figures = [(_("画面"), _("每秒 %(count)s 张", count=detail.fps))] if key == "ok" and detail.fps else []
    if detail.decode_ms:
        figures.append((_("识读用时"), _("%(count)s 毫秒", count=detail.decode_ms)))
    figures.append((_("本次开机识读"), str(detail.scans)))
    if kiosk.config.scanner:
        figures.append((_("扫码枪"), _("已连接") if detail.scanner == "ok" else _("没有找到")))
    return _part("camera", _("摄像头"), CAMERA.get(key, CAMERA_UNKNOWN), figures)


def _printer(kiosk: Kiosk, state: WorkerState | None) -> Part:
    key = "none" if not kiosk.config.printer else state.state if state else "silent"
    condition = PRINTER.get(key, PRINTER["trouble"])
    cause, step = trouble_words(state.detail) if state and key in ("absent", "trouble") else ("", "")
    if cause:
        condition = replace(condition, text=cause, next_step=step)
    return _part("printer", _("打印机"), condition, [(_("等待打印"), str(health.labels_waiting(kiosk)))])


def _network(kiosk: Kiosk) -> Part:
    now, state = link(kiosk), kiosk.state()
    tone, icon, word = LINKS[now.state]
    trouble = Trouble(state.trouble) if state and state.trouble in set(Trouble) else Trouble.NONE
    cause, step = ADVICE[trouble]
    parked = sync_store.count_quarantine(kiosk.db)
    if parked and tone == "ok":
        tone, step = "warn", N_("隔离区有记录，请点下面的“隔离区”查看。")
    text = cause if trouble is not Trouble.NONE else ""
    waiting, oldest = sync_store.outbox(kiosk.db)
    figures = [
        (_("上次联系中心"), local_time(state.last_contact) if state and state.last_contact else _("从未")),
        (_("待发记录"), str(waiting) + (f" · {local_time(oldest)}" if oldest else "")),
        (_("隔离区"), str(parked)),
    ]
    return _part("network", _("网络与同步"), Condition(tone, icon, word, text, step), figures)


def _disk(kiosk: Kiosk) -> Part:
    free, total = health.disk_mb(kiosk)
    figures = [(_("可用"), f"{free / 1024:.1f} GB"), (_("总共"), f"{total / 1024:.1f} GB")]
    loss = loss_to_tell(kiosk.db, kiosk.clock)
    if loss is None:
        return _part("disk", _("磁盘"), disk_condition(free), figures)
    figures.append((_("丢失的记录"), str(loss.missing)))
    return _part("disk", _("磁盘"), LOSS if loss.settled_at is None else LOSS_SETTLED, figures)


def _copies(kiosk: Kiosk) -> Part:
    """The second copy on the stick; and whether this database was itself put back from one."""
    state, last = copies.stick_state(kiosk, kiosk.clock.now()), copy_store.stick_copy(kiosk.db)
    tone, word = ("ok", N_("正常")) if state is StickState.OK else ("warn", N_("需要处理"))
    text, step = STICK_WORDS[state]
    if copies.sells_nothing_until_rejoined(kiosk) is not None:
        tone, word, step = "warn", N_("刚从备份恢复"), N_("请接通网络，与中心同步一次。")
        text = N_("取件照常；与中心联系一次之前，不卖限量商品。")
    figures = [(_("最新一份"), local_time(utc_text(last.at)) if last else _("还没有"))]
    if last:
        figures.append((_("大小"), f"{last.bytes / 1_000_000:.1f} MB"))
    return _part("copies", _("备份"), Condition(tone, "usb", word, text, step), figures)


def _clock(kiosk: Kiosk) -> Part:
    figures = [(_("本机时间"), local_time(utc_text(kiosk.clock.now()), "full"))]
    return _part("clock", _("时钟"), clock_condition(health.clock_trusted(kiosk)), figures)


def _machine(kiosk: Kiosk) -> Part:
    celsius, state = health.temperature_c(), kiosk.state()
    condition = temperature_condition(celsius)
    figures = [
        (_("设备编号"), state.device if state else "—"),
        (_("程序版本"), __version__),
        (_("温度"), f"{celsius:.0f} °C" if celsius is not None else "—"),
        (_("已开机"), duration(health.uptime_s())),
    ]
    return _part("machine", _("主机"), condition, figures)


def code_test(waiting: bool, tested: tuple[str, str] | None) -> CodeTest:
    """What to say about the code that was tried."""
    if tested is None:
        return CodeTest(waiting)
    tone, text = TESTED.get(tested[0], TESTED["other"])
    return CodeTest(waiting, tone, words(text, {}), tested[1])
