"""Operators: when a sign-in is locked or a session over, which passwords are taken; what a file cell may hold."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from shared.kernel.errors import N_, BadInput
from shared.kernel.limits import (
    OPERATOR_IDLE_MINUTES,
    OPERATOR_LOCK_FIRST_MINUTES,
    OPERATOR_LOCK_MAX_MINUTES,
    OPERATOR_PASSWORD_CHARS,
    OPERATOR_SESSION_HOURS,
    OPERATOR_TRIES,
)

OPERATOR_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class SignIn(StrEnum):
    """Every answer to a sign-in."""

    WELCOME = "welcome"
    WRONG = "wrong"
    LOCKED = "locked"


class Action(StrEnum):
    """What operators do at the console that leaves no fact."""

    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    CLAIM_MADE = "claim_made"
    DEVICE_REVOKED = "device_revoked"
    PASS_ISSUED = "pass_issued"  # noqa: S105 - an action, no password
    EXPORTED = "exported"
    RESIDENT_ERASED = "resident_erased"
    CHANNEL_ADDED = "channel_added"
    CHANNEL_REVOKED = "channel_revoked"


ACTION_NAMES = {
    Action.SIGNED_IN: N_("登录"),
    Action.SIGNED_OUT: N_("退出"),
    Action.CLAIM_MADE: N_("生成登记码"),
    Action.DEVICE_REVOKED: N_("停用终端"),
    Action.PASS_ISSUED: N_("签发取件凭证"),
    Action.EXPORTED: N_("导出 CSV"),
    Action.RESIDENT_ERASED: N_("删除居民"),
    Action.CHANNEL_ADDED: N_("新增渠道"),
    Action.CHANNEL_REVOKED: N_("停用渠道"),
}


@dataclass(frozen=True)
class Tries:
    """Failed sign-ins under one name since the last good one."""

    failed: int
    tried_at: datetime
    locked_until: datetime


def lock_seconds(failed: int) -> int:
    """How long a name is locked after its n-th failure: nothing for four, then 1, 2, 4, 8, 15 minutes."""
    if failed < OPERATOR_TRIES:
        return 0
    minutes = OPERATOR_LOCK_FIRST_MINUTES << min(failed - OPERATOR_TRIES, 10)
    return min(minutes, OPERATOR_LOCK_MAX_MINUTES) * 60


def seconds_locked(tries: Tries | None, now: datetime) -> int:
    """Seconds until the next try is taken. A clock that jumped back never locks longer than the lock was."""
    if tries is None:
        return 0
    rest = (tries.locked_until - now).total_seconds()
    return max(0, min(round(rest + 0.5), lock_seconds(tries.failed)))


def session_over(made_at: datetime, seen_at: datetime, now: datetime) -> bool:
    """Whether a session has lasted too long, or has rested too long."""
    return now - made_at > timedelta(hours=OPERATOR_SESSION_HOURS) or now - seen_at > timedelta(
        minutes=OPERATOR_IDLE_MINUTES
    )


def check_operator(name: str, password: str) -> None:
    """Raise ``BadInput`` unless an operator of this name and password may be made."""
    if not OPERATOR_NAME.fullmatch(name):
        raise BadInput("OPERATOR_NAME", N_("账号只能用小写字母、数字和 - . _，2 到 32 位。"), N_("请改正账号。"))
    if len(password) < OPERATOR_PASSWORD_CHARS or len(set(password)) < OPERATOR_PASSWORD_CHARS // 2:
        raise BadInput(
            "OPERATOR_PASSWORD",
            N_("密码太弱：至少 %(count)s 位，而且不能只是几个字符重复。"),
            N_("请换一个密码。"),
            count=OPERATOR_PASSWORD_CHARS,
        )


def harmless(text: str) -> str:
    """A text that no spreadsheet program takes for a formula (OWASP, "CSV injection")."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def check_pin(pin: str) -> bool:
    """Whether a six-digit PIN is not among the first that a thief would try: runs, few digits, repeated halves."""
    steps = {(int(second) - int(first)) % 10 for first, second in pairwise(pin)}
    return len(set(pin)) >= 4 and len(steps) > 1 and pin[:3] != pin[3:] and pin[:2] not in {"19", "20"}
