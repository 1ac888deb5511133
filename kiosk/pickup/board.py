"""Where a scan meets the screens: results for some minutes, in this process's memory only, and who waits for them.

Nothing of it is written down: a result holds a resident's parcels. After a restart the same pass, shown again, says
what was collected and when.
"""

import hashlib
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from kiosk.pickup.rules import PickupResult
from kiosk.scan.goods import GoodsScans
from shared.kernel.ids import draw_nonce
from shared.kernel.limits import (
    RESULT_KEPT_SECONDS,
    SCAN_REPEAT_SECONDS,
    SCAN_TEST_SECONDS,
    SCAN_WAITERS,
    SCANS_REMEMBERED,
)

RESULT_ID_BYTES = 16


@dataclass(frozen=True, slots=True)
class News:
    """What a screen hears: where it has read to, the result to show (or none), a hint for the hand with the phone.

    ``crowded`` says that too many wait already: ask again in a second instead of waiting.
    """

    after: str
    result: str = ""
    hint: str = ""
    crowded: bool = False


@dataclass(frozen=True, slots=True)
class _Kept:
    result: PickupResult
    at: float


class ScanBoard:
    """The results of this process. Safe to share between threads; ``monotonic`` gives seconds."""

    def __init__(self, monotonic: Callable[[], float], run: str) -> None:
        self.run = run
        self.goods = GoodsScans(monotonic)
        self._monotonic = monotonic
        self._changed = threading.Condition()
        self._one_scan = threading.Lock()
        self._number = 0
        self._newest = ""
        self._result_number = 0
        self._hint = ""
        self._hint_number = 0
        self._results: OrderedDict[str, _Kept] = OrderedDict()
        self._scans: OrderedDict[bytes, tuple[str, float]] = OrderedDict()
        self._screens: dict[str, int] = {}
        self._tickets = 0
        self._test_until = 0.0
        self._tested: tuple[str, str] | None = None

    @classmethod
    def at_start(cls, monotonic: Callable[[], float]) -> "ScanBoard":
        """A board for this run of the process."""
        return cls(monotonic, draw_nonce())

    # --- results --------------------------------------------------------------------------------------------------

    def keep(self, result: PickupResult) -> str:
        """Keep a result for the screen that asked for it; the id under which it is shown."""
        with self._changed:
            return self._keep(result)

    def result(self, id: str) -> PickupResult | None:  # noqa: A002 - the domain's word
        """A result, as long as it is kept."""
        with self._changed:
            self._forget()
            kept = self._results.get(id)
            return kept.result if kept else None

    def is_news(self, id: str) -> bool:  # noqa: A002 - the domain's word
        """Whether ``id`` is the newest broadcast result, which a waiting screen may open."""
        with self._changed:
            self._forget()
            return id == self._newest and id in self._results

    def end(self, id: str) -> None:  # noqa: A002 - the domain's word
        """Forget a result: its visit is over."""
        with self._changed:
            self._results.pop(id, None)
            if self._newest == id:
                self._newest = ""

    def _keep(self, result: PickupResult) -> str:
        self._forget()
        id = secrets.token_urlsafe(RESULT_ID_BYTES)  # noqa: A001 - the domain's word
        self._results[id] = _Kept(result, self._monotonic())
        return id

    def _forget(self) -> None:
        oldest = self._monotonic() - RESULT_KEPT_SECONDS
        while self._results and next(iter(self._results.values())).at < oldest:
            self._results.popitem(last=False)

    # --- scans ----------------------------------------------------------------------------------------------------

    def scan(self, nonce: str, payload: str, work: Callable[[], PickupResult]) -> tuple[str, bool]:
        """Do ``work`` once for a scan and tell every waiting screen; the result's id, and whether this was news.

        The same nonce again is the same post sent twice; the same payload within three seconds is the same showing
        seen by two readers. One scan at a time: two readers must not both hand out.
        """
        by_nonce = _key("nonce", nonce)
        by_payload = _key("payload", payload)
        with self._one_scan:
            known = self._known(by_nonce, by_payload)
            if known:
                return known, False
            result = work()
            with self._changed:
                id = self._keep(result)  # noqa: A001 - the domain's word
                for key in (by_nonce, by_payload):
                    self._scans[key] = (id, self._monotonic())
                while len(self._scans) > 2 * SCANS_REMEMBERED:
                    self._scans.popitem(last=False)
                self._newest, self._result_number = id, self._tell()
            return id, True

    def _known(self, by_nonce: bytes, by_payload: bytes) -> str:
        with self._changed:
            if by_nonce in self._scans:
                return self._scans[by_nonce][0]
            id, at = self._scans.get(by_payload, ("", 0.0))  # noqa: A001 - the domain's word
            return id if id and self._monotonic() - at < SCAN_REPEAT_SECONDS else ""

    def hint(self, hint: str) -> None:
        """Tell waiting screens what the hand with the phone should do."""
        with self._changed:
            self._hint, self._hint_number = hint, self._tell()

    def _tell(self) -> int:
        self._number += 1
        self._changed.notify_all()
        return self._number

    # --- screens --------------------------------------------------------------------------------------------------

    def now(self) -> str:
        """Where a screen that opens now begins to read."""
        with self._changed:
            return self._mark()

    def wait(self, after: str, screen: str, seconds: float) -> News:
        """Wait at most ``seconds`` for something after ``after``. A mark of another run of the process begins anew.

        A screen that asks again (reloaded) releases its former wait, so that gone pages hold no thread.
        """
        with self._changed:
            run, _, number = after.partition("-")
            if run != self.run or not number.isdecimal():
                return News(self._mark())
            if screen not in self._screens and len(self._screens) >= SCAN_WAITERS:
                return self._news(after, crowded=True)
            self._tickets += 1
            ticket = self._screens[screen] = self._tickets
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._mark() != after or self._screens.get(screen) != ticket, seconds)
            if self._screens.get(screen) == ticket:
                del self._screens[screen]
            return self._news(after)

    def _mark(self) -> str:
        return f"{self.run}-{self._number}"

    def _news(self, after: str, crowded: bool = False) -> News:
        read = int(after.partition("-")[2])
        return News(
            self._mark(),
            self._newest if self._result_number > read else "",
            self._hint if self._hint_number > read else "",
            crowded,
        )

    # --- trying a code on the devices page --------------------------------------------------------------------------

    def begin_test(self) -> None:
        """The next scan within 20 s is only looked at: nothing is handed out."""
        with self._changed:
            self._test_until = self._monotonic() + SCAN_TEST_SECONDS
            self._tested = None

    def testing(self) -> bool:
        """Whether somebody at the devices page waits for a code to try."""
        with self._changed:
            return self._monotonic() < self._test_until

    def take_test(self, verdict: str, symbology: str) -> bool:
        """Give a scan to the test that waits for one; False when none does."""
        with self._changed:
            if self._monotonic() >= self._test_until:
                return False
            self._test_until = 0.0
            self._tested = (verdict, symbology)
            return True

    def test(self) -> tuple[bool, tuple[str, str] | None]:
        """Whether a test still waits, and what the last one saw: (verdict, symbology)."""
        with self._changed:
            return self._monotonic() < self._test_until, self._tested


def _key(kind: str, text: str) -> bytes:
    return hashlib.blake2b(f"{kind}:{text}".encode("utf-8", "surrogatepass"), digest_size=16).digest()
