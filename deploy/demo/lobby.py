"""A resident before one kiosk: holds a pass up to its camera and reads its screen."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import requests

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
    """What the screen said: its outcome, its headline and the pickup codes on it; how often the code was held up, and
    how long the last time took from raising the hand until the result could be shown."""

    outcome: str
    headline: str
    codes: tuple[str, ...]
    tries: int
    seconds: float


class Lobby:
    """One kiosk's camera and screen."""

    def __init__(self, url: str, camera: Path, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._browser = Browser(url)
        self._camera = camera
        self._monotonic = monotonic
        self._hint = ""

    def present(self, text: str, hardness: float, seed: int, *, tries: int = TRIES) -> Answer:
        """Hold a code up, again in another way when nothing happens. ``UNSEEN`` when the kiosk shows no result; the
        headline is then what it said to the hand with the phone, if anything."""
        self._hint = ""
        for attempt in range(1, tries + 1):
            after = self._wipe()
            began = self._monotonic()
            held = hold_up(self._camera, text, SHOW_SECONDS, hardness, seed * TRIES + attempt)
            id = self._result(after, began + SHOW_SECONDS + PATIENCE_SECONDS)  # noqa: A001 - the domain's word
            seconds = self._monotonic() - began
            carried_out(held, PATIENCE_SECONDS)
            if id:
                return self._read(id, attempt, seconds)
        return Answer(UNSEEN, self._hint, (), tries, 0.0)

    def badge(self) -> str:
        """What the badge on the screen says about the way to the centre: online, offline, syncing or portal."""
        badge = self._browser.open("/").first(css_class="badge")
        if badge is None:
            raise PageSurprise("the kiosk's screen has no badge")
        words = badge.attributes["class"].split()
        return next((word.removeprefix("badge-") for word in words if word.startswith("badge-")), "")

    def _wipe(self) -> str:
        """Back to the first screen; the mark from which it listens."""
        body = self._browser.open("/").first("body", attribute="data-scans-after")
        if body is None:
            raise PageSurprise(f"the first screen does not listen for scans: {self._browser.page.text[:200]}")
        return body.attributes["data-scans-after"]

    def _result(self, after: str, until: float) -> str:
        while (rest := until - self._monotonic()) > 0:
            try:
                news = self._browser.ask("/pickup/scans", rest, after=after, screen="demo")
            except requests.Timeout:
                break
            if news["result"]:
                return news["result"]
            after, self._hint = news["after"], news["hint"] or self._hint
        return ""

    def _read(self, id: str, tries: int, seconds: float) -> Answer:  # noqa: A002 - the domain's word
        page = self._browser.fragment(f"/pickup/results/{id}")
        codes = tuple(one.text for one in page.every(css_class="code-text"))
        coded, title = page.first(css_class="pickup-error-code"), page.first("h1")
        outcome = coded.text.removeprefix(CODE_WORD).strip() if coded else HANDED_OUT
        return Answer(outcome, title.text if title else "", codes, tries, seconds)
