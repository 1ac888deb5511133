"""What can go wrong on the way to the centre, how long to wait, and what the badge says. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from shared.kernel.errors import N_
from shared.kernel.limits import SYNC_PUSH_FACTS

FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 15.0
BUSY_INTERVALS = 2.0
DEBOUNCE_SECONDS = 0.2
QUICK_SECONDS = 3.0
THROUGH_NEIGHBOUR = "neighbour"
"""What the sync process says of itself while its rounds go through a neighbouring kiosk."""


class Trouble(StrEnum):
    """Why the last round failed; empty is none."""

    NONE = ""
    NO_NETWORK = "no_network"
    TIMEOUT = "timeout"
    PORTAL = "portal"
    CERTIFICATE = "certificate"
    BAD_ANSWER = "bad_answer"
    BUSY = "busy"
    NOT_KNOWN = "not_known"
    CLONE = "clone"
    TOO_OLD = "too_old"
    TOO_LARGE = "too_large"
    DISK = "disk"


ADVICE: dict[Trouble, tuple[str, str]] = {
    Trouble.NONE: (N_("与中心连接正常。"), ""),
    Trouble.NO_NETWORK: (N_("连不上网络。"), N_("取件不受影响。请看路由器和网线；恢复后会自动同步。")),
    Trouble.TIMEOUT: (N_("中心没有及时回答。"), N_("取件不受影响，会自动重试。")),
    Trouble.PORTAL: (N_("网络需要登录。"), N_("请用手机连接同一网络完成登录，本机会自动恢复。")),
    Trouble.CERTIFICATE: (N_("中心的证书不对，没有发送任何数据。"), N_("请检查本机时间，并联系运营。")),
    Trouble.BAD_ANSWER: (N_("中心的回答不完整，没有采用。"), N_("会自动重试；若一直出现请联系运营。")),
    Trouble.BUSY: (N_("中心正忙。"), N_("取件不受影响，稍后自动重试。")),
    Trouble.NOT_KNOWN: (N_("中心不认识本机，可能已被停用。"), N_("请联系运营重新登记。")),
    Trouble.CLONE: (
        N_("这张存储卡原属另一台机器，本机要重新登记；原有记录都已交给中心。"),
        N_("请向运营要登记码，在“登记本机”页输入。"),
    ),
    Trouble.TOO_OLD: (N_("本机程序版本太旧。"), N_("请更新程序。")),
    Trouble.DISK: (
        N_("磁盘已满或读写出错，收到的数据没有保存。"),
        N_("取件照常。请联系运营清理或更换存储卡。"),
    ),
    Trouble.TOO_LARGE: (N_("一次发送的数据太大，将分小批再发。"), N_("会自动重试。")),
}


@dataclass(frozen=True)
class Pace:
    """How many facts one request may hold: fewer after a failure, so that what makes it fail is found and passed.

    More only after a round that was quick: a slow line would swing between success and time-out. The same once more
    where only the answer may have been lost: the centre then holds the whole batch, and a part of it would look like
    the batch of an older copy.
    """

    most: int = SYNC_PUSH_FACTS
    again: bool = False

    def after(self, trouble: Trouble, seconds: float) -> "Pace":
        """The pace of the next round, after one that took ``seconds``."""
        if trouble is Trouble.NONE:
            return Pace(min(SYNC_PUSH_FACTS, self.most * 4 if seconds < QUICK_SECONDS else self.most))
        if trouble in (Trouble.TIMEOUT, Trouble.BAD_ANSWER) and not self.again:
            return Pace(self.most, again=True)
        if trouble in (Trouble.TIMEOUT, Trouble.BAD_ANSWER, Trouble.TOO_LARGE):
            return Pace(max(1, self.most // 4))
        return self


WHOLE = Pace()


@dataclass(frozen=True)
class Wait:
    """How long to wait before the next round, in seconds, and whether a new fact may cut it short."""

    seconds: float
    cut_short: bool


def next_wait(trouble: Trouble, failures: int, next_s: int, chance: float) -> Wait:
    """Wait what the centre asks after success; after failures back off with full jitter (``chance`` in 0…1).

    Full jitter after https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/: kiosks that lost the
    centre together must not come back together. A centre that is there and says it is busy already asked for rounds
    every ``next_s``: all kiosks together ask it no more often than when it is well.
    """
    if trouble is Trouble.NONE:
        return Wait(float(next_s), cut_short=True)
    if trouble is Trouble.BUSY:
        return Wait(0.2 + BUSY_INTERVALS * next_s * chance, cut_short=False)
    ceiling = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** min(failures, 10))
    return Wait(0.2 + ceiling * chance, cut_short=False)


def trouble_of_status(status: int) -> Trouble:
    """What an HTTP status that is not 200 means."""
    if status in (301, 302, 303, 307, 308, 511):
        return Trouble.PORTAL
    if status in (401, 403):
        return Trouble.NOT_KNOWN
    if status in (429, 502, 503, 504, 507):
        return Trouble.BUSY
    if status == 413:
        return Trouble.TOO_LARGE
    if status == 426:
        return Trouble.TOO_OLD
    return Trouble.BAD_ANSWER
