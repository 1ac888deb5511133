"""How often a PIN may be tried, and how long a screen may stand open. No wall clock decides anything here."""

from dataclasses import dataclass

from shared.kernel.errors import N_, Refused
from shared.kernel.limits import PIN_LOCK_MINUTES, PIN_TRIES, STAFF_IDLE_SECONDS

MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class PinTries:
    """Wrong PINs of one person since the last right one, and the lock that they earned.

    ``locked_until_ms`` is a time of the machine's monotonic clock, 0 for no lock; ``lock_ms`` is how long that lock is.
    """

    failures: int = 0
    lock_ms: int = 0
    locked_until_ms: int = 0


def anchored(tries: PinTries, now_ms: int) -> PinTries:
    """The same lock on the clock of this start of the machine.

    The monotonic clock starts at 0 with the machine. A lock that ends later than its whole length from now was set
    before that: it begins anew. One that seems to be over has really been over for longer, because the machine has
    run for at least that long since. So turning the machine off never makes a lock shorter.
    """
    if tries.locked_until_ms - now_ms > tries.lock_ms:
        return PinTries(tries.failures, tries.lock_ms, now_ms + tries.lock_ms)
    return tries


def rest_ms(tries: PinTries, now_ms: int) -> int:
    """How long the lock still lasts; 0 when there is none."""
    return max(0, tries.locked_until_ms - now_ms)


def one_more(tries: PinTries, now_ms: int) -> PinTries:
    """After one more wrong PIN. Every fifth locks: 1, 2, 4, 8 and then always 15 minutes."""
    failures = tries.failures + 1
    if failures % PIN_TRIES:
        return PinTries(failures, 0, 0)
    step = min(failures // PIN_TRIES, len(PIN_LOCK_MINUTES)) - 1
    lock = PIN_LOCK_MINUTES[step] * MINUTE_MS
    return PinTries(failures, lock, now_ms + lock)


def tries_left(tries: PinTries) -> int:
    """Wrong PINs until the next lock."""
    return PIN_TRIES - tries.failures % PIN_TRIES


def still_open(seen_ms: int, now_ms: int) -> bool:
    """Whether a session last used at ``seen_ms`` is open. A time ahead of now is from before the machine started."""
    return 0 <= now_ms - seen_ms < STAFF_IDLE_SECONDS * 1000


class PinWrong(Refused):
    """Not the PIN of this person."""

    def __init__(self, left: int) -> None:
        super().__init__("PIN_WRONG", N_("PIN 不对，还可以试 %(left)s 次。"), N_("请重新输入。"), left=left)


class PinLocked(Refused):
    """Too many wrong PINs."""

    def __init__(self, rest: int) -> None:
        minutes = -(-rest // MINUTE_MS)
        super().__init__(
            "PIN_LOCKED",
            N_("PIN 输错太多次，%(minutes)s 分钟内不能再试。"),
            N_("请等一会儿，或换一位店员登录。"),
            minutes=minutes,
        )
        self.rest_ms = rest


class NobodyThere(Refused):
    """The person does not work at this point, or no longer."""

    def __init__(self) -> None:
        super().__init__("STAFF_UNKNOWN", N_("这位店员不在本自提点的名单里。"), N_("请从名单中选择，或请运营添加。"))
