"""What the files are called, and what staff are told about them. Pure."""

import re
from enum import StrEnum

from shared.kernel.errors import N_

OUT_NAME = "linqu-{device}-{number}-question.linqu"
ANSWER = re.compile(r"linqu-(?P<device>[0-9A-Z]+)-(?P<number>\d+)-answer\.linqu")


class Outcome(StrEnum):
    """What became of an answer on the stick."""

    TAKEN = "taken"
    ALREADY = "already"
    STALE = "stale"
    COMPARED = "compared"
    REFUSED = "refused"
    FOREIGN = "foreign"
    DAMAGED = "damaged"
    UNKNOWN = "unknown"
    NONE = "none"


WORDS: dict[Outcome, tuple[str, str, str]] = {
    Outcome.TAKEN: ("ok", N_("已取入，数据是最新的。"), N_("可以拔下 U 盘。")),
    Outcome.ALREADY: ("ok", N_("这份回复已经取入过，没有重复。"), N_("可以拔下 U 盘。")),
    Outcome.STALE: (
        "info",
        N_("带出之后本机已经与中心同步过，这份回复用不上了；数据没有问题。"),
        N_("可以拔下 U 盘。"),
    ),
    Outcome.COMPARED: ("warn", N_("本机和中心的记录已经核对好。"), N_("请再带出一次文件，送到中心，就能接上。")),
    Outcome.REFUSED: ("alarm", N_("中心没有收下：%(detail)s"), N_("请联系运营。")),
    Outcome.FOREIGN: ("warn", N_("这份回复是给另一台终端的，没有采用。"), N_("请换成本机的 U 盘。")),
    Outcome.DAMAGED: ("warn", N_("回复文件不完整，没有采用。"), N_("请在运营后台重新下载回复文件。")),
    Outcome.UNKNOWN: ("warn", N_("本机没有带出过对应的文件，没有采用。"), N_("请先从本机带出文件。")),
    Outcome.NONE: ("info", N_("U 盘里没有中心的回复文件。"), N_("请先把带出的文件交给中心，再放回 U 盘。")),
}
"""Tone, what happened, what to do."""
