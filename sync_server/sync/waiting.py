"""Long waiting: a kiosk hears of news at once, and asks for nothing while there is none."""

import time

from shared.devices.rules import Device
from shared.kernel.limits import WAIT_LOOK_SECONDS, WAIT_SECONDS
from shared.sync import store
from shared.sync.wire import WaitAnswer, WaitRequest
from sync_server.host import Centre
from sync_server.sync.operations import feeds_of


def wait_for_news(centre: Centre, device: Device, asked: WaitRequest) -> WaitAnswer:
    """Hold the answer until a feed of the device has something newer, or the centre began a new life.

    Each one that waits holds a thread of this process, so that at most half of them do; who finds no place comes
    again at the interval it was steered to.
    """
    allowed = set(feeds_of(centre, device))
    cursors = {feed: at for feed, at in asked.cursors.items() if feed in allowed}
    # in this order: of what is no number at all, nothing is waited
    until = centre.clock.monotonic() + min(max(0.0, asked.seconds), WAIT_SECONDS)
    full = not centre.waiting.acquire(blocking=False)
    try:
        while True:
            life = store.server_life(centre.db)
            generation = life.generation if life else 0
            versions = {feed: store.feed_version(centre.db, feed) for feed in cursors}
            news = versions != cursors or generation != asked.generation
            if full or news or centre.clock.monotonic() >= until:
                return WaitAnswer(nonce=asked.nonce, generation=generation, versions=versions, full=full)
            time.sleep(WAIT_LOOK_SECONDS)
    finally:
        if not full:
            centre.waiting.release()
