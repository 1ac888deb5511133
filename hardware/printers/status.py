"""What a printer says about itself, and the words for it."""

from dataclasses import dataclass
from enum import StrEnum

from shared.kernel.errors import N_


class Trouble(StrEnum):
    """Everything that may keep a printer from printing."""

    COVER_OPEN = "cover_open"
    JAM = "jam"
    PAPER_OUT = "paper_out"
    RIBBON_OUT = "ribbon_out"
    PAUSED = "paused"
    TOO_HOT = "too_hot"
    MISSING = "missing"
    SILENT = "silent"
    UNREADABLE = "unreadable"
    STALLED = "stalled"
    LOST = "lost"


WORDS: dict[Trouble, tuple[str, str]] = {
    Trouble.COVER_OPEN: (N_("打印机盖未合上。"), N_("请合上打印机盖。")),
    Trouble.JAM: (N_("打印机卡纸。"), N_("请打开盖子，取出卡住的标签后合上。")),
    Trouble.PAPER_OUT: (N_("打印机缺纸。"), N_("请装入新的标签卷。")),
    Trouble.RIBBON_OUT: (N_("打印机碳带用完。"), N_("请更换碳带。")),
    Trouble.PAUSED: (N_("打印机已暂停。"), N_("请按打印机上的暂停键恢复。")),
    Trouble.TOO_HOT: (N_("打印机温度异常。"), N_("请等几分钟再试。")),
    Trouble.MISSING: (N_("未找到打印机。"), N_("请检查打印机电源和数据线。")),
    Trouble.SILENT: (N_("打印机没有应答。"), N_("请检查打印机是否开机、有纸、盖子合上。")),
    Trouble.UNREADABLE: (N_("打印机的应答无法识别，状态未知。"), N_("请查看打印机指示灯，必要时关机再开机。")),
    Trouble.STALLED: (N_("打印机不接收数据。"), N_("请关闭打印机电源，十秒后再打开。")),
    Trouble.LOST: (N_("打印途中与打印机的连接断开。"), N_("请检查数据线，并看这张标签是否已经打出。")),
}
"""What happened and what to do, as Chinese message ids."""


@dataclass(frozen=True)
class PrinterStatus:
    """One reading of a printer. ``known`` is False where it could not be read: never take that for fine."""

    troubles: tuple[Trouble, ...] = ()
    printing: bool = False
    known: bool = False

    @property
    def ready(self) -> bool:
        """True when the printer itself says that nothing is wrong."""
        return self.known and not self.troubles

    @property
    def trouble(self) -> Trouble | None:
        """The first thing to mend."""
        return self.troubles[0] if self.troubles else None

    @property
    def message(self) -> str:
        """What is wrong (message id), or that all is well."""
        return WORDS[self.troubles[0]][0] if self.troubles else N_("打印机就绪。")

    @property
    def next_step(self) -> str:
        """What to do about it (message id); empty when nothing is wrong."""
        return WORDS[self.troubles[0]][1] if self.troubles else ""
