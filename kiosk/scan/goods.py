"""Goods barcodes on their way to the sale screen: what the camera or a serial scanner read while somebody is selling.

A wedge scanner types into the sale screen itself. This is for readers that post to the web process.
"""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable

from shared.kernel.limits import GOODS_SCAN_LISTEN_SECONDS, GOODS_SCAN_WAITERS, SCANS_REMEMBERED


class GoodsScans:
    """What was read and not yet put into a basket. Safe to share between threads; ``monotonic`` gives seconds.

    Each barcode is given to one sale screen, the one that has waited longest, so that it goes into one basket.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._changed = threading.Condition()
        self._texts: deque[str] = deque()
        self._nonces: OrderedDict[str, None] = OrderedDict()
        self._waiters = 0
        self._asked_at = float("-inf")

    def listening(self) -> bool:
        """Whether a sale screen is open: one waits, or asked a moment ago."""
        with self._changed:
            return self._waiters > 0 or self._monotonic() - self._asked_at < GOODS_SCAN_LISTEN_SECONDS

    def hear(self, nonce: str, text: str) -> None:
        """Hand a barcode on. The same nonce again is the same post sent twice."""
        with self._changed:
            if nonce in self._nonces:
                return
            self._nonces[nonce] = None
            while len(self._nonces) > SCANS_REMEMBERED:
                self._nonces.popitem(last=False)
            self._texts.append(text)
            self._changed.notify()

    def wait(self, seconds: float) -> list[str] | None:
        """The barcodes read since somebody last asked, waiting for one; None when too many wait already."""
        with self._changed:
            if self._waiters >= GOODS_SCAN_WAITERS:
                return None
            self._waiters += 1
            try:
                self._changed.wait_for(lambda: bool(self._texts), seconds)
            finally:
                self._waiters -= 1
                self._asked_at = self._monotonic()
            found = list(self._texts)
            self._texts.clear()
            return found

    def forget(self) -> None:
        """Nobody sells: what was read for a screen that has gone is not sold by the next one."""
        with self._changed:
            self._texts.clear()
