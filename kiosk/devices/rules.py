"""How good each part of a kiosk is, and what staff can do about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.kernel.clock import parse_utc
from shared.kernel.errors import N_
from shared.kernel.limits import (
    CLOCK_PLAUSIBLE_DAYS,
    DEVICE_DISK_FULL_MB,
    DEVICE_DISK_LOW_MB,
    DEVICE_HOT_CELSIUS,
)

WARM_CELSIUS = 70.0


@dataclass(frozen=True, slots=True)
class Condition:
    """One part of the kiosk: tone and icon, a word for its state, why, and what to do now. Message ids."""

    tone: str
    icon: str
    word: str
    text: str = ""
    next_step: str = ""

    @property
    def good(self) -> bool:
        """Nothing to do."""
        return self.tone == "ok"


CAMERA: Mapping[str, Condition] = {
    "ok": Condition("ok", "camera", N_("正常")),
    "starting": Condition("info", "camera", N_("正在启动"), N_("刚刚打开，还没有画面。"), N_("请等几秒。")),
    "missing": Condition(
        "alarm",
        "camera-off",
        N_("没有找到"),
        N_("摄像头没有接上，或被别的程序占用。"),
        N_("请重新插拔摄像头的 USB 线；居民可以先输入取件码。"),
    ),
    "frozen": Condition(
        "alarm",
        "camera-off",
        N_("画面不动"),
        N_("摄像头接着，但画面停住了。"),
        N_("请拔下摄像头，等 3 秒再插上。"),
    ),
    "covered": Condition(
        "warn",
        "eye-off",
        N_("镜头被挡住"),
        N_("画面几乎全黑。"),
        N_("请拿开挡住镜头的东西，并打开补光灯。"),
    ),
    "ended": Condition(
        "alarm",
        "camera-off",
        N_("画面放完了"),
        N_("摄像头地址是一段录像，已经播完。"),
        N_("请联系运营检查摄像头设置。"),
    ),
    "none": Condition(
        "warn", "camera-off", N_("没有设置"), N_("这台机器没有设置摄像头。"), N_("请联系运营填写摄像头地址。")
    ),
    "silent": Condition(
        "alarm",
        "camera-off",
        N_("识读程序没有响应"),
        N_("识读进程停了，系统会自动重新启动它。"),
        N_("请等半分钟；仍不行请重启机器。"),
    ),
}
CAMERA_UNKNOWN = Condition("warn", "circle-help", N_("状态不明"), "", N_("请联系运营。"))

PRINTER: Mapping[str, Condition] = {
    "ok": Condition("ok", "printer-check", N_("正常")),
    "absent": Condition(
        "alarm",
        "printer-x",
        N_("没有找到"),
        N_("打印机没有开机，或线没有插好。"),
        N_("请检查电源和 USB 线。标签会留着，接好后继续打。"),
    ),
    "trouble": Condition(
        "warn",
        "printer",
        N_("需要处理"),
        N_("打印机报告了问题。"),
        N_("请看打印机的纸、盖子和碳带，再到“标签”页继续。"),
    ),
    "silent": Condition(
        "alarm",
        "printer-x",
        N_("打印程序没有响应"),
        N_("打印进程停了，系统会自动重新启动它。"),
        N_("请等半分钟；仍不行请重启机器。"),
    ),
    "none": Condition(
        "warn", "printer-x", N_("没有设置"), N_("这台机器没有设置打印机。"), N_("请联系运营填写打印机地址。")
    ),
}


LOSS = Condition(
    "alarm",
    "hard-drive",
    N_("丢了记录"),
    N_("数据库日志损坏或丢失，最近的记录不在本机。"),
    N_("接通网络后中心会补发；请联系运营检查存储卡。"),
)
LOSS_SETTLED = Condition(
    "warn",
    "hard-drive",
    N_("丢过记录"),
    N_("中心有的记录已经补回，有几条中心也没有收到过。"),
    N_("请对照货架核对包裹，并联系运营更换存储卡。"),
)


def disk_condition(free_mb: int) -> Condition:
    """Free space where the data lies, in MB."""
    if free_mb < DEVICE_DISK_FULL_MB:
        return Condition(
            "alarm", "hard-drive", N_("快满了"), N_("磁盘满后不能再入库。"), N_("请马上联系运营清理磁盘。")
        )
    if free_mb < DEVICE_DISK_LOW_MB:
        return Condition("warn", "hard-drive", N_("空间不多"), "", N_("请联系运营清理磁盘。"))
    return Condition("ok", "hard-drive", N_("正常"))


def clock_condition(trusted: bool) -> Condition:
    """Whether the time on the screen can be right. It never stops a pickup."""
    if trusted:
        return Condition("ok", "clock", N_("可信"))
    return Condition(
        "warn",
        "clock-alert",
        N_("不可信"),
        N_("本机时间与上次联系中心时对不上。取件不受影响。"),
        N_("接通网络后会自动校时；仍不对请联系运营。"),
    )


def clock_is_plausible(now: datetime, last_contact: str | None) -> bool:
    """Whether ``now`` can be right: not before the last contact with the centre, and not months after it.

    A board without a clock battery starts in the past; a wrong year jumps ahead. Before the first contact there is
    nothing to compare with, and the clock is not trusted.
    """
    if not last_contact:
        return False
    contact = parse_utc(last_contact)
    return contact - timedelta(minutes=10) <= now <= contact + timedelta(days=CLOCK_PLAUSIBLE_DAYS)


def temperature_condition(celsius: float | None) -> Condition:
    """The machine, judged by the processor's temperature in °C; None where it does not tell."""
    if celsius is None:
        return Condition("ok", "monitor", N_("正常"))
    if celsius > DEVICE_HOT_CELSIUS:
        return Condition(
            "alarm", "thermometer", N_("过热"), N_("机器会变慢。"), N_("请清理风扇和散热孔，避免阳光直射。")
        )
    if celsius >= WARM_CELSIUS:
        return Condition("warn", "thermometer", N_("偏热"), "", N_("请检查通风。"))
    return Condition("ok", "monitor", N_("正常"))


TESTED: Mapping[str, tuple[str, str]] = {
    "valid": ("ok", N_("读到了：有效的取件凭证。没有出库。")),
    "forged": ("warn", N_("读到了：取件凭证，但核对不上。")),
    "expired": ("warn", N_("读到了：取件凭证，已过期。")),
    "revoked": ("warn", N_("读到了：取件凭证，已作废。")),
    "wrong_point": ("warn", N_("读到了：别的自提点的取件凭证。")),
    "not_a_pass": ("info", N_("读到了：不是取件凭证。")),
    "parcel_label": ("ok", N_("读到了：包裹面单或标签。")),
    "goods_barcode": ("ok", N_("读到了：商品条码。")),
    "other": ("info", N_("读到了：别的码。")),
    "too_long": ("info", N_("读到了：内容太长的码，不是我们的。")),
    "conflict": ("info", N_("同一画面里有两个不同的码，请只留一个。")),
}
"""What a code that was only tried turned out to be: tone and words."""
