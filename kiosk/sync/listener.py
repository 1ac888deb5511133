"""Hears of news at the centre while there is nothing to send: one request waits there, answered when a feed moves."""

import threading

from kiosk.host import Kiosk
from kiosk.sync.rounds import open_link
from kiosk.sync.rules import Trouble
from kiosk.sync.transport import CentreLink, ExchangeFailed, new_nonce
from shared.kernel.errors import Refused
from shared.kernel.limits import WAIT_SECONDS
from shared.sync import store
from shared.sync.wire import PROTOCOL, WaitAnswer, WaitRequest, pack, unpack

WAIT_PATH = "/v1/wait"


class Listener(threading.Thread):
    """Sets ``news`` when a round would bring something. Listens while told to, with a connection of its own."""

    def __init__(self, kiosk: Kiosk, stop: threading.Event) -> None:
        super().__init__(name="listener", daemon=True)
        self.news = threading.Event()
        self._kiosk = kiosk
        self._stop_event = stop
        self._may_listen = threading.Event()

    def listen(self) -> None:
        """The last round went well: wait for news until there is some."""
        self.news.clear()
        self._may_listen.set()

    def pause(self) -> None:
        """The centre is away: the rounds find out when it is back."""
        self._may_listen.clear()

    def run(self) -> None:
        """Until the process stops."""
        link: CentreLink | None = None
        while not self._stop_event.is_set():
            if not self._may_listen.wait(1.0):
                continue
            try:
                link = link or open_link(self._kiosk)
                self._ask(link)
            except (ExchangeFailed, Refused):
                # whatever it is, a round says it better
                self.pause()
                self.news.set()
                if link is not None:
                    link.close()
                link = None
        if link is not None:
            link.close()

    def _ask(self, link: CentreLink) -> None:
        state = self._kiosk.enrolled_state()
        request = WaitRequest(
            protocol=PROTOCOL,
            nonce=new_nonce(),
            device=state.device,
            generation=state.generation,
            cursors=store.cursors(self._kiosk.db),
            seconds=WAIT_SECONDS,
        )
        answer = unpack(link.post(WAIT_PATH, request.nonce, pack(request), held_s=WAIT_SECONDS), WaitAnswer)
        if answer.nonce != request.nonce:
            raise ExchangeFailed(Trouble.BAD_ANSWER, "an answer to something else")
        known = store.cursors(self._kiosk.db)
        # our own facts move the feed too; by now we have read past them
        newer = any(version > known.get(feed, 0) for feed, version in answer.versions.items())
        if newer or answer.generation != state.generation:
            self.pause()
            self.news.set()
        elif answer.full:
            self._stop_event.wait(state.next_s)
