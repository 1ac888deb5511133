"""When the next copy is due, how old is too old, and what staff are told. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shared.kernel.errors import N_
from shared.kernel.limits import COPY_GAP_SECONDS, COPY_OLD_TIMES

ROTATION = 2


@dataclass(frozen=True, slots=True)
class StickCopy:
    """The newest copy on the stick: when (UTC), up to which fact, under which name, how large."""

    at: datetime
    seq: int
    file: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Plan:
    """How often copies are made: after this many hours, or this many facts, whichever comes first."""

    hours: int
    facts: int


class StickState(StrEnum):
    """How the copies on the stick are; ``OFF`` where no stick is set."""

    OFF = "off"
    OK = "ok"
    NONE_YET = "none_yet"
    MISSING = "missing"
    SAME_DISK = "same_disk"
    FAILED = "failed"
    OLD = "old"


WORDS: dict[StickState, tuple[str, str]] = {
    StickState.OFF: (N_("没有设置第二份备份。"), N_("请插上 U 盘，并由运营设置 LINQU_COPY。")),
    StickState.OK: (N_("第二份备份正常。"), ""),
    StickState.NONE_YET: (N_("第二份备份还没有做完。"), N_("请等几分钟，不要拔 U 盘。")),
    StickState.MISSING: (N_("备份用的 U 盘不在。"), N_("请插上备份 U 盘；取件不受影响。")),
    StickState.SAME_DISK: (
        N_("备份文件夹和数据库在同一张存储卡上，卡坏了两份都会丢。"),
        N_("请把 LINQU_COPY 改到 U 盘上的文件夹。"),
    ),
    StickState.FAILED: (N_("备份没有写成。"), N_("请换一个 U 盘；取件不受影响。")),
    StickState.OLD: (N_("第二份备份太旧了。"), N_("请检查 U 盘是否插好、是否已满。")),
}


def slot_name(device: str, slot: int) -> str:
    """``linqu-K1-1.copy``: two names that are written in turn."""
    return f"linqu-{device}-{slot + 1}.copy"


def next_slot(device: str, last: StickCopy | None) -> int:
    """The slot that does not hold the newest copy."""
    return 1 if last is not None and last.file == slot_name(device, 0) else 0


def is_due(last: StickCopy | None, now: datetime, head_seq: int, plan: Plan) -> bool:
    """Whether it is time for another copy.

    A clock that jumped back makes the age negative: then facts alone count, and the first fact is enough.
    """
    if last is None:
        return True
    age = now - last.at
    new = head_seq - last.seq
    if age < timedelta(0):
        return new != 0
    if age < timedelta(seconds=COPY_GAP_SECONDS):
        return False
    # fewer facts than were copied: the database itself was put back from a copy
    return age >= timedelta(hours=plan.hours) or new >= plan.facts or new < 0


def is_old(last: StickCopy | None, now: datetime, head_seq: int, plan: Plan) -> bool:
    """Whether the newest copy would lose more than it should."""
    if last is None or last.seq == head_seq:
        return False
    return now - last.at > timedelta(hours=plan.hours * COPY_OLD_TIMES)
