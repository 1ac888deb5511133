"""A resident before one kiosk: holds a pass up to its camera and reads its screen."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deploy.demo.browser import Browser, PageSurprise
from hardware.virtual.remote import carried_out, hold_up

SHOW_SECONDS = 1.2
PATIENCE_SECONDS = 4.0
TRIES = 4
CODE_WORD = "代码"
HANDED_OUT, ALREADY_COLLECTED = "HANDED_OUT", "ALREADY_COLLECTED"
FORGED, EXPIRED, WRONG_POINT, UNSEEN = "FORGED", "EXPIRED", "WRONG_POINT", "UNSEEN"


@dataclass(frozen=True)
class Answer:
    """What the screen said: its outcome and the pickup codes on it; how often the pass was held up, and how long the
    last time took from raising the hand until the result stood on the screen."""

    outcome: str
    codes: frozenset[str]
    tries: int
    seconds: float


class Lobby:
    """One kiosk's camera and screen."""

    def __init__(self, url: str, camera: Path, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._browser = Browser(url)
        self._camera = camera
        self._monotonic = monotonic

    def present(self, text: str, hardness: float, seed: int) -> Answer:
        """Hold a code up, again in another way when nothing happens. ``UNSEEN`` when the kiosk never reacts."""
        for attempt in range(1, TRIES + 1):
            after = self._wipe()
            began = self._monotonic()
            held = hold_up(self._camera, text, SHOW_SECONDS, hardness, seed * TRIES + attempt)
            id = self._result(after, began + SHOW_SECONDS + PATIENCE_SECONDS)  # noqa: A001 - the domain's word
            seconds = self._monotonic() - began
            carried_out(held, PATIENCE_SECONDS)
            if id:
                outcome, codes = self._read(id)
                return Answer(outcome, codes, attempt, seconds)
        return Answer(UNSEEN, frozenset(), TRIES, 0.0)

    def badge(self) -> str:
        """What the badge on the screen says about the way to the centre: online, offline, syncing or portal."""
        page = self._browser.open("/")
        badge = page.first(css_class="badge")
        if badge is None:
            raise PageSurprise("the kiosk's screen has no badge")
        return next((name.removeprefix("badge-") for name in badge.attributes["class"].split() if name != "badge"), "")

    def _wipe(self) -> str:
        """Back to the first screen; the mark from which it listens."""
        body = self._browser.open("/").first("body", attribute="data-scans-after")
        if body is None:
            raise PageSurprise(f"the first screen does not listen for scans: {self._browser.page.text[:200]}")
        return body.attributes["data-scans-after"]

    def _result(self, after: str, until: float) -> str:
        while self._monotonic() < until:
            news = self._browser.ask("/pickup/scans", after=after, screen="demo")
            if news["result"]:
                return news["result"]
            after = news["after"]
        return ""

    def _read(self, id: str) -> tuple[str, frozenset[str]]:  # noqa: A002 - the domain's word
        page = self._browser.fragment(f"/pickup/results/{id}")
        codes = frozenset(one.text for one in page.every(css_class="code-text"))
        coded = page.first(css_class="pickup-error-code")
        if coded is None:
            return HANDED_OUT, codes
        return coded.text.removeprefix(CODE_WORD).strip(), codes
